import { SUPPORTED_NODE } from '../../infra/node-version.ts';
import { SERVICE } from '../../lib/naming.ts';
import type { PlaceValues } from '../options/place.ts';
import { pinnedVersions } from './versions.ts';

/** Placeholders of the account and the region. */
const ACCOUNT = '111111111111';
const REGION = 'eu-central-1';

/** The choices of a new folder to deploy from. */
export interface InitChoices extends PlaceValues {
  /** Name of the environment. */
  readonly environment: string;
}

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

function environmentFile({ account, region }: InitChoices): string {
  const comment =
    account === undefined || region === undefined ? '// Replace account and region.\n' : '';
  return `import { defineEnvironment } from '${SERVICE}';

${comment}export const environment = defineEnvironment({
  account: '${account ?? ACCOUNT}',
  region: '${region ?? REGION}',
  // The name of a secret with host, port, dbname, username and password. A database in a VPC also needs a network.
  databases: [{ name: 'metrics', secret: '${SERVICE}/metrics' }],
});
`;
}

function workflow({ environment, region }: InitChoices): string {
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
      - run: npm ci
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
      - run: npm ci
      - uses: aws-actions/configure-aws-credentials@61815dcd50bd041e203e49132bacad1fd04d2708 # v5.1.1
        with:
          role-to-assume: \${{ vars.AWS_ROLE_ARN }}
          aws-region: ${region ?? REGION}
      - run: npx ${SERVICE} deploy ${environment} --require-approval never
`;
}

function readme(environment: string): string {
  return `# Telemetry of our TimescaleDB databases

1. \`npm install\`, then edit [environments/${environment}.ts](environments/${environment}.ts): account, region, databases.
2. \`npx ${SERVICE} synth ${environment}\` checks it without credentials; \`npx ${SERVICE} deploy ${environment}\` deploys it.
3. Update: read the changelog, raise the version in package.json, then \`npm install\` and \`npx ${SERVICE} diff ${environment}\`.
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
    ['README.md', readme(environment)],
  ]);
}
