import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { Command } from 'commander';
import { SERVICE } from '../../lib/naming.ts';
import { environmentsFolder, ROOT } from '../config/folders.ts';
import { findNameProblem, formatNameProblem, readEnvironment } from '../config/load.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { summaryLines } from '../config/summary.ts';
import { checkEnvironment } from '../config/validate.ts';
import { CREDENTIALS_REMEDY, lacksCredentials } from '../credentials.ts';
import { printLines, reportEnvironmentError, step } from './progress.ts';

const CDK = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
/** Exit status for wrong arguments. */
const USAGE = 2;

interface CdkCommand {
  readonly summary: string;
  /** Options that the CDK command always gets. */
  readonly always: readonly string[];
  /** Whether the command applies to all stacks when none is named. */
  readonly isForAllStacks: boolean;
  readonly needsCredentials: boolean;
}

const COMMANDS = {
  bootstrap: {
    summary: "Prepares the environment's account and region for CDK deployments, once.",
    always: [],
    isForAllStacks: false,
    needsCredentials: true,
  },
  synth: {
    summary:
      'Checks an environment and writes its CloudFormation templates to cdk.out/. Needs no credentials and no network.',
    always: ['--quiet'],
    isForAllStacks: false,
    needsCredentials: false,
  },
  diff: {
    summary: 'Compares an environment with its deployed stacks.',
    always: [],
    isForAllStacks: false,
    needsCredentials: true,
  },
  deploy: {
    summary: 'Deploys an environment: all stacks unless some are named.',
    always: [],
    isForAllStacks: true,
    needsCredentials: true,
  },
  destroy: {
    summary: 'Deletes the stacks of an environment: all unless some are named. Log groups remain.',
    always: [],
    isForAllStacks: true,
    needsCredentials: true,
  },
} as const satisfies Readonly<Record<string, CdkCommand>>;
type CommandName = keyof typeof COMMANDS;

function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}

/** Options of a bootstrap of the environment's own, beside that of the account. */
function bootstrapOptions({ bootstrapQualifier: qualifier }: Environment): readonly string[] {
  if (qualifier === undefined) return [];
  return ['--qualifier', qualifier, '--toolkit-stack-name', `CDKToolkit-${qualifier}`];
}

function cdkArguments(
  name: CommandName,
  rest: readonly string[],
  environment: Environment,
): readonly string[] {
  const { always, isForAllStacks } = COMMANDS[name];
  const namesStacks = rest.some((argument) => argument.startsWith(SERVICE));
  return [
    ...always,
    ...(name === 'bootstrap' ? bootstrapOptions(environment) : []),
    ...(isForAllStacks && !namesStacks ? ['--all'] : []),
    ...rest,
  ];
}

/** Returns the value of CDK's option `--profile`. */
function profileOf(args: readonly string[]): string | undefined {
  const { profile } = parseArgs({
    args: [...args],
    options: { profile: { type: 'string' } },
    strict: false,
  }).values;
  return typeof profile === 'string' ? profile : undefined;
}

async function runCdk(args: readonly string[]): Promise<number> {
  const cdk = spawn(process.execPath, [CDK, ...args], { cwd: ROOT, stdio: 'inherit' });
  const [status]: (number | null)[] = await once(cdk, 'close');
  return status ?? 1;
}

async function run(
  name: CommandName,
  environmentName: string,
  source: string,
  rest: readonly string[],
): Promise<number> {
  const environment = await step(
    'environment',
    async () => {
      const { settings, folder } = await readEnvironment(environmentName, source);
      return checkEnvironment(environmentName, settings, Date.now(), folder);
    },
    ({ databases }) => `${environmentName} is valid, databases: ${databases.length}`,
  );
  const context = ['--context', `env=${environmentName}`, '--context', `environments=${source}`];
  const status = await runCdk([name, ...context, ...cdkArguments(name, rest, environment)]);
  if (name === 'synth' && status === 0) printLines(['', ...summaryLines(environment)]);
  if (
    status !== 0 &&
    COMMANDS[name].needsCredentials &&
    (await lacksCredentials(profileOf(rest)))
  ) {
    process.stderr.write(`No AWS credentials were found.\n${CREDENTIALS_REMEDY}\n`);
  }
  return status;
}

/** `npm run deploy -- prod [stacks and CDK options]`: runs the CDK command for one environment. */
async function main([name = '', ...args]: readonly string[]): Promise<number> {
  if (!isCommandName(name)) {
    process.stderr.write(`Use one of the commands ${Object.keys(COMMANDS).join(', ')}.\n`);
    return USAGE;
  }
  const command = new Command(`npm run ${name} --`)
    .description(COMMANDS[name].summary)
    .argument('[environment]', "the environment: its file's name without .ts, or its folder's name")
    .argument('[cdk...]', `stacks and options for the CDK command (npx cdk ${name} --help)`)
    .option('--environments <dir>', 'the folder of the environments (default: environments)')
    .helpOption('-h, --help', 'display this help')
    .allowUnknownOption()
    .parse(args, { from: 'user' });
  const [environmentName = '', ...rest] = command.args;
  const source = environmentsFolder(command.opts<{ environments?: string }>().environments);
  const problem = await findNameProblem(environmentName, source);
  if (problem === undefined) return run(name, environmentName, source, rest);
  process.stderr.write(`${formatNameProblem(problem)}.\n`);
  return USAGE;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  reportEnvironmentError(error);
}
