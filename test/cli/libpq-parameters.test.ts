import { describe, expect, inject, test } from 'vitest';
import {
  type ConnectionParameters,
  connectionParameters,
} from '../../cli/options/libpq-parameters.ts';
import type { ConnectionChoices } from '../../cli/options/settings.ts';

const AUTHORITY = inject('postgres').authority;

interface Machine {
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string | undefined;
  /** Sockets that are there. */
  readonly sockets?: readonly string[];
}

/** On a machine whose user is `ann`, with the authority in /ca.pem and another text in /other.txt. */
function resolve(choices: ConnectionChoices, machine: Machine = {}) {
  const { environment = {}, sockets = [] } = machine;
  const problems: string[] = [];
  const files: Readonly<Record<string, string>> = { '/ca.pem': AUTHORITY, '/other.txt': 'text' };
  const parameters = connectionParameters(
    choices,
    {
      environment,
      user: 'user' in machine ? machine.user : 'ann',
      exists: (path) => sockets.includes(path),
      readFile: (path) => {
        const text = files[path];
        if (text === undefined) throw new Error('ENOENT');
        return text;
      },
    },
    problems,
  );
  return { parameters, problems };
}

const url = (databaseUrl: string): ConnectionChoices => ({ databaseUrl });

const PLAIN = { mode: 'disable' } as const;
const VERIFIED = { mode: 'verify-full' } as const;

type Expected = Partial<ConnectionParameters>;

describe('decodes a percent-encoded URL as libpq does', () => {
  test.each([
    ['postgres://u@h/a%2Fb%3Fc%23d%40e', 'a/b?c#d@e'],
    ['postgres://u@h/a%25b', 'a%b'],
    ['postgres://u@h/a%20b?user=v', 'a b'],
  ])('%s', (databaseUrl, database) => {
    expect(resolve(url(databaseUrl)).parameters).toMatchObject({ database });
  });

  test('keeps a plus sign', () => {
    const { parameters } = resolve(url('postgres://h/d+e?user=a+b&password=c+d'));
    expect(parameters).toMatchObject({ database: 'd+e', user: 'a+b', password: 'c+d' });
  });
});

