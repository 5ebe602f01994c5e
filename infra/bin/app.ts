import { App } from 'aws-cdk-lib';
import { bundleCode } from '../bundle/bundle-code.ts';
import { environmentsFolder } from '../config/folders.ts';
import { readEnvironment } from '../config/load.ts';
import { checkEnvironment } from '../config/validate.ts';
import { createStacks } from '../stacks/create-stacks.ts';
import { reportEnvironmentError, step } from './progress.ts';

function readContext(app: App, key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return typeof value === 'string' ? value : undefined;
}

/** Synthesises the environment that the CDK command names: `-c env=prod`, and `-c environments=<dir>` for its folder. */
const app = new App();
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
