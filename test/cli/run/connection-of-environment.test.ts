import { describe, expect, test } from 'vitest';
import { connectionOf } from '../../../cli/run/connection-of-environment.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';

type Choices = Readonly<Record<string, unknown>>;

/** Finds the connection on a machine whose user is `ann`, which has a socket in /tmp on request. */
function find(
  environment: Readonly<Record<string, string>>,
  target: Choices = {},
  hasSocket = false,
) {
  const problems: string[] = [];
  const connection = connectionOf(
    aTarget({ tls: {}, ...target }),
    {
      environment,
      user: 'ann',
      exists: (path) => hasSocket && path === '/tmp/.s.PGSQL.5432',
      readFile: () => {
        throw new Error('ENOENT');
      },
    },
    problems,
  );
  return { connection, problems };
}

describe('the connection of the environment', () => {
  test.each<[string, Readonly<Record<string, string>>, Choices, object]>([
    [
      'defaults to localhost and the name of the user',
      {},
      {},
      { host: 'localhost', port: 5432, database: 'ann' },
    ],
    [
      'is that of DATABASE_URL',
      { DATABASE_URL: 'postgres://u:s3cret@h:6432/db', PGHOST: 'other', PGUSER: 'other' },
      {},
      { host: 'h', port: 6432, user: 'u', database: 'db', password: 's3cret' },
    ],
    [
      'has missing parts from the PG* variables',
      { DATABASE_URL: 'postgres://h/db', PGUSER: 'u', PGPASSWORD: 's3cret', PGPORT: '6432' },
      {},
      { host: 'h', port: 6432, user: 'u', database: 'db', password: 's3cret' },
    ],
    [
      'has host, port and database of the target instead of its own',
      { DATABASE_URL: 'postgres://u@h:1/db', PGHOSTADDR: '10.0.0.7' },
      { host: 'mine', port: 2, database: 'metrics' },
      {
        host: 'mine',
        port: 2,
        user: 'u',
        database: 'metrics',
        passfileHost: 'mine',
        tls: { mode: 'verify-full' },
      },
    ],
    [
      'verifies the name of PGHOST beside PGHOSTADDR',
      { PGHOST: 'db.example.com', PGHOSTADDR: '10.0.0.7' },
      {},
      { host: '10.0.0.7', tls: { mode: 'verify-full', serverName: 'db.example.com' } },
    ],
    [
      'ignores an sslmode that is weaker than verify-full',
      { PGHOST: 'h', PGSSLMODE: 'require' },
      {},
      { host: 'h' },
    ],
    [
      'accepts plain text if the target has it, too',
      { DATABASE_URL: 'postgres://h/db?sslmode=disable' },
      { tls: { mode: 'disable' } },
      { tls: { mode: 'disable' } },
    ],
    [
      'accepts plain text on a Unix socket',
      { PGHOST: '/tmp', PGSSLMODE: 'disable' },
      {},
      { host: '/tmp' },
    ],
  ])('%s', (_title, environment, target, expected) => {
    const { connection, problems } = find(environment, target);
    expect(problems).toEqual([]);
    expect(connection).toMatchObject(expected);
  });

  test('defaults to an existing Unix socket', () => {
    expect(find({}, {}, true).connection).toMatchObject({
      host: '/tmp',
      passfileHost: 'localhost',
    });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'plain text in PGSSLMODE',
      { PGHOST: 'h', PGSSLMODE: 'disable' },
      'PGSSLMODE has sslmode disable, but the target decides about TLS: set tls.mode to disable for plain text',
    ],
    [
      'plain text in DATABASE_URL',
      { DATABASE_URL: 'postgres://h/db?sslmode=disable' },
      'DATABASE_URL has sslmode disable, but the target decides about TLS: set tls.mode to disable for plain text',
    ],
    [
      'a URL of another scheme',
      { DATABASE_URL: 'mysql://u:s3cret@h/db' },
      'DATABASE_URL must begin with postgres:// or postgresql://',
    ],
    [
      'an invalid host in the URL',
      { DATABASE_URL: 'postgres://u:s3cret@d%20b/db' },
      'DATABASE_URL: host must be one name or address, without port (which has its own setting), URL, list or white space',
    ],
    [
      'an authority that cannot be read',
      { PGHOST: 'h', PGSSLROOTCERT: '/none' },
      'PGSSLROOTCERT must be a readable file with certificates in PEM',
    ],
  ])('is rejected for %s', (_what, environment, problem) => {
    expect(find(environment).problems).toEqual([problem]);
  });
});
