import { describe, expect, test } from 'vitest';
import type { ConnectionChoices } from '../../../cli/options/settings.ts';
import {
  AUTHORITY,
  type ExpectedParameters,
  findParameters,
  PLAIN_TEXT,
  url,
  VERIFY_FULL,
} from '../../support/process/connection-parameters.ts';

describe('TLS is chosen', () => {
  const REMOTE = 'postgres://db.example.com/db';
  const LOOPBACK = 'postgres://127.0.0.1/db';
  test.each<[string, ConnectionChoices, Readonly<Record<string, string>>, ExpectedParameters]>([
    ['without PGSSLMODE, for a remote host: verify-full', url(REMOTE), {}, { tls: VERIFY_FULL }],
    ['without PGSSLMODE, on loopback: plain text', url(LOOPBACK), {}, { tls: PLAIN_TEXT }],
    [
      'without PGSSLMODE, on localhost: plain text',
      url('postgres://localhost/db'),
      {},
      { tls: PLAIN_TEXT },
    ],
    [
      'without PGSSLMODE, for a host that only begins with localhost: verify-full',
      url('postgres://localhost.example.com/db'),
      {},
      { tls: VERIFY_FULL },
    ],
    [
      'with PGSSLMODE=disable, for a remote host: plain text',
      url(REMOTE),
      { PGSSLMODE: 'disable' },
      { tls: PLAIN_TEXT },
    ],
    [
      'with sslmode=disable in the URL: plain text',
      url(`${REMOTE}?sslmode=disable`),
      {},
      { tls: PLAIN_TEXT },
    ],
    [
      'with sslmode in the URL, which has priority over PGSSLMODE',
      url(`${REMOTE}?sslmode=require`),
      { PGSSLMODE: 'disable' },
      { tls: VERIFY_FULL },
    ],
    ['with allow: verify-full', url(REMOTE), { PGSSLMODE: 'allow' }, { tls: VERIFY_FULL }],
    ['with prefer: verify-full', url(REMOTE), { PGSSLMODE: 'prefer' }, { tls: VERIFY_FULL }],
    [
      'with prefer, on loopback: verify-full',
      url(LOOPBACK),
      { PGSSLMODE: 'prefer' },
      { tls: VERIFY_FULL },
    ],
    ['with require: verify-full', url(REMOTE), { PGSSLMODE: 'require' }, { tls: VERIFY_FULL }],
    [
      'with verify-full, on loopback: verify-full',
      url(LOOPBACK),
      { PGSSLMODE: 'verify-full' },
      { tls: VERIFY_FULL },
    ],
    [
      'with verify-ca and an authority: verify-ca',
      url(REMOTE),
      { PGSSLMODE: 'verify-ca', PGSSLROOTCERT: '/ca.pem' },
      { tls: { mode: 'verify-ca' }, ca: AUTHORITY },
    ],
    [
      'with an authority in the URL, which has priority over PGSSLROOTCERT',
      url(`${REMOTE}?sslrootcert=/ca.pem`),
      { PGSSLROOTCERT: '/none' },
      { tls: VERIFY_FULL, ca: AUTHORITY },
    ],
    [
      'with --tls-ca-file, which has priority over PGSSLROOTCERT',
      { databaseUrl: REMOTE, tlsCaFile: '/ca.pem' },
      { PGSSLROOTCERT: '/none' },
      { tls: VERIFY_FULL, ca: AUTHORITY },
    ],
    [
      'with --tls-ca-file, on loopback: verify-full',
      { databaseUrl: LOOPBACK, tlsCaFile: '/ca.pem' },
      {},
      { tls: VERIFY_FULL, ca: AUTHORITY },
    ],
    [
      'with PGSSLROOTCERT=system: the authorities of Node',
      url(REMOTE),
      { PGSSLROOTCERT: 'system' },
      { tls: VERIFY_FULL, ca: undefined },
    ],
    [
      'with PGSSLROOTCERT=system, on loopback: verify-full',
      url(LOOPBACK),
      { PGSSLROOTCERT: 'system' },
      { tls: VERIFY_FULL, ca: undefined },
    ],
    [
      'with PGSSLROOTCERT, on loopback: plain text, and the file is not read',
      url(LOOPBACK),
      { PGSSLROOTCERT: '/none' },
      { tls: PLAIN_TEXT, ca: undefined },
    ],
    [
      'with --tls-server-name, on loopback: verify-full',
      { databaseUrl: LOOPBACK, tlsServerName: 'db.example.com' },
      {},
      { tls: { mode: 'verify-full', serverName: 'db.example.com' } },
    ],
    [
      'with --tls-server-name, which has priority over the host beside PGHOSTADDR',
      { databaseUrl: REMOTE, tlsServerName: 'other.example.com' },
      { PGHOSTADDR: '127.0.0.1' },
      { tls: { mode: 'verify-full', serverName: 'other.example.com' } },
    ],
    [
      'with PGHOSTADDR on loopback: plain text',
      url(REMOTE),
      { PGHOSTADDR: '127.0.0.1' },
      { tls: PLAIN_TEXT },
    ],
    [
      'with a socket: plain text',
      url('postgres:///db?host=/tmp'),
      { PGSSLMODE: 'verify-full' },
      { tls: PLAIN_TEXT },
    ],
  ])('%s', (_case, choices, environment, expected) => {
    const { parameters, problems } = findParameters(choices, { environment });
    expect(problems).toEqual([]);
    expect(parameters).toMatchObject(expected);
  });
});
