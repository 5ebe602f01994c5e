import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { inject } from 'vitest';
import * as z from 'zod';
import { copyCode } from '../../../infra/bundle/code-assets.ts';
import { readEnvironment } from '../../../infra/config/load.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { readOwn } from '../repo/pages.ts';

/** An app of a user, of ten lines; it prints the names of its stacks. */
export const APP = `import { App } from 'aws-cdk-lib';
import { TelemetryEnvironment } from 'timescaledb-telemetry/cdk';

const app = new App();
new TelemetryEnvironment(app, 'prod', {
  account: '111111111111',
  region: 'eu-central-1',
  databases: [{ name: 'metrics', secret: 'prod/metrics/telemetry' }],
});
console.log(app.synth().stacks.map(({ stackName }) => stackName).join(' '));
`;

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
