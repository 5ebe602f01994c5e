import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { configError, type Target } from '../config/target.ts';
import { errorCodeOf, RunError } from '../errors.ts';
import { parseSecret } from './parse-secret.ts';
import type { SecretReader } from './rotation.ts';

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

/** @throws RunError CONFIG_INVALID when the SDK has no region */
function checkRegion({ config }: SecretsManagerClient): Promise<string> {
  return config.region().catch(() => {
    throw configError(['AWS_REGION: is not set']);
  });
}

/** A run reads the secret once, and a NAT gateway drops idle connections between two runs. */
const NO_KEEP_ALIVE = {
  keepAlive: false,
  // With a finite limit Node would still send `Connection: keep-alive`.
  maxSockets: Number.POSITIVE_INFINITY,
};

/** Creates a client with short timeouts: a private subnet without an interface endpoint drops the packets. */
function createSecretsClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    // Without throwOnRequestTimeout, requestTimeout only logs a warning.
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
      httpAgent: NO_KEEP_ALIVE,
      httpsAgent: NO_KEEP_ALIVE,
    },
  });
}

/** Creates the reader of the target's secret. It caches nothing, so that no value is stale. */
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

/** Creates a client, and returns the function that creates a target's reader with it. */
export function createSecretReaders(): (target: Target) => SecretReader {
  const client = createSecretsClient();
  return (target) => createSecretReader(client, target);
}
