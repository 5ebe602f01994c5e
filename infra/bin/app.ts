import { App } from 'aws-cdk-lib';
import { escapeUnprintable } from '../../lib/config/printable.ts';
import { bundleCode } from '../bundle/code-assets.ts';
import { loadEnvironment } from '../config/load.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { EnvironmentError } from '../config/validate.ts';
import { createStacks } from '../stacks/create-stacks.ts';

/** What is about to be compared, or deployed, and where. */
function summaryOf({ place, databases, stacks }: Environment): string {
  const { environment, account, region } = place;
  return `${environment}: account ${account}, region ${region}; databases: ${databases.length}, stacks: ${stacks} and what they share`;
}

/** Synthesises one environment, which the CDK command names: `-c env=prod`. */
const app = new App();
try {
  const name: unknown = app.node.tryGetContext('env');
  const environment = await loadEnvironment(typeof name === 'string' ? name : '', Date.now());
  await using code = await bundleCode(environment);
  createStacks(app, environment, code);
  app.synth();
  process.stderr.write(`${summaryOf(environment)}\n`);
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  const lines = error.message.split('\n').map(escapeUnprintable);
  process.stderr.write(`\n${lines.join('\n')}\n`);
  process.exitCode = 1;
}
