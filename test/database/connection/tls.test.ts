import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createCertificate } from '../../support/network/certificates.ts';
import { serveTls } from '../../support/network/tls-proxy.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { MODES, secretFor, startWorld } from '../../support/run/world.ts';

/** The server's certificate is for `localhost` alone, signed by `authority`. */
const { authority, strangerAuthority } = inject('postgres');

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3' });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

async function outcomeWith(
  tls: Readonly<Record<string, unknown>> | undefined,
  secret: Readonly<Record<string, unknown>>,
  split?: boolean,
) {
  await using world = await startWorld({
    secret: secretFor(database, secret),
    ...(split !== undefined && { split }),
  });
  const { outcome } = await world.run({ target: { tls } });
  return outcome;
}

describe('a certificate that verifies', () => {
  test.each([
    [
      'with the default mode and the authority in the secret',
      undefined,
      { host: 'localhost', ca: authority },
    ],
    [
      'with two authorities, as during a replacement',
      undefined,
      { host: 'localhost', ca: `${strangerAuthority}\n${authority}` },
    ],
    ['for an address, with serverName', { serverName: 'localhost' }, { ca: authority }],
    ['for an address, with verify-ca', { mode: 'verify-ca' }, { ca: authority }],
  ])('is accepted %s', async (_case, tls, secret) => {
    expect(await outcomeWith(tls, secret)).toMatchObject({ outcome: 'skipped' });
  });

  test('is accepted with the authority in a file', async () => {
    const caFile = join(inject('folder'), 'authority.pem');
    await writeFile(caFile, authority);
    expect(await outcomeWith({ caFile }, { host: 'localhost' })).toMatchObject({
      outcome: 'skipped',
    });
  });
});

describe('a certificate that does not verify', () => {
  test.each([
    ['no authority is given', undefined, { host: 'localhost' }],
    ['another authority is given', undefined, { host: 'localhost', ca: strangerAuthority }],
    [
      'another authority is given, with verify-ca',
      { mode: 'verify-ca' },
      { ca: strangerAuthority },
    ],
    [
      'it is for another name',
      { serverName: 'elsewhere.example' },
      { host: 'localhost', ca: authority },
    ],
    ['the host is an address', undefined, { ca: authority }],
  ])('is rejected when %s', async (_case, tls, secret) => {
    const outcome = await outcomeWith(tls, secret);
    expect(outcome.error).toMatchObject({ code: 'DATABASE_TLS_UNVERIFIED', retryable: false });
  });
});

test('reports a missing CA file as a problem of the configuration', async () => {
  const outcome = await outcomeWith({ caFile: 'missing.pem' }, { host: 'localhost' });
  expect(outcome.error).toMatchObject({ code: 'CONFIG_INVALID' });
});

test("does not weaken the target's TLS by a URL's sslmode", async () => {
  const { role, password, name } = database;
  const { port } = inject('postgres');
  await using world = await startWorld({
    secret: `postgres://${role}:${password}@localhost:${port}/${name}?sslmode=no-verify`,
  });
  const { outcome } = await world.run({ target: { tls: { mode: 'verify-full' } } });
  expect(outcome.error).toMatchObject({ code: 'DATABASE_TLS_UNVERIFIED' });
});

test.each(MODES)(
  'serverName is sent as SNI %s, also when the host is a name',
  async (_how, split) => {
    const asked: string[] = [];
    await using server = await serveTls({
      ...(await createCertificate('any')),
      SNICallback(name, done) {
        asked.push(name);
        done(null);
      },
    });
    for (const [host, serverName] of [
      ['localhost', 'db.example.com'],
      ['127.0.0.1', 'db.example.com'],
      ['localhost', undefined],
    ]) {
      const outcome = await outcomeWith({ serverName }, { host, port: server.port }, split);
      expect(outcome.error?.code).toBe('DATABASE_TLS_UNVERIFIED');
    }
    expect(asked).toEqual(['db.example.com', 'db.example.com', 'localhost']);
  },
);