describe('finds server and login', () => {
  test.each<[string, ConnectionChoices, Machine, Expected]>([
    [
      'without settings: on localhost, with the name of the user',
      {},
      {},
      {
        host: 'localhost',
        port: 5432,
        user: 'ann',
        database: 'ann',
        password: undefined,
        tls: PLAIN,
      },
    ],
    [
      'without settings, in the socket folder of packages',
      {},
      { sockets: ['/var/run/postgresql/.s.PGSQL.5432', '/tmp/.s.PGSQL.5432'] },
      { host: '/var/run/postgresql', passfileHost: 'localhost', tls: PLAIN },
    ],
    [
      'without settings, in a socket of the port in /tmp',
      {},
      { sockets: ['/tmp/.s.PGSQL.6000'], environment: { PGPORT: '6000' } },
      { host: '/tmp', port: 6000, passfileHost: 'localhost' },
    ],
    [
      'without settings, not in a socket of another port',
      {},
      { sockets: ['/tmp/.s.PGSQL.6000'] },
      { host: 'localhost' },
    ],
    [
      'from the variables',
      {},
      {
        environment: {
          PGHOST: 'db.example.com',
          PGPORT: '6000',
          PGDATABASE: 'metrics',
          PGUSER: 'reporter',
          PGPASSWORD: 'p w',
        },
      },
      {
        host: 'db.example.com',
        port: 6000,
        database: 'metrics',
        user: 'reporter',
        password: 'p w',
        passfileHost: 'db.example.com',
        tls: VERIFIED,
      },
    ],
    [
      'from the URL before the variables',
      url('postgresql://bob:p%40ss@h.example.com:7000/db%20one'),
      {
        environment: {
          PGHOST: 'other',
          PGPORT: '1',
          PGDATABASE: 'other',
          PGUSER: 'other',
          PGPASSWORD: 'other',
        },
      },
      { host: 'h.example.com', port: 7000, user: 'bob', password: 'p@ss', database: 'db one' },
    ],
    [
      'from the variables for the missing parts of the URL',
      url('postgres://h.example.com'),
      { environment: { PGPORT: '6000', PGUSER: 'reporter', PGPASSWORD: 'secret' } },
      { port: 6000, user: 'reporter', database: 'reporter', password: 'secret' },
    ],
    [
      'not from an empty variable',
      {},
      { environment: { PGHOST: '', PGUSER: '' } },
      { user: 'ann' },
    ],
    [
      'an IPv6 address',
      url('postgres://[::1]:6000/db'),
      {},
      { host: '::1', port: 6000, tls: PLAIN },
    ],
    [
      'a socket in a parameter',
      url('postgres:///db?host=/var/run/postgresql&port=6000&user=bob'),
      {},
      { host: '/var/run/postgresql', port: 6000, user: 'bob', database: 'db', tls: PLAIN },
    ],
    [
      'a socket in a parameter, with a user',
      url('postgres://bob:pw@/db?host=/srv/pg'),
      {},
      { host: '/srv/pg', user: 'bob', password: 'pw', passfileHost: '/srv/pg' },
    ],
    [
      'a socket, percent-encoded',
      url('postgres://bob@%2Fvar%2Frun%2Fpostgresql/db'),
      {},
      { host: '/var/run/postgresql', user: 'bob', database: 'db', tls: PLAIN },
    ],
    [
      'a socket in PGHOST',
      {},
      { environment: { PGHOST: '/srv/pg' } },
      { host: '/srv/pg', tls: PLAIN },
    ],
    [
      'the database in a parameter',
      url('postgres://h/?dbname=a%40b'),
      {},
      { host: 'h', database: 'a@b' },
    ],
    [
      'an address beside the name: connect to the one, verify the other',
      url('postgres://db.example.com/db'),
      { environment: { PGHOSTADDR: '10.0.0.7' } },
      {
        host: '10.0.0.7',
        passfileHost: 'db.example.com',
        tls: { mode: 'verify-full', serverName: 'db.example.com' },
      },
    ],
    [
      'an address alone',
      {},
      { environment: { PGHOSTADDR: '10.0.0.7' }, sockets: ['/tmp/.s.PGSQL.5432'] },
      { host: '10.0.0.7', passfileHost: '10.0.0.7', tls: VERIFIED },
    ],
    [
      'parameters that change nothing here',
      url('postgres://h/db?application_name=x&connect_timeout=3&channel_binding=require'),
      {},
      { host: 'h', database: 'db' },
    ],
  ])('%s', (_case, choices, machine, expected) => {
    const { parameters, problems } = resolve(choices, machine);
    expect(problems).toEqual([]);
    expect(parameters).toMatchObject(expected);
  });
});

