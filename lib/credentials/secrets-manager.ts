import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { configError, type Target } from '../config/target.ts';
import { errorCodeOf, RunError } from '../errors.ts';
import { type Credentials, parseSecret } from './parse-secret.ts';

type VersionStage = 'AWSCURRENT' | 'AWSPENDING';

function secretError(thrown: unknown): RunError {
  const origin = errorCodeOf(thrown);
  const details = { origin, original: thrown };
  switch (origin) {
    case 'ResourceNotFoundException':
      return new RunError('SECRET_NOT_FOUND', 'Secrets Manager has no such secret.', {
        remedy:
          "Check that secretId is the name or the full ARN of the secret, that the secret is in the function's region, and that one of its versions is AWSCURRENT.",
        ...details,
      });
    case 'CredentialsProviderError':
    case 'AccessDeniedException':
    case 'UnrecognizedClientException':
    case 'ExpiredTokenException':
    case 'InvalidSignatureException':
      return new RunError(
        'SECRET_DENIED',
        'Permission denied: the function cannot read the secret, or has no AWS credentials.',
        {
          remedy:
            "Grant secretsmanager:GetSecretValue on this secret, and kms:Decrypt on its key if it is customer-managed, to the function's role.",
          ...details,
        },
      );
    case 'DecryptionFailure':
    case 'InvalidRequestException':
    case 'InvalidParameterException':
    case 'ValidationException':
      return new RunError(
        'SECRET_UNREADABLE',
        'Secrets Manager cannot return the secret: it may be scheduled for deletion, have no value, or have a disabled key.',
        { remedy: 'Check the secret and the state of its KMS key.', ...details },
      );
    default:
      return new RunError(
        'SECRET_UNAVAILABLE',
        'Secrets Manager did not answer in time, or is overloaded.',
        {
          remedy:
            'Give a function in a private subnet an interface endpoint for Secrets Manager, or a NAT gateway. The run will be retried automatically.',
          ...details,
        },
      );
  }
}

/** @throws RunError CONFIG_INVALID when the SDK could not even ask */
function checkRegion({ config }: SecretsManagerClient): Promise<string> {
  return config.region().catch(() => {
    throw configError(['AWS_REGION: is not set']);
  });
}

/** A run reads the secret once. A connection kept for the next run may be one that a NAT gateway has forgotten meanwhile. */
const NO_KEEP_ALIVE = {
  keepAlive: false,
  // With the SDK's own, finite limit Node would still ask the service to keep the connection.
  maxSockets: Number.POSITIVE_INFINITY,
};

/** A client that gives up in time: without an interface endpoint a private subnet swallows what is asked. */
export function createSecretsClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    // Without the third the second is only a warning.
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
      httpAgent: NO_KEEP_ALIVE,
      httpsAgent: NO_KEEP_ALIVE,
    },
  });
}

export interface SecretReader {
  /** The secret's value at one stage, or at AWSCURRENT. */
  read(stage: VersionStage, signal: AbortSignal): Promise<Credentials>;
}

/** Reads the target's secret through the AWS SDK. Nothing is kept between runs, so nothing can be stale. */
export function createSecretReader(client: SecretsManagerClient, target: Target): SecretReader {
  return {
    async read(stage, signal) {
      await checkRegion(client);
      let output: GetSecretValueCommandOutput;
      try {
        output = await client.send(
          new GetSecretValueCommand({ SecretId: target.secretId, VersionStage: stage }),
          { abortSignal: signal },
        );
      } catch (error) {
        throw secretError(error);
      }
      return parseSecret(output, target);
    },
  };
}

/**
 * The credentials to try after the server has refused `refused`: AWSCURRENT where it has changed meanwhile, else
 * AWSPENDING, because a rotation changes the password before it promotes the version. Undefined when there is no
 * other version, or only one that the rotation has not finished writing.
 */
export async function readRotated(
  reader: SecretReader,
  refused: Credentials,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const current = await reader.read('AWSCURRENT', signal);
  if (current.versionId !== refused.versionId) return current;
  try {
    const pending = await reader.read('AWSPENDING', signal);
    return pending.versionId === refused.versionId ? undefined : pending;
  } catch (error) {
    if (error instanceof RunError && !error.retryable) return undefined;
    throw error;
  }
}
