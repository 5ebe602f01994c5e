import { describe, expect, test } from 'vitest';
import type { ConnectionChoices } from '../../../cli/options/settings.ts';
import {
  type ExpectedParameters,
  findParameters,
  PLAIN_TEXT,
  url,
  VERIFY_FULL,
} from '../../support/process/connection-parameters.ts';

describe('a percent-encoded URL', () => {
  test.each([
    ['postgres://u@h/a%2Fb%3Fc%23d%40e', 'a/b?c#d@e'],
    ['postgres://u@h/a%25b', 'a%b'],
    ['postgres://u@h/a%20b?user=v', 'a b'],
  ])('%s is decoded as libpq decodes it', (databaseUrl, database) => {
    expect(findParameters(url(databaseUrl)).parameters).toMatchObject({ database });
  });

  test('keeps its plus signs', () => {
    const { parameters } = findParameters(url('postgres://h/d+e?user=a+b&password=c+d'));
    expect(parameters).toMatchObject({ database: 'd+e', user: 'a+b', password: 'c+d' });
  });
});

describe('server and login are found', () => {
  test.each<
    [
      string,
      ConnectionChoices,
      NonNullable<Parameters<typeof findParameters>[1]>,
      ExpectedParameters,
    ]
  >([
    [
      'without settings: on localhost, as the user of the machine',
      {},
      {},
      {
        host: 'localhost',
        port: 5432,
        user: 'ann',
        database: 'ann',
        password: undefined,
        tls: PLAIN_TEXT,
      },
    ],
    [
      'without settings: through the socket in the folder of packages',
      {},
      { sockets: ['/var/run/postgresql/.s.PGSQL.5432', '/tmp/.s.PGSQL.5432'] },
      { host: '/var/run/postgresql', passfileHost: 'localhost', tls: PLAIN_TEXT },
    ],
    [
      'without settings: through the socket of PGPORT in /tmp',
      {},
      { sockets: ['/tmp/.s.PGSQL.6000'], environment: { PGPORT: '6000' } },
      { host: '/tmp', port: 6000, passfileHost: 'localhost' },
    ],
    [
      'without settings: on localhost if only another port has a socket',
      {},
      { sockets: ['/tmp/.s.PGSQL.6000'] },
      { host: 'localhost' },
    ],
    [
      'in the PG* variables',
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
        tls: VERIFY_FULL,
      },
    ],
    [
      'in the URL, which has priority over the variables',
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
      'in the variables if the URL does not contain them',
      url('postgres://h.example.com'),
      { environment: { PGPORT: '6000', PGUSER: 'reporter', PGPASSWORD: 'secret' } },
      { port: 6000, user: 'reporter', database: 'reporter', password: 'secret' },
    ],
    [
      'without empty variables, which count as unset',
      {},
      { environment: { PGHOST: '', PGUSER: '' } },
      { user: 'ann' },
    ],
    [
      'by an IPv6 address',
      url('postgres://[::1]:6000/db'),
      {},
      { host: '::1', port: 6000, tls: PLAIN_TEXT },
    ],
    [
      'through a socket in the parameter host',
      url('postgres:///db?host=/var/run/postgresql&port=6000&user=bob'),
      {},
      { host: '/var/run/postgresql', port: 6000, user: 'bob', database: 'db', tls: PLAIN_TEXT },
    ],
    [
      'through a socket in the parameter host, with a user in the URL',
      url('postgres://bob:pw@/db?host=/srv/pg'),
      {},
      { host: '/srv/pg', user: 'bob', password: 'pw', passfileHost: '/srv/pg' },
    ],
    [
      'through a socket in the percent-encoded host of the URL',
      url('postgres://bob@%2Fvar%2Frun%2Fpostgresql/db'),
      {},
      { host: '/var/run/postgresql', user: 'bob', database: 'db', tls: PLAIN_TEXT },
    ],
    [
      'through a socket in PGHOST',
      {},
      { environment: { PGHOST: '/srv/pg' } },
      { host: '/srv/pg', tls: PLAIN_TEXT },
    ],
    [
      'with the database in the parameter dbname',
      url('postgres://h/?dbname=a%40b'),
      {},
      { host: 'h', database: 'a@b' },
    ],
    [
      'with PGHOSTADDR and a host: connects to the address, verifies the host',
      url('postgres://db.example.com/db'),
      { environment: { PGHOSTADDR: '10.0.0.7' } },
      {
        host: '10.0.0.7',
        passfileHost: 'db.example.com',
        tls: { mode: 'verify-full', serverName: 'db.example.com' },
      },
    ],
    [
      'with PGHOSTADDR alone, which is also verified',
      {},
      { environment: { PGHOSTADDR: '10.0.0.7' }, sockets: ['/tmp/.s.PGSQL.5432'] },
      { host: '10.0.0.7', passfileHost: '10.0.0.7', tls: VERIFY_FULL },
    ],
    [
      'with parameters that have no effect',
      url('postgres://h/db?application_name=x&connect_timeout=3&channel_binding=require'),
      {},
      { host: 'h', database: 'db' },
    ],
  ])('%s', (_case, choices, machine, expected) => {
    const { parameters, problems } = findParameters(choices, machine);
    expect(problems).toEqual([]);
    expect(parameters).toMatchObject(expected);
  });
});
