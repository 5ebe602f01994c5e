import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import { readEnvironment } from '../../../infra/config/load.ts';
import type { Environment } from '../../../infra/config/resolved-environment.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { CommandError, EXIT } from '../../command.ts';
import { invokeDeployed } from '../../lambda-client.ts';
import { createAwsClient } from '../aws/client.ts';
import { PROGRAM, runCdk } from '../cdk.ts';
import { CLOCK } from '../clock.ts';
import type { SmokeContext } from '../context.ts';
import { databasesOf, trialProblems } from './rules.ts';

/** The environment of a trial. */
export interface TrialSource {
  /** The name of the environment. */
  readonly environment: string;
  /** Folder of the environments. */
  readonly folder: string;
  readonly acceptsRealEndpoint: boolean;
}

/**
 * Reads and checks the environment.
 *
 * @throws CommandError if it cannot be deployed
 */
async function loadEnvironment({ environment: name, folder }: TrialSource): Promise<Environment> {
  try {
    const written = await readEnvironment(name, folder);
    return checkEnvironment(name, written.settings, Date.now(), written.folder);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    throw new CommandError(
      `The environment ${name} cannot be used: ${error.problems.join('; ')}.`,
      'Correct the environment, or name the folder of the environments with --environments.',
      EXIT.usage,
    );
  }
}

/**
 * Prepares a trial in the account of the environment, with the credentials of the shell.
 *
 * @throws CommandError if the environment does not fit
 */
export async function openTrial(source: TrialSource): Promise<SmokeContext & Disposable> {
  const environment = await loadEnvironment(source);
  const problems = trialProblems(environment, source.acceptsRealEndpoint);
  const databases = databasesOf(environment);
  if (problems.length > 0 || databases === undefined) {
    throw new CommandError(
      `This environment cannot be tried: ${problems.join('; ')}.`,
      'Correct the environment. --template prints one to fill in.',
      EXIT.usage,
    );
  }
  const { environment: name, region } = environment.place;
  // For AWS's SDK and the CDK: the region of the environment counts, whatever the shell has set.
  process.env['AWS_REGION'] = region;
  const aws = await createAwsClient(region, process.env);
  const { folder } = source;
  return {
    environment,
    databases,
    aws,
    clock: CLOCK,
    findings: { startedAt: Date.now(), sent: new Map() },
    runCdk: (command, options, signal) =>
      runCdk([PROGRAM], [command, name, '--environments', folder, ...options], signal),
    invoke: (place, event) =>
      invokeDeployed(
        { environment: name, database: databases[place].name, purpose: 'send-report', folder },
        event,
      ),
    [Symbol.dispose]: () => aws[Symbol.dispose](),
  };
}
