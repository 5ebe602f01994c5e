import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { inject } from 'vitest';
import * as z from 'zod';
import { copyCode } from '../../../infra/bundle/code-assets.ts';
import { readEnvironment } from '../../../infra/config/load.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { type DeployedResource, resolveTemplate } from '../aws/compare/resolve-template.ts';
import { ACCOUNT, REGION } from '../aws/synthesis.ts';
import { readOwn } from '../repo/pages.ts';

/** Apps of users, of ten lines each; they print the names of their stacks. */
export const APPS = {
  TelemetryEnvironment: `import { App } from 'aws-cdk-lib';
import { TelemetryEnvironment } from 'timescaledb-telemetry/cdk';

const app = new App();
new TelemetryEnvironment(app, 'prod', {
  account: '${ACCOUNT}',
  region: '${REGION}',
  databases: [{ name: 'metrics', secret: 'prod/metrics/telemetry' }],
});
console.log(app.synth().stacks.map(({ stackName }) => stackName).join(' '));
`,
  SingleDatabaseTelemetry: `import { App, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { SingleDatabaseTelemetry } from 'timescaledb-telemetry/cdk';

const app = new App();
const stack = new Stack(app, 'metrics');
const secret = Secret.fromSecretNameV2(stack, 'Reporter', 'prod/metrics/telemetry');
new SingleDatabaseTelemetry(stack, 'Telemetry', { environment: 'prod', name: 'metrics', secret });
console.log(app.synth().stacks.map(({ stackName }) => stackName).join(' '));
`,
} as const;

/** Returns an app with the AWS Solutions rules of cdk-nag, a finding of which fails the synthesis. */
export function withNag(app: string): string {
  return app
    .replace('import { App', 'import { Validations, App')
    .replace(
      /^const app = .*$/m,
      '$&\nValidations.of(app).addPlugins(new AwsSolutionsChecks(app));',
    )
    .replace(/^/, "import { AwsSolutionsChecks } from 'cdk-nag';\n");
}

/** Returns the resources of the templates in a folder, as they are deployed in the account and region of the tests. */
export async function deployedFrom(folder: string): Promise<readonly DeployedResource[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.template.json'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  const place = { account: ACCOUNT, region: REGION };
  return texts.flatMap((text) => resolveTemplate(Object(JSON.parse(text)), place));
}

/** Parses a template, without the metadata that the CDK command adds. */
export function parseTemplate(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => (key === 'Metadata' ? undefined : value));
}

/**
 * Returns the templates that this repository synthesises for the environment `prod` of a folder, by stack.
 *
 * @param bundles folder with the bundle of each function
 */
export async function ownTemplates(
  bundles: string,
  folder: string,
): Promise<Readonly<Record<string, unknown>>> {
  const written = await readEnvironment('prod', join(folder, 'environments'));
  const environment = checkEnvironment('prod', written.settings, Date.now(), written.folder);
  using code = copyCode(bundles, environment);
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readOwn('cdk.json')));
  const outdir = await mkdtemp(join(inject('folder'), 'own-templates-'));
  const app = new App({ outdir, analyticsReporting: false, context });
  createStacks(app, environment, code);
  const { stacks } = app.synth();
  return Object.fromEntries(
    stacks.map(({ stackName, template }) => [stackName, parseTemplate(JSON.stringify(template))]),
  );
}
