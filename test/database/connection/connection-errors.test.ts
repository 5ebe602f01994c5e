import type { Socket } from 'node:net';
import { expect, inject, test } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import { serveSockets, startDeafProxy } from '../../support/network/sockets.ts';
import { SSL_REQUEST } from '../../support/network/wire.ts';
import { createBlocker } from '../../support/postgres/blocker.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import {
  MODES,
  type Settings,
  secretFor,
  startWorld,
  type World,
} from '../../support/run/world.ts';
import { scaled } from '../../support/vitest/time-limits.ts';

/** A label of more than 63 letters, which is rejected without a request to a resolver. */
const UNRESOLVABLE = 'canary'.repeat(11);

const NOWHERE = { name: 'canary_database', role: 'canary_role', password: 'canary_password' };

/** Returns the code of a failed run, and whether it is retryable. Checks that nothing was sent, and no name logged. */
async function failure(world: World, settings?: Settings): Promise<string> {
  const { outcome, error } = await world.run(settings);
  expect(outcome).toMatchObject({ outcome: 'failed', severity: 'ERROR' });
  expect(outcome.remedy).toMatch(/\S/);
  expect(outcome.error?.code).toBe(error?.code);
  expect(JSON.stringify(outcome)).not.toMatch(/canary|127\.0\.0\.1/);
  expect(world.endpoint.connections()).toBe(0);
  return `${outcome.error?.code}${outcome.error?.retryable ? ', retryable' : ''}`;
}

function consenting(label = 'canary'): Promise<TestDatabase> {
  return createDatabase({ release: '2.28.3', level: 'basic', label });
}

test("accepts a password with OWASP's number of SCRAM iterations", async () => {
  await using database = await consenting();
  const { admin, role, password } = database;
  await admin.query(`set scram_iterations = 600000; alter role ${role} password '${password}'`);
  await using world = await startWorld({ secret: secretFor(database) });
  const { outcome } = await world.run({ event: { ignoreSchedule: true } });
  expect(outcome.outcome).toBe('sent');
});

test('reports a port without a server as unreachable', async () => {
  await using world = await startWorld({ secret: secretFor(NOWHERE, { port: 1 }) });
  expect(await failure(world)).toBe('DATABASE_UNREACHABLE, retryable');
});

test('reports a name that does not resolve as unreachable', async () => {
  await using world = await startWorld({ secret: secretFor(NOWHERE, { host: UNRESOLVABLE }) });
  expect(await failure(world)).toBe('DATABASE_UNREACHABLE, retryable');
});

test.each(['disable', 'verify-full'])(
  'reports that a web server is not PostgreSQL, with TLS mode %s',
  async (mode) => {
    await using web = await listen((_request, response) => {
      response.end('hello');
    });
    const port = Number(new URL(web.url).port);
    await using world = await startWorld({ secret: secretFor(NOWHERE, { port }) });
    expect(await failure(world, { target: { tls: { mode } } })).toBe('DATABASE_NOT_POSTGRESQL');
  },
);

test.each(MODES)(
  'only the request for TLS is sent to a server without TLS %s',
  async (_how, split) => {
    const said: Buffer[] = [];
    await using server = await serveSockets((socket) => {
      socket.on('data', (chunk: Buffer) => {
        said.push(chunk);
        socket.write('N');
      });
    });
    await using world = await startWorld({
      secret: secretFor(NOWHERE, { port: server.port }),
      split,
    });
    const code = await failure(world, { target: { tls: { mode: 'verify-full' } } });
    expect(code).toBe('DATABASE_TLS_UNSUPPORTED');
    expect(Buffer.concat(said)).toEqual(SSL_REQUEST);
  },
);

test.each(MODES)(
  'a run ends at the time limit, and names the phase, if an unresponsive server is reached %s',
  async (_how, split) => {
    const sockets: Socket[] = [];
    await using server = await serveSockets((socket) => sockets.push(socket.resume()));
    await using world = await startWorld({
      secret: secretFor(NOWHERE, { port: server.port }),
      split,
    });
    const { outcome } = await world.run({ limitMs: scaled(300) });
    expect(outcome.error).toMatchObject({ code: 'TIME_LIMIT', retryable: true });
    expect(outcome.message).toContain('"connection"');
    await expect.poll(() => sockets.map(({ closed }) => closed)).toEqual([true]);
  },
);