describe('TLS', () => {
  const REMOTE = 'postgres://db.example.com/db';
  const LOOPBACK = 'postgres://127.0.0.1/db';
  test.each<[string, ConnectionChoices, Readonly<Record<string, string>>, Expected]>([
    ['unset, elsewhere', url(REMOTE), {}, { tls: VERIFIED }],
    ['unset, on loopback', url(LOOPBACK), {}, { tls: PLAIN }],
    ['unset, on localhost', url('postgres://localhost/db'), {}, { tls: PLAIN }],
    [
      'unset, where loopback is only the beginning',
      url('postgres://localhost.example.com/db'),
      {},
      { tls: VERIFIED },
    ],
    ['disable, elsewhere', url(REMOTE), { PGSSLMODE: 'disable' }, { tls: PLAIN }],
    ['disable in the URL', url(`${REMOTE}?sslmode=disable`), {}, { tls: PLAIN }],
    [
      'the URL before the variable',
      url(`${REMOTE}?sslmode=require`),
      { PGSSLMODE: 'disable' },
      { tls: VERIFIED },
    ],
    ['allow', url(REMOTE), { PGSSLMODE: 'allow' }, { tls: VERIFIED }],
    ['prefer', url(REMOTE), { PGSSLMODE: 'prefer' }, { tls: VERIFIED }],
    ['prefer, on loopback', url(LOOPBACK), { PGSSLMODE: 'prefer' }, { tls: VERIFIED }],
    ['require', url(REMOTE), { PGSSLMODE: 'require' }, { tls: VERIFIED }],
    ['verify-full, on loopback', url(LOOPBACK), { PGSSLMODE: 'verify-full' }, { tls: VERIFIED }],
    [
      'verify-ca, with an authority',
      url(REMOTE),
      { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '/ca.pem' },
      { tls: { mode: 'verify-ca' }, ca: AUTHORITY },
    ],
    [
      'an authority in the URL',
      url(`${REMOTE}?sslrootcert=/ca.pem`),
      { PGSSLROOTCERT: '/none' },
      { tls: VERIFIED, ca: AUTHORITY },
    ],
    [
      'an authority as an option',
      { databaseUrl: REMOTE, tlsCaFile: '/ca.pem' },
      { PGSSLROOTCERT: '/none' },
      { tls: VERIFIED, ca: AUTHORITY },
    ],
    [
      'an authority as an option, on loopback',
      { databaseUrl: LOOPBACK, tlsCaFile: '/ca.pem' },
      {},
      { tls: VERIFIED, ca: AUTHORITY },
    ],
    [
      "Node's authorities",
      url(REMOTE),
      { PGSSLROOTCERT: 'system' },
      { tls: VERIFIED, ca: undefined },
    ],
    [
      "Node's authorities, on loopback",
      url(LOOPBACK),
      { PGSSLROOTCERT: 'system' },
      { tls: VERIFIED, ca: undefined },
    ],
    [
      'an authority that plain text has no use for',
      url(LOOPBACK),
      { PGSSLROOTCERT: '/none' },
      { tls: PLAIN, ca: undefined },
    ],
    [
      'a name, on loopback',
      { databaseUrl: LOOPBACK, tlsServerName: 'db.example.com' },
      {},
      { tls: { mode: 'verify-full', serverName: 'db.example.com' } },
    ],
    [
      'a name, before that beside an address',
      { databaseUrl: REMOTE, tlsServerName: 'other.example.com' },
      { PGHOSTADDR: '127.0.0.1' },
      { tls: { mode: 'verify-full', serverName: 'other.example.com' } },
    ],
    ['an address on loopback', url(REMOTE), { PGHOSTADDR: '127.0.0.1' }, { tls: PLAIN }],
    [
      'a socket, which has none',
      url('postgres:///db?host=/tmp'),
      { PGSSLMODE: 'verify-full' },
      { tls: PLAIN },
    ],
  ])('%s', (_case, choices, environment, expected) => {
    const { parameters, problems } = resolve(choices, { environment });
    expect(problems).toEqual([]);
    expect(parameters).toMatchObject(expected);
  });
});

