import { parseArgs } from 'node:util';
import type { Command } from 'commander';
import { printLines, reportEnvironmentError, step } from '../../infra/bin/progress.ts';
import { environmentsFolder } from '../../infra/config/folders.ts';
import { findNameProblem, readEnvironment } from '../../infra/config/load.ts';
import type { Environment } from '../../infra/config/resolved-environment.ts';
import { summaryLines } from '../../infra/config/summary.ts';
import { checkEnvironment } from '../../infra/config/validate.ts';
import { CREDENTIALS_REMEDY, lacksCredentials } from '../../infra/credentials.ts';
import { SERVICE } from '../../lib/naming.ts';
import { type CommandDefinition, CommandError, createCommand, EXIT } from '../command.ts';
import { runCdk } from '../deploy/cdk.ts';

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

interface Options {
  readonly environmentName: string;
  /** Absolute path of the folder of the environments. */
  readonly source: string;
  /** Stacks and options for the CDK command. */
  readonly rest: readonly string[];
}

/** Options of a bootstrap of the environment's own, beside that of the account. */
function bootstrapOptions({ bootstrapQualifier: qualifier }: Environment): readonly string[] {
  if (qualifier === undefined) return [];
  return ['--qualifier', qualifier, '--toolkit-stack-name', `CDKToolkit-${qualifier}`];
}

function cdkArguments(
  name: CommandName,
  { environmentName, source, rest }: Options,
  environment: Environment,
): readonly string[] {
  const { always, isForAllStacks } = COMMANDS[name];
  const namesStacks = rest.some((argument) => argument.startsWith(SERVICE));
  return [
    ...[name, '--context', `env=${environmentName}`, '--context', `environments=${source}`],
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

/** Reads and checks the environment; undefined if it has problems, which are printed. */
async function readChecked({ environmentName, source }: Options): Promise<Environment | undefined> {
  const problem = await findNameProblem(environmentName, source);
  if (problem !== undefined) {
    throw new CommandError(`${problem.message}.`, `${problem.remedy}.`, EXIT.usage);
  }
  try {
    return await step(
      'environment',
      async () => {
        const { settings, folder } = await readEnvironment(environmentName, source);
        return checkEnvironment(environmentName, settings, Date.now(), folder);
      },
      ({ databases }) => `${environmentName} is valid, databases: ${databases.length}`,
    );
  } catch (error) {
    reportEnvironmentError(error);
    return undefined;
  }
}

async function perform(name: CommandName, options: Options): Promise<number> {
  const environment = await readChecked(options);
  if (environment === undefined) return EXIT.failed;
  const status = await runCdk(cdkArguments(name, options, environment));
  if (name === 'synth' && status === 0) printLines(['', ...summaryLines(environment)]);
  if (
    status !== 0 &&
    COMMANDS[name].needsCredentials &&
    (await lacksCredentials(profileOf(options.rest)))
  ) {
    process.stderr.write(`No AWS credentials were found.\n${CREDENTIALS_REMEDY}\n`);
  }
  return status;
}

function read(parsed: Command): Options {
  const [environmentName = '', ...rest] = parsed.args;
  const { environments } = parsed.opts<{ environments?: string }>();
  return { environmentName, source: environmentsFolder(environments), rest };
}

/** Creates the definition of a command that runs the CDK command for one environment. */
export function cdkDefinition(name: CommandName): CommandDefinition<Options> {
  const command = createCommand(
    name,
    COMMANDS[name].summary,
    `
Exit status: 0 success, 1 failure, 2 wrong options.`,
  )
    .argument('[environment]', "the environment: its file's name without .ts, or its folder's name")
    .argument('[cdk...]', `stacks and options for the CDK command (npx cdk ${name} --help)`)
    .option('--environments <dir>', 'the folder of the environments (default: environments)')
    .allowUnknownOption();
  return { command, read, perform: (options) => perform(name, options) };
}
