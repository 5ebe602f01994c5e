import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort, listenOnFreePort } from '../../emulator/http-server.ts';
import {
  CHECK_EVENT,
  check,
  createCheckedDatabase,
  failureOf,
  READING_STAGES,
  REPORT_STAGES,
  stagesWith,
  UNRESOLVABLE,
} from '../support/lambda/checks.ts';
import { invokeRecorded, summariesOf } from '../support/lambda/invocations.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Settings, secretFor, startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

/** A database that no test changes. */
let healthy: TestDatabase;
beforeAll(async () => {
  healthy = await createCheckedDatabase();
});
afterAll(() => healthy[Symbol.asyncDispose]());

describe('a check with one failed stage', () => {
  const refusing = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write('N'));
  });
  let withoutTls: number;
  beforeAll(async () => {
    withoutTls = await listenOnFreePort(refusing);
  });
  afterAll(() => refusing.close());

  const verified = { target: { tls: { mode: 'verify-full' } } };

  test.each<[string, string, () => Promise<[string | undefined, Settings]>]>([
    ['an invalid secret', 'secret SECRET_INVALID', async () => ['canary', {}]],
    [
      'no AWS region',
      'secret CONFIG_INVALID',
      async () => [secretFor(healthy), { environment: { AWS_REGION: '' } }],
    ],
    [
      'a host whose name does not resolve',
      'dns DATABASE_UNREACHABLE',
      async () => [secretFor(healthy, { host: UNRESOLVABLE }), {}],
    ],
    [
      'a closed port',
      'tcp DATABASE_UNREACHABLE',
      async () => [secretFor(healthy, { port: await freePort() }), {}],
    ],
    [
      'a server without TLS',
      'tls DATABASE_TLS_UNSUPPORTED',
      async () => [secretFor(healthy, { port: withoutTls }), verified],
    ],
    [
      'a certificate of another authority',
      'tls DATABASE_TLS_UNVERIFIED',
      async () => [
        secretFor(healthy, { host: 'localhost', ca: inject('postgres').strangerAuthority }),
        verified,
      ],
    ],
    [
      'a missing file of the authority',
      'tls CONFIG_INVALID',
      async () => [
        secretFor(healthy),
        { target: { tls: { mode: 'verify-full', caFile: 'missing.pem' } } },
      ],
    ],
    [
      'a wrong password',
      'login DATABASE_AUTHENTICATION',
      async () => [secretFor({ ...healthy, password: 'a-wrong-canary' }), {}],
    ],
    [
      'a database that does not exist',
      'login DATABASE_MISSING',
      async () => [secretFor(healthy, { dbname: 'canary_missing' }), {}],
    ],
  ])('with %s fails as %s', async (_fault, expected, prepare) => {
    const [secret, settings] = await prepare();
    await using world = await startWorld({ ...(secret !== undefined && { secret }) });
    const checked = await check(world, settings);
    expect(failureOf(checked)).toBe(expected);
    expect(world.endpoint.connections()).toBe(0);
  });

  test('with a secret that does not exist fails as secret SECRET_NOT_FOUND', async () => {
    await using world = await startWorld({
      secrets: () => ({ status: 400, type: 'ResourceNotFoundException' }),
    });
    const checked = await check(world);
    expect(failureOf(checked)).toBe('secret SECRET_NOT_FOUND');
    expect(stagesWith(checked.value.stages, 'ok', 'skipped')).toEqual([]);
    expect(checked.value.consent).toBeNull();
  });

  test.each<[string, string, (database: TestDatabase) => string]>([
    [
      'CONNECT is revoked',
      'privileges DATABASE_PERMISSION',
      ({ name, role }) => `revoke connect on database ${name} from ${role}`,
    ],
    [
      'the catalogs are revoked',
      'privileges DATABASE_PERMISSION',
      () => 'revoke usage on schema _timescaledb_catalog from public',
    ],
    [
      'TimescaleDB is not installed',
      'extension EXTENSION_MISSING',
      () => 'drop extension timescaledb cascade',
    ],
    [
      'TimescaleDB is too old',
      'extension VERSION_UNSUPPORTED',
      () => `update pg_extension set extversion = '0.11.0' where extname = 'timescaledb'`,
    ],
    [
      'a table of the metadata is missing',
      'extension CATALOG_UNEXPECTED',
      () => 'alter table _timescaledb_catalog.metadata rename to elsewhere',
    ],
    [
      'the tables of the report are those of another version',
      'report CATALOG_UNEXPECTED',
      () => `update pg_extension set extversion = '2.29.2' where extname = 'timescaledb'`,
    ],
    [
      'the report does not match the published list',
      'report REPORT_UNPUBLISHED',
      () =>
        `alter table _timescaledb_catalog.metadata alter value drop not null;
         insert into _timescaledb_catalog.metadata values ('without a value', null, true)`,
    ],
  ])('fails, if %s, as %s', async (_fault, expected, sql) => {
    await using database = await createCheckedDatabase();
    await database.admin.query(sql(database));
    await using world = await startWorld({ secret: secretFor(database) });
    const checked = await check(world);
    expect(failureOf(checked)).toBe(expected);
    const [stage] = expected.split(' ');
    const before = [...READING_STAGES, ...REPORT_STAGES];
    expect(stagesWith(checked.value.stages, 'ok', 'skipped')).toEqual(
      before.slice(0, before.indexOf(stage ?? '')),
    );
    expect(world.endpoint.connections()).toBe(0);
  });

  test('names the stage if a server accepts the connection and sends nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    const port = await listenOnFreePort(silent);
    await using world = await startWorld({ secret: secretFor(healthy, { port }) });
    const invocation = await invokeRecorded(
      world,
      'get-report',
      CHECK_EVENT,
      {},
      scaled(1_000) + 1_500,
    );
    silent.close();
    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'checked-only', stage: 'login', error: { code: 'TIME_LIMIT' } },
    ]);
  });
});
