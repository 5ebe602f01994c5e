import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { findTargetProblem, readIfPossible } from '../infra/config/load.ts';
import { CREDENTIALS_REMEDY } from '../infra/credentials.ts';
import { errorCodeOf } from '../lib/errors.ts';
import { functionName, type Purpose } from '../lib/naming.ts';
import { CommandError, EXIT } from './command.ts';

/** Lambda's longest time limit of a function, with time for the answer. */
const LONGEST_RUN_MS = 900_000 + 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const REGION_IN_ARN = /^arn:[a-z-]+:lambda:([a-z0-9-]+):/;

/** One deployed function of a database in an environment. */
interface FunctionOfEnvironment {
  readonly environment: string;
  readonly database: string;
  readonly purpose: Purpose;
  /** The folder of the environments, which is searched for both names before AWS is called. */
  readonly folder: string;
}

/** A deployed function by its name or ARN, such as that of a single database, whose name CloudFormation generates. */
interface NamedFunction {
  readonly functionId: string;
  readonly purpose: Purpose;
}

/** One deployed function. */
export type DeployedFunction = FunctionOfEnvironment | NamedFunction;

/** Returns the name of a function, or its ARN if it was given by that. */
export function nameOf(deployed: DeployedFunction): string {
  if ('functionId' in deployed) return deployed.functionId;
  const { environment, database, purpose } = deployed;
  return functionName(environment, database, purpose);
}

function notFound(deployed: DeployedFunction): CommandError {
  const missing = `There is no function ${nameOf(deployed)} in this account and region`;
  if ('functionId' in deployed) {
    return new CommandError(
      `${missing}.`,
      'Check the name, AWS_PROFILE and AWS_REGION. The outputs of the stack, or its resources, have the names of the functions.',
    );
  }
  const { environment, database, purpose } = deployed;
  return new CommandError(
    `${missing}: ${purpose} of database ${database} in environment ${environment}.`,
    purpose === 'configure'
      ? 'Check both names, AWS_PROFILE and AWS_REGION, and that the environment deploys configure.'
      : 'Check both names, AWS_PROFILE and AWS_REGION, and that the environment is deployed.',
  );
}

/** Returns the error for a known name or code of AWS, its SDK or the network. */
function knownError(thrown: unknown, deployed: DeployedFunction) {
  const name = nameOf(deployed);
  const origin = errorCodeOf(thrown) ?? '';
  switch (origin) {
    case 'ResourceNotFoundException':
      return notFound(deployed);
    case 'AccessDeniedException':
      return new CommandError(
        `Permission denied: lambda:InvokeFunction on ${name}.`,
        'Request this permission, or use a profile (AWS_PROFILE) that has it.',
      );
    case 'CredentialsProviderError':
      return new CommandError('No AWS credentials were found.', CREDENTIALS_REMEDY);
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'ExpiredTokenException':
    case 'TokenProviderError':
      return new CommandError(`AWS rejects the credentials (${origin}).`, CREDENTIALS_REMEDY);
    case 'TooManyRequestsException':
      return new CommandError(
        'Lambda throttled this invocation. The function did not run.',
        'Try again. If the error stays, check the concurrency limits of the account and of the function.',
      );
    default:
      return undefined;
  }
}

/** The SDK throws this error without a name of its own. */
function isWithoutRegion(thrown: unknown): boolean {
  return thrown instanceof Error && /region is missing/i.test(thrown.message);
}

function toCommandError(thrown: unknown, deployed: DeployedFunction): CommandError {
  if (isWithoutRegion(thrown)) {
    return new CommandError(
      'No AWS region is set.',
      'Set AWS_REGION to the region of the function, or use a profile (AWS_PROFILE) that has one.',
    );
  }
  return (
    knownError(thrown, deployed) ??
    new CommandError(
      `Lambda could not be reached, or did not answer${errorCodeOf(thrown) === undefined ? '' : ` (${errorCodeOf(thrown)})`}. The function may have run.`,
      "Check AWS_REGION and this machine's network connection to AWS. The function's log shows whether it ran.",
    )
  );
}

function parsePayload(payload: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

const errorSchema = z.object({
  errorType: z.optional(z.string()),
  errorMessage: z.optional(z.string()),
});

/** Returns the text of an error from the function or from Lambda. */
function messageOf(payload: unknown): string {
  const { errorType = 'Error', errorMessage = 'no message' } =
    errorSchema.safeParse(payload).data ?? {};
  return `${errorType}: ${errorMessage}`;
}

/**
 * Returns the region of a function's ARN; otherwise that of the environment's file, unless the shell sets one. Without all of
 * them, the SDK uses that of the profile.
 */
async function regionOf(deployed: DeployedFunction): Promise<string | undefined> {
  if ('functionId' in deployed) return REGION_IN_ARN.exec(deployed.functionId)?.[1];
  const isSet = ['AWS_REGION', 'AWS_DEFAULT_REGION'].some((name) => process.env[name]);
  return isSet ? undefined : (await readIfPossible(deployed.environment, deployed.folder))?.region;
}

/**
 * Rejects an environment or a database that its folder does not have.
 *
 * @throws CommandError with the status for invalid options
 */
export async function checkTarget(deployed: DeployedFunction): Promise<void> {
  if ('functionId' in deployed) return;
  const { environment, database, folder } = deployed;
  const problem = await findTargetProblem(environment, database, folder);
  if (problem === undefined) return;
  throw new CommandError(`${problem.message}.`, `${problem.remedy}.`, EXIT.usage);
}

/**
 * Invokes a deployed function and returns its result. Never repeats an invocation: without an answer it may have sent.
 *
 * @throws CommandError when there is no result
 */
export async function invokeDeployed(deployed: DeployedFunction, event: unknown): Promise<unknown> {
  const name = nameOf(deployed);
  const region = await regionOf(deployed);
  const client = new LambdaClient({
    ...(region !== undefined && { region }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: LONGEST_RUN_MS,
      socketTimeout: LONGEST_RUN_MS,
      throwOnRequestTimeout: true,
    },
  });
  try {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
    );
    const payload = parsePayload(Payload);
    if (FunctionError === undefined) return payload;
    throw new CommandError(
      `${name} failed: ${messageOf(payload)}`,
      'Read the last line of its log: it has the code of the error and the remedy.',
    );
  } catch (error) {
    throw error instanceof CommandError ? error : toCommandError(error, deployed);
  } finally {
    client.destroy();
  }
}
