import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { findTargetProblem, readIfPossible } from '../infra/config/load.ts';
import { errorCodeOf } from '../lib/errors.ts';
import { functionName, type Purpose } from '../lib/naming.ts';
import { CommandError } from './command.ts';

/** Lambda lets no function run for longer; its answer comes when the function has ended. */
const LONGEST_RUN_MS = 900_000 + 30_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** One function of one target. */
export interface DeployedFunction {
  readonly environment: string;
  readonly database: string;
  readonly purpose: Purpose;
  /** The folder of the environments, which is searched for both names before AWS is called. */
  readonly folder: string;
}

const CREDENTIALS_REMEDY =
  'Log in first (aws sso login, aws configure), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

/** What AWS, its SDK or the network say, by the name or code of the error. */
function refusal(thrown: unknown, { environment, database, purpose }: DeployedFunction) {
  const name = functionName(environment, database, purpose);
  const origin = errorCodeOf(thrown) ?? '';
  switch (origin) {
    case 'ResourceNotFoundException':
      return new CommandError(
        `There is no function ${name} in this account and region: ${purpose} of database ${database} in environment ${environment}.`,
        purpose === 'configure'
          ? 'Check both names, AWS_PROFILE and AWS_REGION. configure is there only where the environment deploys it.'
          : 'Check both names, AWS_PROFILE and AWS_REGION, and that the environment is deployed.',
      );
    case 'AccessDeniedException':
      return new CommandError(
        `You may not invoke ${name}.`,
        'Ask for lambda:InvokeFunction on this function, or use a profile (AWS_PROFILE) that has it.',
      );
    case 'CredentialsProviderError':
      return new CommandError('No AWS credentials were found.', CREDENTIALS_REMEDY);
    case 'UnrecognizedClientException':
    case 'InvalidSignatureException':
    case 'ExpiredTokenException':
    case 'TokenProviderError':
      return new CommandError(`AWS refuses the credentials (${origin}).`, CREDENTIALS_REMEDY);
    case 'TooManyRequestsException':
      return new CommandError(
        'Lambda has no room for this invocation at the moment; the function did not run.',
        'Try again. If it stays so, look at the concurrency limits of the account and of the function.',
      );
    default:
      return undefined;
  }
}

/** The SDK gives this one no name. */
function isWithoutRegion(thrown: unknown): boolean {
  return thrown instanceof Error && /region is missing/i.test(thrown.message);
}

function toCommandError(thrown: unknown, deployed: DeployedFunction): CommandError {
  if (isWithoutRegion(thrown)) {
    return new CommandError(
      'No AWS region is set.',
      'Set AWS_REGION to the region of the environment, or use a profile (AWS_PROFILE) that has one.',
    );
  }
  return (
    refusal(thrown, deployed) ??
    new CommandError(
      `Lambda could not be asked, or did not answer${errorCodeOf(thrown) === undefined ? '' : ` (${errorCodeOf(thrown)})`}; whether the function ran is not known.`,
      "Check AWS_REGION and the way to AWS from here. The function's own log says whether it ran.",
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

/** The text of an error that a function has thrown, or that Lambda has made of its end. */
function messageOf(payload: unknown): string {
  const { errorType = 'Error', errorMessage = 'no message' } =
    errorSchema.safeParse(payload).data ?? {};
  return `${errorType}: ${errorMessage}`;
}

/** Returns the region of the environment's file, unless the shell sets one; a profile's region is left to the SDK. */
async function regionOf({ environment, folder }: DeployedFunction): Promise<string | undefined> {
  const isSetByShell = ['AWS_REGION', 'AWS_DEFAULT_REGION'].some((name) => process.env[name]);
  return isSetByShell ? undefined : (await readIfPossible(environment, folder))?.region;
}

/**
 * Invokes a deployed function and waits for what it returns. Once: an invocation that got no answer may have sent.
 *
 * @throws CommandError when there is no result
 */
export async function invokeDeployed(deployed: DeployedFunction, event: unknown): Promise<unknown> {
  const { environment, database, purpose } = deployed;
  const name = functionName(environment, database, purpose);
  const problem = await findTargetProblem(environment, database, deployed.folder);
  if (problem !== undefined) throw new CommandError(`${problem.message}.`, `${problem.remedy}.`);
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
      `The last line of its log has the error's code and what to do about it.`,
    );
  } catch (error) {
    throw error instanceof CommandError ? error : toCommandError(error, deployed);
  } finally {
    client.destroy();
  }
}