test.each([
  ['in plain text', { tls: { mode: 'disable' } }, {}],
  [
    'over TLS',
    { tls: { mode: 'verify-full' } },
    { host: 'localhost', ca: inject('postgres').authority },
  ],
])(
  'closes the connection to a server that ignores Terminate %s, and sends the report',
  async (_how, target, secret) => {
    await using database = await consenting();
    await using proxy = await startDeafProxy(inject('postgres').port);
    await using world = await startWorld({
      secret: secretFor(database, { port: proxy.port, ...secret }),
    });

    const { outcome } = await world.run({ target });

    expect(outcome).toMatchObject({ outcome: 'sent', receipt: { status: 200 } });
  },
);

test('reports a missing database as DATABASE_MISSING', async () => {
  await using database = await createDatabase();
  await using world = await startWorld({
    secret: secretFor(database, { dbname: 'canary_missing' }),
  });
  expect(await failure(world)).toBe('DATABASE_MISSING');
});

test('reports a database without TimescaleDB as EXTENSION_MISSING', async () => {
  await using database = await createDatabase({ label: 'canary' });
  await using world = await startWorld({ secret: secretFor(database) });
  expect(await failure(world)).toBe('EXTENSION_MISSING');
});

test("does not report a failing login event trigger as an error of TimescaleDB's catalogs", async () => {
  await using database = await consenting();
  await database.admin.query(`
    create function public.note_login() returns event_trigger language plpgsql
      as 'begin insert into public.logins values (now()); end';
    create event trigger note_login on login execute function public.note_login()`);
  await using world = await startWorld({ secret: secretFor(database) });
  expect(await failure(world)).toBe('DATABASE_ERROR');
  await database.admin.query('drop event trigger note_login');
});

test.each(['0.11.0', 'mock'])('reports the version %s as unsupported', async (version) => {
  await using database = await createDatabase({ release: '2.14.2', label: 'canary' });
  await database.admin.query(
    `update pg_extension set extversion = '${version}' where extname = 'timescaledb'`,
  );
  await using world = await startWorld({ secret: secretFor(database) });
  expect(await failure(world)).toBe('VERSION_UNSUPPORTED');
});

test('reports catalogs of another version as CATALOG_UNEXPECTED', async () => {
  await using database = await consenting();
  await database.admin.query(
    `update pg_extension set extversion = '2.29.2' where extname = 'timescaledb'`,
  );
  await using world = await startWorld({ secret: secretFor(database) });
  expect(await failure(world)).toBe('CATALOG_UNEXPECTED');
});

test.each([
  {
    what: 'catalogs revoked from PUBLIC',
    sql: () => 'revoke usage on schema _timescaledb_catalog from public',
    code: 'DATABASE_PERMISSION',
  },
  {
    what: 'a role without CONNECT',
    sql: ({ name, role }: TestDatabase) => `revoke connect on database ${name} from ${role}`,
    code: 'DATABASE_PERMISSION',
  },
  {
    what: 'a database whose connection limit is reached',
    sql: ({ name }: TestDatabase) => `alter database ${name} connection limit 0`,
    code: 'DATABASE_BUSY, retryable',
  },
])('reports $what as $code', async ({ sql, code }) => {
  await using database = await consenting();
  await database.admin.query(sql(database));
  await using world = await startWorld({ secret: secretFor(database) });
  expect(await failure(world)).toBe(code);
});

test.each(MODES)(
  'a session that an administrator ends during a statement is a lost connection %s',
  async (_how, split) => {
    await using database = await consenting();
    await using blocker = await createBlocker(database);
    await using world = await startWorld({ secret: secretFor(database), split });
    const failing = failure(world);
    await blocker.untilSomeoneWaits();
    await database.admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1',
      [database.role],
    );
    expect(await failing).toBe('DATABASE_CONNECTION_LOST, retryable');
  },
);

test('reports a locked catalog table as CATALOG_LOCKED after the lock timeout', async () => {
  await using database = await consenting();
  await using _blocker = await createBlocker(database);
  await using world = await startWorld({ secret: secretFor(database) });
  const { outcome } = await world.run();
  expect(outcome.error).toMatchObject({ code: 'CATALOG_LOCKED', origin: '55P03', retryable: true });
});
