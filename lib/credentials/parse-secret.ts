import { X509Certificate } from 'node:crypto';
import type { GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { HOST_FORM, hostProblem, hostSchema, normalizeHost } from '../config/host.ts';
import type { Target } from '../config/target.ts';
import { RunError } from '../errors.ts';

/** Credentials and location of a database. Never logged, and never part of an error. */
export interface Credentials {
  /** Version of the secret, for detecting a rotation. */
  readonly versionId: string | undefined;
  /** Name or address, or the folder of the server's Unix sockets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Empty for a server that requires no password (trust or peer authentication). */
  readonly password: string;
  readonly database: string;
  /** Private certificate authority, PEM. */
  readonly ca: string | undefined;
}

const DEFAULT_PORT = 5432;

/** Whether a text starts with a certificate in PEM. Node ignores any other text without an error. */
export function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

/** Treats null and blank text as a missing key; RDS writes them for values that an instance does not have. */
function unlessBlank<T>(schema: z.ZodMiniType<T>) {
  const isBlank = (value: unknown) =>
    value === null || (typeof value === 'string' && value.trim() === '');
  return z.optional(
    z.pipe(
      z.transform((value) => (isBlank(value) ? undefined : value)),
      z.optional(schema),
    ),
  );
}

/**
 * Schema of the RDS shape and of the managed shape (`username` and `password` only). Unknown keys are allowed, because
 * rotation functions add their own. Messages never quote a value.
 */
const jsonSecretSchema = z.object({
  username: z.string().check(z.minLength(1)),
  password: z.string().check(z.minLength(1)),
  host: unlessBlank(hostSchema),
  port: unlessBlank(
    z.pipe(
      z.union([z.number(), z.string().check(z.trim(), z.regex(/^\d+$/))]),
      z.pipe(z.transform(Number), z.int().check(z.minimum(1), z.maximum(65_535))),
    ),
  ),
  dbname: unlessBlank(z.string()),
  ca: unlessBlank(z.string().check(z.refine(isCertificate))),
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
  return new RunError('SECRET_INVALID', `The secret is invalid: ${problem}.`, {
    remedy:
      'Store JSON with username and password (and host, port and dbname, unless the target has host and database), or a postgres:// URL, as SecretString.',
  });
}

const EXPECTED_KEYS: Readonly<Record<string, string>> = {
  username: 'username must be a string that is not empty',
  password: 'password must be a string that is not empty',
  host: `host ${HOST_FORM}`,
  port: 'port must be a whole number from 1 to 65535',
  dbname: 'dbname must be a string',
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
    throw invalidSecret(
      'its URL has a percent sign that is not part of an escape (write it as %25)',
    );
  }
}

function parseUrlSecret(text: string, target: Target): SecretParts {
  if (!URL.canParse(text)) {
    throw invalidSecret(
      'its URL cannot be parsed (it needs a host, and percent-encoded reserved characters in user and password)',
    );
  }
  const url = new URL(text);
  // The URL parser would end the password at such a character, and read the rest as host or database.
  if (/[@#]/.test(url.pathname + url.search + url.hash)) {
    throw invalidSecret(
      'its URL has a character in user or password that must be percent-encoded (such as @ / ? #)',
    );
  }
  if (url.username === '') throw invalidSecret('its URL has no user');
  if (url.password === '') throw invalidSecret('its URL has no password');
  if (url.port !== '' && Number(url.port) === 0) {
    throw invalidSecret('the port of its URL must be a whole number from 1 to 65535');
  }
  if (url.searchParams.get('sslmode') === 'disable' && target.tls.mode !== 'disable') {
    throw new RunError('SECRET_INVALID', "The secret's URL requests a connection without TLS.", {
      remedy:
        "Remove sslmode from the URL, or set tls.mode to disable in the target if you want plain text. A URL never weakens the target's TLS.",
    });
  }
  const database = decoded(url.pathname.slice(1));
  const host = normalizeHost(decoded(url.hostname));
  if (hostProblem(host) !== undefined) {
    throw invalidSecret(`its URL's host ${HOST_FORM}`);
  }
  return {
    user: decoded(url.username),
    password: decoded(url.password),
    host,
    port: url.port === '' ? undefined : Number(url.port),
    database: database === '' ? undefined : database,
  };
}

/**
 * Combines a secret with the target, whose settings take precedence.
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
  if (host === undefined) throw invalidSecret('neither the secret nor the target has a host');
  if (database === undefined)
    throw invalidSecret('neither the secret nor the target has a database');
  // A null character ends a string of PostgreSQL's protocol: the server would read the rest as another session parameter.
  if ([parts.user, parts.password, database].some((text) => text.includes('\0'))) {
    throw invalidSecret('user, password and database must not contain a null character');
  }
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
