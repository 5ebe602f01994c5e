import { parseArgs } from 'node:util';
import { printLines, reportEnvironmentError, step } from '../../infra/bin/progress.ts';
import { findNameProblem, readEnvironment } from '../../infra/config/load.ts';
import type { Environment } from '../../infra/config/resolved-environment.ts';
import { summaryLines } from '../../infra/config/summary.ts';
import { checkEnvironment } from '../../infra/config/validate.ts';
import { CREDENTIALS_REMEDY, lacksCredentials } from '../../infra/credentials.ts';
import { SERVICE } from '../../lib/naming.ts';
import { CommandError, EXIT } from '../command.ts';
import { runCdk } from './cdk.ts';
import { COMMANDS, type CommandName, type DeployOptions } from './commands.ts';

/** Options of a bootstrap of the environment's own, beside that of the account. */
function bootstrapOptions({ bootstrapQualifier: qualifier }: Environment): readonly string[] {
  if (qualifier === undefined) return [];
  return ['--qualifier', qualifier, '--toolkit-stack-name', `CDKToolkit-${qualifier}`];
}

function cdkArguments(
  name: CommandName,
  { environmentName, source, rest }: DeployOptions,
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
async function readChecked({
  environmentName,
  source,
}: DeployOptions): Promise<Environment | undefined> {
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

/**
 * Checks an environment and runs the CDK command for it.
 *
 * @returns the exit status
 * @throws CommandError
 */
export async function runForEnvironment(
  name: CommandName,
  options: DeployOptions,
): Promise<number> {
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
