import { describe, expect, test } from 'vitest';
import { isConfidential, tlsOptions } from '../../../lib/postgres/socket.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';

const MODES = ['verify-full', 'verify-ca', 'disable'] as const;
const FOLDER = '/var/run/postgresql';

describe('a connection over a Unix socket', () => {
  test.each(MODES)('has no TLS with the mode %s, as in libpq', (mode) => {
    expect(tlsOptions(aTarget({ tls: { mode } }), { host: FOLDER, ca: undefined })).toBe(false);
  });

  test.each(MODES)('is confidential with the mode %s', (mode) => {
    expect(isConfidential({ tls: { mode } }, { host: FOLDER }, { remoteAddress: undefined })).toBe(
      true,
    );
  });
});

test('a connection to a name has TLS', () => {
  const options = tlsOptions(aTarget({ tls: {} }), { host: 'db.example.com', ca: undefined });
  expect(options).toMatchObject({ rejectUnauthorized: true });
});
