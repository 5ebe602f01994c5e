import { SUPPORTED_NODE } from '../../infra/node-version.ts';
import { SERVICE } from '../../lib/naming.ts';
import { DATABASE, DOCS, type InitChoices, nextSteps, placeOf, secretOf } from './steps.ts';
import { pinnedVersions } from './versions.ts';

function packageJson(environment: string): string {
  const scripts = ['synth', 'diff', 'deploy'].map((command) => [
    command,
    `${SERVICE} ${command} ${environment}`,
  ]);
  const content = {
    private: true,
    type: 'module',
    scripts: Object.fromEntries(scripts),
    engines: { node: SUPPORTED_NODE },
    devDependencies: pinnedVersions(),
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

function environmentFile(choices: InitChoices): string {
  const { account, region } = placeOf(choices);
  const isPlaceholder = choices.account === undefined || choices.region === undefined;
  const comment = isPlaceholder
    ? '// Replace account and region; the region also in .github/workflows/telemetry.yml.\n'
    : '';
  return `import { defineEnvironment } from '${SERVICE}';

${comment}export const environment = defineEnvironment({
  account: '${account}',
  region: '${region}',
  // The name of a secret with host, port, dbname, username and password. A database in a VPC also needs a network.
  databases: [{ name: '${DATABASE}', secret: '${secretOf(choices)}' }],
});
`;
}

function workflow(choices: InitChoices): string {
  const { environment } = choices;
  return `# Checks each change, and deploys the main branch. Create a role that GitHub may assume (OpenID Connect) and that may assume CDK's
# roles, and set its ARN as the variable AWS_ROLE_ARN of the repository.
name: Telemetry

on:
  push:
    branches: [main]
  pull_request:

permissions: {}

concurrency:
  group: \${{ github.workflow }}-\${{ github.ref }}
  cancel-in-progress: false

jobs:
  check:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0
        with:
          node-version: 24
          cache: npm
      - run: npm ci --ignore-scripts
      - run: npx ${SERVICE} synth ${environment}

  deploy:
    if: github.event_name == 'push'
    needs: check
    runs-on: ubuntu-24.04
    timeout-minutes: 45
    environment: ${environment}
    permissions:
      contents: read
      id-token: write
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0
        with:
          node-version: 24
          package-manager-cache: false
      - run: npm ci --ignore-scripts
      - uses: aws-actions/configure-aws-credentials@61815dcd50bd041e203e49132bacad1fd04d2708 # v5.1.1
        with:
          role-to-assume: \${{ vars.AWS_ROLE_ARN }}
          # As in environments/${environment}.ts.
          aws-region: ${placeOf(choices).region}
      - run: npx ${SERVICE} deploy ${environment} --require-approval never
`;
}

function readme(choices: InitChoices): string {
  const { environment } = choices;
  return `# Telemetry of our TimescaleDB databases

[environments/${environment}.ts](environments/${environment}.ts) describes them. After \`npm install\` the documentation is in
[${DOCS}](${DOCS}/): begin with [Deploying](${DOCS}/deploying.md).

## The first report

\`\`\`sh
npm install
${nextSteps(choices).join('\n')}
\`\`\`

The workflow needs a role that GitHub may assume; see [telemetry.yml](.github/workflows/telemetry.yml).

## Update

Read the [changelog](node_modules/${SERVICE}/CHANGELOG.md) of the new version, raise the version in package.json, and run \`npm install\`, then
\`npx ${SERVICE} diff ${environment}\`. Commit package.json and package-lock.json.
`;
}

const GITIGNORE = ['node_modules/', 'cdk.out/', '.local/', 'secrets/'];

/** Returns the files of a folder to deploy from, by their paths in it. */
export function initFiles(choices: InitChoices): ReadonlyMap<string, string> {
  const { environment } = choices;
  return new Map([
    ['package.json', packageJson(environment)],
    [`environments/${environment}.ts`, environmentFile(choices)],
    ['.github/workflows/telemetry.yml', workflow(choices)],
    ['.gitignore', GITIGNORE.map((line) => `${line}\n`).join('')],
    ['README.md', readme(choices)],
  ]);
}
