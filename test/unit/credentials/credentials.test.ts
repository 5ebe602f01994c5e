import { inspect } from 'node:util';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import {
  fromTable,
  type SecretAnswer,
  startSecretsManager,
} from '../../../emulator/secrets-manager.ts';
import { parseTarget, type Target } from '../../../lib/config/target.ts';
import { type Credentials, parseSecret } from '../../../lib/credentials/parse-secret.ts';
import { createSecretReader, readRotated } from '../../../lib/credentials/secrets-manager.ts';
import { RunError } from '../../../lib/errors.ts';

const TARGET = parseTarget({
  TARGET: '{"name":"orders","environment":"prod","secretId":"orders/telemetry"}',
});
const PLACED: Target = { ...TARGET, host: 'target.example.com', database: 'target_db' };
const { cert: CA } = await generate([{ name: 'commonName', value: 'An authority' }], {
  keyType: 'ec',
  algorithm: 'sha256',
});
const RDS = {
  engine: 'postgres',
  host: 'db.example.com',
  port: 6432,
  username: 'reporter',
  password: 'p@ss',
  dbname: 'tsdb',
  dbInstanceIdentifier: 'db-1',
};

function parse(secret: string | object, target: Target = TARGET): Credentials {
  const SecretString = typeof secret === 'string' ? secret : JSON.stringify(secret);
  return parseSecret({ SecretString, VersionId: 'v1' }, target);
}

async function errorOf(action: () => unknown): Promise<RunError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** Returns everything that a printer of errors could show. */
function everythingShownOf(error: RunError): string {
  return [
    error.message,
    error.remedy,
    error.origin,
    String(error),
    error.stack,
    JSON.stringify(error),
    inspect(error),
    inspect(error, { showHidden: true, depth: null, getters: false }),
  ].join('\n');
}

