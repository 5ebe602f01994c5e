import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { bundleCode } from '../infra/bundle/bundle-code.ts';
import { checkEnvironment } from '../infra/config/validate.ts';
import { createStacks } from '../infra/stacks/create-stacks.ts';
import { aFleet } from '../test/support/aws/fleet.ts';

/** Synthesises an environment with a number of databases, as `npm run synth` does, and prints time and memory. */
const [databases = 1_000, stacks = 32] = process.argv.slice(2).map(Number);

const outdir = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-synth-'));
const start = performance.now();
const environment = checkEnvironment('bench', aFleet(databases, stacks), Date.now());
const app = new App({ outdir, context: { 'aws:cdk:enable-path-metadata': true } });
{
  using code = await bundleCode(environment);
  createStacks(app, environment, code);
}
const built = app.synth().stacks.map(({ template }) => ({
  resources: Object.keys(template.Resources).length,
  bytes: JSON.stringify(template).length,
}));
const seconds = (performance.now() - start) / 1_000;
await rm(outdir, { recursive: true, force: true });

const largest = (key: 'resources' | 'bytes'): number =>
  Math.max(...built.map((stack) => stack[key]));
const figures = {
  databases,
  stacks: built.length,
  seconds: seconds.toFixed(1),
  'peak memory, MB': Math.round(process.resourceUsage().maxRSS / 1_024),
  'resources in the fullest stack': largest('resources'),
  'kB of the largest template': Math.round(largest('bytes') / 1_000),
};
for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name}: ${value}\n`);
