import { X509Certificate } from 'node:crypto';
import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { RunError, tokenOf } from './errors.ts';
import type { Target } from './target.ts';

/** Everything needed to log in. Never logged, never part of an error. */
export interface Credentials {
  /** Which version of the secret this is, to see a rotation. */
  readonly versionId: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** A private certificate authority, PEM. */
  readonly ca: string | undefined;
}

type VersionStage = 'AWSCURRENT' | 'AWSPENDING';

const DEFAULT_PORT = 5432;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

/**
 * The RDS shape and the managed shape (the same with `username` and `password` alone). Rotation functions add keys of
 * their own, so unknown keys are no error here. The messages never quote a value.
 */
const jsonSecretSchema = z.object({
  username: z.string().check(z.minLength(1)),
  password: z.string().check(z.minLength(1)),
  host: z.optional(z.string().check(z.minLength(1))),
  port: z.optional(
    z.pipe(
      z.union([z.number(), z.string().check(z.regex(/^\d+$/))]),
      z.pipe(z.transform(Number), z.int().check(z.minimum(1), z.maximum(65_535))),
    ),
  ),
  dbname: z.optional(z.string().check(z.minLength(1))),
  ca: z.optional(z.string().check(z.refine(isCertificate))),
});

interface SecretParts {
  readonly user: string;
  readonly password: string;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly ca?: string | undefined;
}

function invalidSecret(problem: string): RunError {
  return new RunError('SECRET_INVALID', `The secret cannot be used: ${problem}.`, {
    remedy:
      'Store JSON with username and password (and host, port, dbname, or give host and database in the target), or a postgres:// URL, as SecretString.',
  });
}

const EXPECTED_KEYS: Readonly<Record<string, string>> = {
  username: 'username must be a text that is not empty',
  password: 'password must be a text that is not empty',
  host: 'host must be a text that is not empty',
  port: 'port must be a whole number from 1 to 65535',
  dbname: 'dbname must be a text that is not empty',
  ca: 'ca must be a certificate in PEM',
};

function parseJsonSecret(text: string): SecretParts {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidSecret('it is neither JSON nor a postgres:// URL');
  }
  const result = jsonSecretSchema.safeParse(value);
  if (!result.success) {
    const keys = new Set(result.error.issues.map((issue) => String(issue.path[0] ?? '')));
    const problems = [...keys].map((key) => EXPECTED_KEYS[key] ?? 'it is not a JSON object');
    throw invalidSecret(problems.join(', '));
  }
  const { username, dbname, ...rest } = result.data;
  return { ...rest, user: username, database: dbname };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidSecret('its URL has a percent sign that is not part of an escape (write %25)');
  }
}

function parseUrlSecret(text: string, target: Target): SecretParts {
  if (!URL.canParse(text)) {
    throw invalidSecret(
      'its URL cannot be parsed (it needs a host, and reserved characters of user and password percent-encoded)',
    );
  }
  const url = new URL(text);
  // A password with such a character would be cut there, and its rest taken for a host or a database.
  if (/[@#]/.test(url.pathname + url.search + url.hash)) {
    throw invalidSecret(
      'its URL has a character in user or password that must be percent-encoded (such as @ / ? #)',
    );
  }
  if (url.username === '') throw invalidSecret('its URL has no user');
  if (url.password === '') throw invalidSecret('its URL has no password');
  if (url.searchParams.get('sslmode') === 'disable' && target.tls.mode !== 'disable') {
    throw new RunError('SECRET_INVALID', "The secret's URL asks for a connection without TLS.", {
      remedy:
        "A URL never weakens the target's TLS. Remove sslmode from the URL, or set tls.mode to disable in the target if plain text is what you want.",
    });
  }
  const database = decoded(url.pathname.slice(1));
  return {
    user: decoded(url.username),
    password: decoded(url.password),
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    database: database === '' ? undefined : database,
  };
}

/**
 * What a secret and a target say together; the target overrides.
 *
 * @throws RunError SECRET_INVALID, which never quotes the secret
 */
export function parseSecret(
  output: Pick<GetSecretValueCommandOutput, 'SecretString' | 'VersionId'>,
  target: Target,
): Credentials {
  const text = output.SecretString?.trim();
  if (text === undefined) throw invalidSecret('it is binary');
  if (text === '') throw invalidSecret('it is empty');
  const parts = /^postgres(ql)?:\/\//.test(text)
    ? parseUrlSecret(text, target)
    : parseJsonSecret(text);
  const host = target.host ?? parts.host;
  const database = target.database ?? parts.database;
  if (host === undefined) throw invalidSecret('neither it nor the target names a host');
  if (database === undefined) throw invalidSecret('neither it nor the target names a database');
  return {
    versionId: output.VersionId,
    host,
    port: target.port ?? parts.port ?? DEFAULT_PORT,
    user: parts.user,
    password: parts.password,
    database,
    ca: parts.ca,
  };
}

function secretError(thrown: unknown): RunError {
  const origin = tokenOf(thrown);
  const details = { origin, original: thrown };
  switch (origin) {
    case 'ResourceNotFoundException':
      return new RunError('SECRET_NOT_FOUND', 'Secrets Manager knows no such secret.', {
        remedy: "Check the target's secretId, and that the secret is in the function's region.",
        ...details,
      });
    case 'CredentialsProviderError':
    case 'AccessDeniedException':
    case 'UnrecognizedClientException':
    case 'ExpiredTokenException':
    case 'InvalidSignatureException':
      return new RunError(
        'SECRET_DENIED',
        'The function may not read the secret, or has no AWS credentials.',
        {
          remedy:
            "Allow secretsmanager:GetSecretValue on this secret, and kms:Decrypt on its key if it is customer-managed, to the function's role.",
          ...details,
        },
      );
    case 'DecryptionFailure':
    case 'InvalidRequestException':
    case 'InvalidParameterException':
    case 'ValidationException':
      return new RunError(
        'SECRET_UNREADABLE',
        'Secrets Manager holds the secret but cannot return it; it may be marked for deletion, have no value yet, or its key may be disabled.',
        { remedy: 'Look at the secret and at the state of its KMS key.', ...details },
      );
    default:
      return new RunError(
        'SECRET_UNAVAILABLE',
        'Secrets Manager did not answer in time, or answered that it is overloaded.',
        {
          remedy:
            'In a private subnet the function needs an interface endpoint for Secrets Manager or a NAT gateway; otherwise the next tick tries again.',
          ...details,
        },
      );
  }
}

export interface SecretReader {
  /** The secret's value at one stage, or at AWSCURRENT. */
  read(stage: VersionStage, signal: AbortSignal): Promise<Credentials>;
}

/** Reads the target's secret through the AWS SDK. Nothing is kept between runs, so nothing can be stale. */
export function createSecretReader(client: SecretsManagerClient, target: Target): SecretReader {
  return {
    async read(stage, signal) {
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
