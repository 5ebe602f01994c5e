import { describe, expect, test } from 'vitest';
import type { Target } from '../../../lib/config/target.ts';
import { parseSecret } from '../../../lib/credentials/parse-secret.ts';
import { errorOf, everythingShownOf, parse, RDS, TARGET } from './secrets.ts';

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
    ['a text that is not JSON', plainText, 'it is neither JSON nor a postgres:// URL'],
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
    ['with a fraction for a port', having({ port: 5432.5 }), 'port must be a whole number'],
    [
      'with a fraction for a port as text',
      having({ port: '5432.5' }),
      'port must be a whole number',
    ],
    ['with a ca that is not PEM', having({ ca: CANARY }), 'ca must be a certificate in PEM'],
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
      'a URL that disables TLS',
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

test.each(['p/ss', 'p?ss', 'p#ss', 'p@s/s'])(
  'reports the password %s without percent-encoding as a problem of the URL, and reads no host from it',
  (password) => {
    const text = `postgres://reporter:${password}@db.example.com:5432/metrics`;
    expect(() => parseSecret({ SecretString: text }, TARGET)).toThrow(/percent-encoded/);
  },
);

test('reports an invalid certificate authority as a problem of the secret', () => {
  const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const text = JSON.stringify({ ...RDS, ca });
  expect(() => parseSecret({ SecretString: text }, TARGET)).toThrow(/ca must be a certificate/);
});
