import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import * as z from 'zod/mini';
import { bundleCode } from '#bundle-code';
import { environmentsFolder, ROOT } from '../config/folders.ts';
import { readEnvironment } from '../config/load.ts';
import { checkEnvironment } from '../config/validate.ts';
import { createStacks } from '../stacks/create-stacks.ts';
import { reportEnvironmentError, step } from './progress.ts';

function readContext(app: App, key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return typeof value === 'string' ? value : undefined;
}

const configSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/** Returns CDK's feature flags from this project's `cdk.json`, which the CDK command reads only in the repository. */
function readFlags(): Record<string, unknown> {
  return configSchema.parse(JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8'))).context;
}

/** Synthesises the environment that the CDK command names: `-c env=prod`, and `-c environments=<dir>` for its folder. */
const app = new App({ context: readFlags() });
try {
  const name = readContext(app, 'env') ?? '';
  const source = environmentsFolder(readContext(app, 'environments'));
  const { settings, folder } = await readEnvironment(name, source);
  const environment = checkEnvironment(name, settings, Date.now(), folder);
  const { account, region } = environment.place;
  using code = await step(
    'functions',
    () => bundleCode(environment),
    ({ largestBytes }) =>
      `bundled, all files of the largest have ${Math.round(largestBytes / 1_000)} kB`,
  );
  await step(
    'stacks',
    () => {
      createStacks(app, environment, code);
      return app.synth().stacks;
    },
    ({ length }) => `${length} of ${name} synthesised for account ${account}, region ${region}`,
  );
} catch (error) {
  reportEnvironmentError(error);
}
