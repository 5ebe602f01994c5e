import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { quotable } from '../../lib/config/printable.ts';
import { SERVICE } from '../../lib/naming.ts';
import { environmentNames, readIfPossible } from '../config/load.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CDK = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
/** Of a name that is quoted. */
const MAX_NAME_LENGTH = 100;
/** Options that a command always gets. */
const ALWAYS: Readonly<Record<string, readonly string[]>> = {
  bootstrap: [],
  deploy: [],
  destroy: [],
  diff: [],
  synth: ['--quiet'],
};

/** A bootstrap of its own is beside the account's, and not instead of it. */
async function bootstrapOptions(name: string): Promise<readonly string[]> {
  const qualifier = (await readIfPossible(name))?.bootstrapQualifier;
  if (qualifier === undefined) return [];
  return ['--qualifier', qualifier, '--toolkit-stack-name', `CDKToolkit-${qualifier}`];
}

/** `npm run deploy -- prod [stacks and options]`: the CDK command for one environment. */
const [command = '', name = '', ...rest] = process.argv.slice(2);
const always = ALWAYS[command];
const names = await environmentNames();
if (always === undefined || !names.includes(name)) {
  const what =
    name === ''
      ? 'Say which environment'
      : `There is no environment ${quotable(JSON.stringify(name), MAX_NAME_LENGTH)}`;
  process.stderr.write(
    `${what}: ${names.join(', ')} (infra/environments), as in npm run ${command} -- ${names[0]}\n`,
  );
  process.exitCode = 2;
} else {
  const namesStacks = rest.some((argument) => argument.startsWith(SERVICE));
  const all = (command === 'deploy' || command === 'destroy') && !namesStacks ? ['--all'] : [];
  const own = command === 'bootstrap' ? await bootstrapOptions(name) : [];
  const cdk = spawn(
    process.execPath,
    [CDK, command, '--context', `env=${name}`, ...always, ...own, ...all, ...rest],
    { cwd: ROOT, stdio: 'inherit' },
  );
  cdk.on('close', (status) => {
    process.exitCode = status ?? 1;
  });
}