describe('rejects', () => {
  const SEVERAL = 'names several servers; use only one';
  test.each<[string, ConnectionChoices, Readonly<Record<string, string>>, readonly string[]]>([
    [
      'another kind of URL',
      url('mysql://u:s3cret@h/db'),
      {},
      ['--database-url must begin with postgres:// or postgresql://'],
    ],
    [
      'a port in the host',
      {},
      { PGHOST: 'db.example.com:5432' },
      [
        'PGHOST must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    [
      'a URL for a host',
      {},
      { PGHOST: 'https://db.example.com' },
      [
        'PGHOST must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    [
      'white space in the host of a URL',
      url('postgres://u:s3cret@d%20b/db'),
      {},
      [
        '--database-url: host must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    [
      'white space in the name that the certificate must have',
      { ...url('postgres://u:s3cret@h.example.com/db'), tlsServerName: 'd b' },
      {},
      [
        '--tls-server-name must be one name or address, without port (which has its own setting), URL, list or white space',
      ],
    ],
    ['several hosts', url('postgres://u:s3cret@a:1,b:2/db'), {}, [`--database-url ${SEVERAL}`]],
    [
      'several hosts in a parameter',
      url('postgres:///db?host=a,b'),
      {},
      [`--database-url: host ${SEVERAL}`],
    ],
    [
      'several in the variables',
      {},
      { PGHOST: 'a,b', PGPORT: '1,2' },
      [`PGHOST ${SEVERAL}`, `PGPORT ${SEVERAL}`],
    ],
    [
      'a password that is not encoded',
      url('postgres://u:s3c/ret@h/db'),
      {},
      [
        '--database-url has a character in user or password that must be percent-encoded (such as @ / ? #)',
      ],
    ],
    [
      'a password with #',
      url('postgres://u:s3c#ret@h/db'),
      {},
      [
        '--database-url has a character in user or password that must be percent-encoded (such as @ / ? #)',
      ],
    ],
    [
      'a URL without sense',
      url('postgres://u:s3cret@h:port/db'),
      {},
      [
        '--database-url cannot be parsed; its form is postgres://user:password@host:port/database, with reserved characters percent-encoded',
      ],
    ],
    [
      'options',
      url('postgres://h/db?options=-cx%3Dy'),
      {},
      ['--database-url: the parameter options is not supported; set PGOPTIONS instead'],
    ],
    [
      'a service',
      url('postgres://h/db?service=x'),
      {},
      ['--database-url: the parameter service is not supported'],
    ],
    [
      'PGSERVICE',
      {},
      { PGSERVICE: 'x' },
      [
        'PGSERVICE is set, but service files are not supported: unset it, and use --database-url or the other PG* variables',
      ],
    ],
    [
      'PGREQUIREAUTH',
      {},
      { PGREQUIREAUTH: 'scram-sha-256' },
      ['PGREQUIREAUTH is set, but the authentication method is not checked: unset it'],
    ],
    [
      'a port that is none',
      {},
      { PGPORT: '70000' },
      ['PGPORT must be a whole number from 1 to 65535'],
    ],
    [
      'a mode that is none',
      {},
      { PGSSLMODE: 'no-verify' },
      ['PGSSLMODE must be one of disable, allow, prefer, require, verify-ca, verify-full'],
    ],
    [
      'a file that is not there',
      url('postgres://h/db'),
      { PGSSLROOTCERT: '/none' },
      ['PGSSLROOTCERT must be a readable file with certificates in PEM'],
    ],
    [
      'a file that is something else',
      { databaseUrl: 'postgres://h/db', tlsCaFile: '/other.txt' },
      {},
      ['--tls-ca-file must be a readable file with certificates in PEM'],
    ],
    [
      'a name without TLS',
      { databaseUrl: 'postgres://h/db?sslmode=disable', tlsServerName: 'x' },
      {},
      [
        '--tls-server-name and --tls-ca-file need TLS, which --database-url: sslmode disable turns off',
      ],
    ],
    [
      'a name on a socket',
      { databaseUrl: 'postgres:///db?host=/tmp', tlsServerName: 'x' },
      {},
      ['--tls-server-name and --tls-ca-file need TLS, which a Unix socket does not have'],
    ],
    [
      'verify-ca for everybody',
      url('postgres://h/db'),
      { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: 'system' },
      [
        'PGSSLMODE verify-ca accepts any name, so it needs your own authority: --tls-ca-file, or PGSSLROOTCERT',
      ],
    ],
  ])('%s', (_case, choices, environment, expected) => {
    const { problems } = resolve(choices, { environment });
    expect(problems).toEqual(expected);
    expect(problems.join()).not.toMatch(/s3c|ret@/);
  });

  test('a user without a name', () => {
    expect(resolve({}, { user: undefined }).problems).toEqual([
      "This machine's user has no name: name the login in the URL, or in PGUSER",
    ]);
    expect(resolve(url('postgres://bob@h'), { user: undefined }).problems).toEqual([]);
  });

  test('all problems at once', () => {
    const { problems } = resolve(url('postgres://h/db?service=x'), {
      environment: { PGSERVICE: 'x', PGPORT: 'x', PGSSLMODE: 'x' },
    });
    expect(problems).toHaveLength(4);
  });
});