describe('a valid secret', () => {
  test('in the RDS shape has all parts, and may have unknown keys', () => {
    expect(parse(RDS)).toStrictEqual({
      versionId: 'v1',
      host: 'db.example.com',
      port: 6432,
      user: 'reporter',
      password: 'p@ss',
      database: 'tsdb',
      ca: undefined,
    });
  });

  test('in the managed shape has user and password, and the target has the rest', () => {
    expect(parse({ username: 'reporter', password: 'p@ss' }, PLACED)).toStrictEqual({
      versionId: 'v1',
      host: 'target.example.com',
      port: 5432,
      user: 'reporter',
      password: 'p@ss',
      database: 'target_db',
      ca: undefined,
    });
  });

  test.each(['postgres', 'postgresql'])('may be a %s:// URL, which is percent-decoded', (it) => {
    const url = `${it}://re%40porter:p%3Ass%25%2F%C3%BC@db.example.com:6432/ts%20db?sslmode=require`;
    expect(parse(` ${url}\n`)).toStrictEqual({
      versionId: 'v1',
      host: 'db.example.com',
      port: 6432,
      user: 're@porter',
      password: 'p:ss%/ü',
      database: 'ts db',
      ca: undefined,
    });
  });

  test('may be a URL with an IPv6 address, whose brackets are removed', () => {
    expect(parse('postgres://u:p@[2001:db8::7]/tsdb')).toMatchObject({
      host: '2001:db8::7',
      port: 5432,
    });
  });

  test('may be a URL without port or database, when the target has the rest', () => {
    expect(parse('postgres://u:p@h', PLACED)).toMatchObject({
      host: 'target.example.com',
      port: 5432,
      database: 'target_db',
    });
    expect(parse('postgres://u:p@h/', { ...TARGET, database: 'd' })).toMatchObject({
      host: 'h',
      database: 'd',
    });
  });

  test.each([
    ['the RDS shape', JSON.stringify(RDS)],
    ['a URL', 'postgres://u:p@db.example.com:6432/tsdb'],
  ])('is overridden by the target: %s', (_shape, text) => {
    expect(parse(text, { ...PLACED, port: 7432 })).toMatchObject({
      host: 'target.example.com',
      port: 7432,
      database: 'target_db',
    });
  });

  test('may have the port as a string, as older RDS secrets do', () => {
    expect(parse({ ...RDS, port: '5433' }).port).toBe(5433);
  });

  test.each([null, '', ' \n'])(
    'may have %j for a part that the instance does not have',
    (nothing) => {
      const blank = { host: nothing, port: nothing, dbname: nothing, ca: nothing };
      expect(parse({ ...RDS, ...blank }, PLACED)).toMatchObject({
        host: 'target.example.com',
        port: 5432,
        database: 'target_db',
        ca: undefined,
      });
    },
  );

  test.each([
    [' db.example.com\n', 'db.example.com'],
    ['[2001:db8::7]', '2001:db8::7'],
    [' [::1] ', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['db.example.com.', 'db.example.com.'],
    ['my_db', 'my_db'],
    ['/var/run/postgresql', '/var/run/postgresql'],
  ])('may have the host %j, which is read as %j', (host, meant) => {
    expect(parse({ ...RDS, host }).host).toBe(meant);
  });

  test('may have white space around the port', () => {
    expect(parse({ ...RDS, port: ' 5433 ' }).port).toBe(5433);
  });

  test('may be JSON with a value that looks like a URL', () => {
    expect(parse({ ...RDS, password: 'postgres://x' }).password).toBe('postgres://x');
  });

  test('may contain the certificate authority', () => {
    expect(parse({ ...RDS, ca: CA }).ca).toBe(CA);
  });

  test.each(['require', 'prefer', 'verify-full'])('may be a URL with sslmode=%s', (mode) => {
    expect(parse(`postgres://u:p@h/d?sslmode=${mode}`).database).toBe('d');
  });

  test('may be a URL with sslmode=disable where the target disables TLS itself', () => {
    const target: Target = { ...TARGET, tls: { mode: 'disable' } };
    expect(parse('postgres://u:p@h/d?sslmode=disable', target).host).toBe('h');
  });
});

describe('an invalid secret', () => {
  const CANARY = 'c4n4ry';
  const GOOD = {
    host: `${CANARY}-host`,
    port: 5432,
    username: `${CANARY}-user`,
    password: `${CANARY}-password`,
    dbname: `${CANARY}-db`,
  };
  const without = (key: keyof typeof GOOD): string => JSON.stringify({ ...GOOD, [key]: undefined });
  const having = (values: Record<string, unknown>): string =>
    JSON.stringify({ ...GOOD, ...values });
  const plainText = `${CANARY} was put in plain`;

  const BAD: readonly (readonly [what: string, text: string | undefined, problem: string])[] = [
    ['binary', undefined, 'it is binary'],
    ['empty', '', 'it is empty'],
    ['blank', ' \n', 'it is empty'],
    ['no JSON', plainText, 'it is neither JSON nor a postgres:// URL'],
    ['broken JSON', `${having({})}}`, 'it is neither JSON nor a postgres:// URL'],
    ['another URL', `mysql://${CANARY}:${CANARY}@h/d`, 'it is neither JSON nor a postgres:// URL'],
    ['an array', `["${CANARY}"]`, 'it is not a JSON object'],
    ['null', 'null', 'it is not a JSON object'],
    ['a number', '714714', 'it is not a JSON object'],
    ['a JSON string', `"${CANARY}"`, 'it is not a JSON object'],
    ['without a user', without('username'), 'username must be a string that is not empty'],
    ['without a password', without('password'), 'password must be a string that is not empty'],
    ['with an empty user', having({ username: '' }), 'username must be'],
    ['with an empty password', having({ password: '' }), 'password must be'],
    ['with a number for a password', having({ password: 714714 }), 'password must be'],
    ['with an empty host', having({ host: '' }), 'neither the secret nor the target has a host'],
    [
      'with an empty database',
      having({ dbname: '' }),
      'neither the secret nor the target has a database',
    ],
    ['with a number for a database', having({ dbname: 714714 }), 'dbname must be a string'],
    ['with a number for a host', having({ host: 714714 }), 'host must be one name'],
    [
      'with a port in the host',
      having({ host: `${CANARY}:5432` }),
      'without port (which has its own setting)',
    ],
    ['with a space in the host', having({ host: `${CANARY} x` }), 'host must be one name'],
    ['with a URL for a host', having({ host: `tcp://${CANARY}` }), 'host must be one name'],
    ['with two hosts', having({ host: `${CANARY},x` }), 'host must be one name'],
    [
      'a URL with a space in the host',
      `postgres://u:p@${CANARY}%20x/d`,
      "its URL's host must be one name",
    ],
    ['a URL with two hosts', `postgres://u:p@${CANARY},x/d`, "its URL's host must be one name"],
    ['with a word for a port', having({ port: CANARY }), 'port must be a whole number'],
    [
      'with port 0 in a URL',
      'postgres://x:x@h:0/d',
      'port of its URL must be a whole number from 1',
    ],
    ['with a null character in the user', having({ username: 'x\0database' }), 'null character'],
    ['with a null character in the password', having({ password: 'x\0' }), 'null character'],
    ['with a null character in dbname', having({ dbname: 'x\0options' }), 'null character'],
    ['with an escaped null character in a URL', 'postgres://x:x@h/d%00x', 'null character'],
    ['with port 0', having({ port: 0 }), 'port must be a whole number from 1 to 65535'],
    ['with port 65536', having({ port: 65_536 }), 'port must be a whole number from 1 to 65535'],
    ['with half a port', having({ port: 5432.5 }), 'port must be a whole number'],
    [
      'with a fraction for a port as text',
      having({ port: '5432.5' }),
      'port must be a whole number',
    ],
    ['with a ca that is no PEM', having({ ca: CANARY }), 'ca must be a certificate in PEM'],
    ['without a host', without('host'), 'neither the secret nor the target has a host'],
    ['without a database', without('dbname'), 'neither the secret nor the target has a database'],
    [
      'with three problems at once',
      JSON.stringify({ host: `${CANARY}-host`, port: CANARY }),
      'username must be a string that is not empty, password must be a string that is not empty, ' +
        'port must be a whole number from 1 to 65535',
    ],
    ['a URL without a user', `postgres://:${CANARY}@${CANARY}/d`, 'its URL has no user'],
    ['a URL without a password', `postgres://${CANARY}@${CANARY}/d`, 'its URL has no password'],
    ['a URL with neither', `postgres://${CANARY}/d`, 'its URL has no user'],
    ['a URL without a host', `postgres://${CANARY}:${CANARY}@/d`, 'cannot be'],
    [
      'a URL without a database',
      `postgres://${CANARY}:${CANARY}@h`,
      'neither the secret nor the target has a database',
    ],
    ['a URL with a bad port', `postgres://${CANARY}:${CANARY}@h:99999/d`, 'its URL cannot be'],
    [
      'a URL with an unescaped #',
      `postgres://${CANARY}:${CANARY}#${CANARY}@h/d`,
      'its URL cannot be parsed (it needs a host, and percent-encoded reserved characters',
    ],
    ['a bad escape in the user', `postgres://${CANARY}%:x@h/d`, 'a percent sign that is not part'],
    ['a bad escape in the password', `postgres://u:${CANARY}%zz@h/d`, '(write it as %25)'],
    ['an escape that is not UTF-8', `postgres://u:${CANARY}%ff@h/d`, '(write it as %25)'],
    ['a bad escape in the database', `postgres://u:${CANARY}@h/${CANARY}%`, '(write it as %25)'],
    [
      'a URL that would turn TLS off',
      `postgres://${CANARY}:${CANARY}@${CANARY}/${CANARY}?sslmode=disable`,
      'requests a connection without TLS',
    ],
  ];

  test.each(BAD)(
    '(%s) has an error that names the problem and quotes nothing',
    async (_what, text, problem) => {
      const output = { VersionId: 'v1', ...(text !== undefined && { SecretString: text }) };
      const error = await errorOf(() => parseSecret(output, TARGET));
      expect(error).toMatchObject({ code: 'SECRET_INVALID', retryable: false });
      expect(error.message).toContain(problem);
      expect(error.remedy).toMatch(
        /^(Store JSON with username and password|Remove sslmode from the URL)/,
      );
      expect(error.original).toBeUndefined();
      const shown = everythingShownOf(error);
      expect(shown.toLowerCase()).not.toContain(CANARY);
      expect(shown).not.toContain('714714');
    },
  );

  test('has sslmode=disable with every target that requires TLS', async () => {
    for (const mode of ['verify-full', 'verify-ca'] as const) {
      const target: Target = { ...TARGET, tls: { mode } };
      const error = await errorOf(() => parse('postgres://u:p@h/d?sslmode=disable', target));
      expect(error.remedy).toContain('set tls.mode to disable in the target');
    }
  });
});

/** Returns the real client, for loopback, with one attempt. */
function clientOf(endpoint: string): SecretsManagerClient {
  return new SecretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

const version = (VersionId: string, password: string) => ({
  VersionId,
  SecretString: JSON.stringify({ ...RDS, password }),
});

describe('reading from Secrets Manager', () => {
  const { signal } = new AbortController();

  test.each(['AWSCURRENT', 'AWSPENDING'] as const)('asks for %s of the secret', async (stage) => {
    const table = { AWSCURRENT: version('v1', 'old'), AWSPENDING: version('v2', 'new') };
    await using service = await startSecretsManager(fromTable({ [TARGET.secretId]: table }));
    const credentials = await createSecretReader(clientOf(service.url), TARGET).read(stage, signal);
    expect(service.requests).toStrictEqual([{ secretId: 'orders/telemetry', stage }]);
    expect(credentials).toStrictEqual(parseSecret(table[stage], TARGET));
  });

  test('reports a binary secret as invalid, not as unreadable', async () => {
    await using service = await startSecretsManager(() => ({
      VersionId: 'v1',
      SecretBinary: 'c2VjcmV0',
    }));
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', signal));
    expect(error.code).toBe('SECRET_INVALID');
    expect(error.message).toContain('it is binary');
  });

  test.each([
    [400, 'ResourceNotFoundException', 'SECRET_NOT_FOUND', false, 'secretId'],
    [400, 'AccessDeniedException', 'SECRET_DENIED', false, 'secretsmanager:GetSecretValue'],
    [400, 'UnrecognizedClientException', 'SECRET_DENIED', false, 'kms:Decrypt'],
    [400, 'ExpiredTokenException', 'SECRET_DENIED', false, 'Grant'],
    [400, 'InvalidSignatureException', 'SECRET_DENIED', false, 'Grant'],
    [400, 'DecryptionFailure', 'SECRET_UNREADABLE', false, 'KMS key'],
    [400, 'InvalidRequestException', 'SECRET_UNREADABLE', false, 'Check the secret'],
    [400, 'InvalidParameterException', 'SECRET_UNREADABLE', false, 'Check the secret'],
    [400, 'ValidationException', 'SECRET_UNREADABLE', false, 'Check the secret'],
    [500, 'InternalServiceError', 'SECRET_UNAVAILABLE', true, 'will be retried automatically'],
    [503, 'ServiceUnavailable', 'SECRET_UNAVAILABLE', true, 'will be retried automatically'],
    [400, 'ThrottlingException', 'SECRET_UNAVAILABLE', true, 'will be retried automatically'],
  ])('reports %i %s as %s', async (status, type, code, retryable, remedy) => {
    await using service = await startSecretsManager(() => ({ status, type }));
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', signal));
    expect(error).toMatchObject({ code, retryable, origin: type });
    expect(error.remedy).toContain(remedy);
    expect(String(error.original)).toContain('refused by the local endpoint');
    expect(everythingShownOf(error)).not.toContain('refused by the local endpoint');
  });

  test('reports a refused connection as an unavailable service', async () => {
    const service = await startSecretsManager(() => version('v1', 'old'));
    await service[Symbol.asyncDispose]();
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', signal));
    expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE', origin: 'ECONNREFUSED' });
  });

  test("ends an unanswered request by the run's signal", async () => {
    const run = new AbortController();
    await using service = await listen(() => run.abort());
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', run.signal));
    expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE', origin: 'AbortError' });
  });
});

describe('reading again after a rejected login', () => {
  const { signal } = new AbortController();
  const rejected = parseSecret(version('v1', 'old'), TARGET);

  async function rotate(answer: SecretAnswer) {
    await using service = await startSecretsManager(answer);
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const credentials = await readRotated(reader, rejected, signal);
    return { credentials, stages: service.requests.map(({ stage }) => stage) };
  }

  test('uses a changed AWSCURRENT', async () => {
    const table = { AWSCURRENT: version('v2', 'new'), AWSPENDING: version('v3', 'newer') };
    const { credentials, stages } = await rotate(fromTable({ [TARGET.secretId]: table }));
    expect(credentials).toMatchObject({ versionId: 'v2', password: 'new' });
    expect(stages).toStrictEqual(['AWSCURRENT']);
  });

  test('uses AWSPENDING when AWSCURRENT is the same', async () => {
    const table = { AWSCURRENT: version('v1', 'old'), AWSPENDING: version('v2', 'new') };
    const { credentials, stages } = await rotate(fromTable({ [TARGET.secretId]: table }));
    expect(credentials).toMatchObject({ versionId: 'v2', password: 'new' });
    expect(stages).toStrictEqual(['AWSCURRENT', 'AWSPENDING']);
  });

  test.each([
    ['no AWSPENDING', {}],
    ['an AWSPENDING that is the rejected version', { AWSPENDING: version('v1', 'old') }],
    ['an incomplete AWSPENDING', { AWSPENDING: { VersionId: 'v2', SecretString: '{"username":' } }],
  ])('finds no other version with %s', async (_what, pending) => {
    const table = { AWSCURRENT: version('v1', 'old'), ...pending };
    const { credentials, stages } = await rotate(fromTable({ [TARGET.secretId]: table }));
    expect(credentials).toBeUndefined();
    expect(stages).toStrictEqual(['AWSCURRENT', 'AWSPENDING']);
  });

  test('throws when the service is down, at either stage', async () => {
    const down = { status: 500, type: 'InternalServiceError' };
    const atPending: SecretAnswer = (_id, stage) =>
      stage === 'AWSPENDING' ? down : version('v1', 'old');
    for (const answer of [() => down, atPending]) {
      await expect(rotate(answer)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    }
  });
});

test.each(['p/ss', 'p?ss', 'p#ss', 'p@s/s'])(
  'the password %s without percent-encoding is a problem of the URL, and not read as a host',
  (password) => {
    const text = `postgres://reporter:${password}@db.example.com:5432/metrics`;
    expect(() => parseSecret({ SecretString: text }, TARGET)).toThrow(/percent-encoded/);
  },
);

test('an invalid certificate authority is a problem of the secret', () => {
  const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const text = JSON.stringify({ ...RDS, ca });
  expect(() => parseSecret({ SecretString: text }, TARGET)).toThrow(/ca must be a certificate/);
});
