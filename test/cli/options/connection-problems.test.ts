import { describe, expect, test } from 'vitest';
import type { ConnectionChoices } from '../../../cli/options/settings.ts';
import { findParameters, url } from '../../support/process/connection-parameters.ts';

describe('the connection parameters are rejected', () => {
  const SEVERAL = 'names several servers; use only one';
  test.each<[string, ConnectionChoices, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'for a URL of another scheme',
      url('mysql://u:s3cret@h/db'),
      {},
      ['--database-url must begin with postgres:// or postgresql://'],
    ],
    [
      'for a port in the host',
      {},
      { PGHOST: 'db.example.com:5432' },
      [
        'PGHOST must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    [
      'for a URL as host',
      {},
      { PGHOST: 'https://db.example.com' },
      [
        'PGHOST must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    [
      'for white space in the host of a URL',
      url('postgres://u:s3cret@d%20b/db'),
      {},
      [
        '--database-url: host must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    [
      'for white space in --tls-server-name',
      { ...url('postgres://u:s3cret@h.example.com/db'), tlsServerName: 'd b' },
      {},
      [
        '--tls-server-name must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    ['for several hosts', url('postgres://u:s3cret@a:1,b:2/db'), {}, [`--database-url ${SEVERAL}`]],
    [
      'for several hosts in the parameter host',
      url('postgres:///db?host=a,b'),
      {},
      [`--database-url: host ${SEVERAL}`],
    ],
    [
      'for several hosts and ports in the variables',
      {},
      { PGHOST: 'a,b', PGPORT: '1,2' },
      [`PGHOST ${SEVERAL}`, `PGPORT ${SEVERAL}`],
    ],
    [
      'for a slash in the password that is not percent-encoded',
      url('postgres://u:s3c/ret@h/db'),
      {},
      [
        '--database-url has a character in user or password that must be percent-encoded (such as @ / ? #)',
      ],
    ],
    [
      'for # in the password that is not percent-encoded',
      url('postgres://u:s3c#ret@h/db'),
      {},
      [
        '--database-url has a character in user or password that must be percent-encoded (such as @ / ? #)',
      ],
    ],
    [
      'for a URL that cannot be parsed',
      url('postgres://u:s3cret@h:port/db'),
      {},
      [
        '--database-url cannot be parsed; its form is postgres://user:password@host:port/database, with reserved characters percent-encoded',
      ],
    ],
    [
      'for the parameter options',
      url('postgres://h/db?options=-cx%3Dy'),
      {},
      ['--database-url: the parameter options is not supported; set PGOPTIONS instead'],
    ],
    [
      'for the parameter service',
      url('postgres://h/db?service=x'),
      {},
      ['--database-url: the parameter service is not supported'],
    ],
    [
      'for PGSERVICE',
      {},
      { PGSERVICE: 'x' },
      [
        'PGSERVICE is set, but service files are not supported: unset it, and use --database-url or the other PG* variables',
      ],
    ],
    [
      'for PGREQUIREAUTH',
      {},
      { PGREQUIREAUTH: 'scram-sha-256' },
      ['PGREQUIREAUTH is set, but the authentication method is not checked: unset it'],
    ],
    [
      'for an invalid port',
      {},
      { PGPORT: '70000' },
      ['PGPORT must be a whole number from 1 to 65535'],
    ],
    [
      'for an unknown sslmode',
      {},
      { PGSSLMODE: 'no-verify' },
      ['PGSSLMODE must be one of disable, allow, prefer, require, verify-ca, verify-full'],
    ],
    [
      'for a missing file of authorities',
      url('postgres://h/db'),
      { PGSSLROOTCERT: '/none' },
      ['PGSSLROOTCERT must be a readable file with certificates in PEM'],
    ],
    [
      'for a file without certificates',
      { databaseUrl: 'postgres://h/db', tlsCaFile: '/other.txt' },
      {},
      ['--tls-ca-file must be a readable file with certificates in PEM'],
    ],
    [
      'for --tls-server-name with sslmode=disable',
      { databaseUrl: 'postgres://h/db?sslmode=disable', tlsServerName: 'x' },
      {},
      [
        '--tls-server-name and --tls-ca-file need TLS, which --database-url: sslmode disable turns off',
      ],
    ],
    [
      'for --tls-server-name with a socket',
      { databaseUrl: 'postgres:///db?host=/tmp', tlsServerName: 'x' },
      {},
      ['--tls-server-name and --tls-ca-file need TLS, which a Unix socket does not have'],
    ],
    [
      'for verify-ca with the authorities of Node, which would accept any name',
      url('postgres://h/db'),
      { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: 'system' },
      [
        'PGSSLMODE verify-ca accepts any name, so it needs your own authority: --tls-ca-file, or PGSSLROOTCERT',
      ],
    ],
  ])('%s, without quoting a password', (_case, choices, environment, expected) => {
    const { problems } = findParameters(choices, { environment });
    expect(problems).toEqual(expected);
    expect(problems.join()).not.toMatch(/s3c|ret@/);
  });

  test('for a user without a name, unless the URL names one', () => {
    expect(findParameters({}, { user: undefined }).problems).toEqual([
      "This machine's user has no name: name the login in the URL, or in PGUSER",
    ]);
    expect(findParameters(url('postgres://bob@h'), { user: undefined }).problems).toEqual([]);
  });

  test('with all problems at once', () => {
    const { problems } = findParameters(url('postgres://h/db?service=x'), {
      environment: { PGSERVICE: 'x', PGPORT: 'x', PGSSLMODE: 'x' },
    });
    expect(problems).toHaveLength(4);
  });
});
