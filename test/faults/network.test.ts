import { join } from 'node:path';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { freePort, listen } from '../../emulator/http-server.ts';
import type { Level } from '../../lib/config/target.ts';
import { summariesOf } from '../support/lambda/invocations.ts';
import { startBlackHole } from '../support/network/black-hole.ts';
import {
  fromQuery,
  inLogin,
  inQuery,
  instead,
  movedTo,
  proxied,
} from '../support/network/faulty-network.ts';
import { type ProxyEnds, startDeafProxy, startProxy } from '../support/network/sockets.ts';
import { errorResponse, int32, message, readyForQuery } from '../support/network/wire.ts';
import { createBlocker } from '../support/postgres/blocker.ts';
import {
  ACCEPTED,
  type ChangingServer,
  startChangingServer,
} from '../support/postgres/changing-server.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Pooler, type PoolerOptions, startPooler } from '../support/postgres/pooler.ts';
import {
  type Arrange,
  consenting,
  type FaultRun,
  type Faulty,
  testFaults,
  timeFor,
} from '../support/run/faults.ts';
import { secretFor } from '../support/run/world.ts';
import { NETWORK_FAULTS } from './rows/network.ts';

const RESOLVER = join(import.meta.dirname, '..', 'support', 'network', 'resolver.ts');

/** A label of more than 63 letters: no resolver has to be asked to know that there is no such host. */
const UNRESOLVABLE = 'nowhere'.repeat(10);

/** A server of this file's own, for the states that the others could not live with. */
let server: ChangingServer;
beforeAll(async () => {
  server = await startChangingServer();
});
afterAll(async () => server[Symbol.asyncDispose]());

const at =
  (to: { port?: number; host?: string }): Arrange =>
  async (stack) =>
    movedTo(await consenting(stack), to);

/** The name of the server resolves to these; to none where the resolver cannot be asked. */
const resolving =
  (
    addresses: readonly string[],
    portOf: (stack: AsyncDisposableStack) => Promise<number>,
  ): Arrange =>
  async (stack) => ({
    ...movedTo(await consenting(stack), { host: 'db.invalid', port: await portOf(stack) }),
    preload: [RESOLVER],
    environment: { RESOLVES_TO: addresses.join() },
  });

const swallow = (): void => undefined;

const reset = ({ client }: ProxyEnds): void => void client.resetAndDestroy();

/** Hands on a byte at a time. */
const drip = (pause: () => Promise<unknown>) => {
  let last = Promise.resolve();
  return (chunk: Buffer, { client }: ProxyEnds): void => {
    last = last.then(async () => {
      for (const byte of chunk) {
        client.write(Buffer.of(byte));
        await pause();
      }
    });
  };
};

const TLS = { tls: { mode: 'verify-full' } };

const SSH_BANNER = 'SSH-2.0-OpenSSH_9.6\r\n';

async function webServerPort(stack: AsyncDisposableStack): Promise<number> {
  const web = stack.use(await listen((_request, response) => void response.end('hello')));
  return Number(new URL(web.url).port);
}

const limited =
  (sqlFor: (database: TestDatabase) => string): Arrange =>
  async (stack) => {
    const database = await consenting(stack);
    await database.admin.query(sqlFor(database));
    return { database };
  };

/** The reading waits for a lock, and then this happens. Nobody has to wait for it: the run does. */
async function whenItWaits(
  database: TestDatabase,
  stack: AsyncDisposableStack,
  then: () => Promise<unknown> | unknown,
): Promise<void> {
  const blocker = await createBlocker(database);
  const happened = blocker
    .untilSomeoneWaits()
    .then(then)
    // The session that blocks may have ended, too.
    .finally(() => blocker[Symbol.asyncDispose]().catch(() => undefined));
  stack.defer(async () => void (await happened));
}

const BACKEND = (role: string): string =>
  `select pid from pg_stat_activity where usename = '${role}'`;

/** The server of this file is brought into a state, and is as it was when the test is over. */
const inState =
  (change: (stack: AsyncDisposableStack) => Promise<Partial<Faulty> | undefined>): Arrange =>
  async (stack) => {
    stack.defer(() => server.restart());
    const { database, port } = server;
    const faulty = await change(stack);
    return {
      world: { secret: secretFor(database, { port }) },
      secrets: [database.name, database.role, database.password],
      ...faulty,
    };
  };

async function setLevel({ admin, name }: TestDatabase, level: Level): Promise<void> {
  await admin.query(`alter database ${name} set timescaledb.telemetry_level = '${level}'`);
}

/** A pooler whose sessions begin with this level. */
async function poolerOf(
  stack: AsyncDisposableStack,
  options: Omit<PoolerOptions, 'database'> = {},
  level: Level = 'basic',
): Promise<{ pooler: Pooler; database: TestDatabase }> {
  const database = await consenting(stack);
  await setLevel(database, level);
  return { database, pooler: stack.use(await startPooler({ ...options, database })) };
}

const pooled =
  (options: Omit<PoolerOptions, 'database'>, faulty: Partial<Faulty> = {}): Arrange =>
  async (stack) => {
    const { database, pooler } = await poolerOf(stack, options);
    return { ...movedTo(database, { port: pooler.port }), pooled: true, ...faulty };
  };

/** What the login may have been refused for is read again: AWSCURRENT, and then AWSPENDING. */
function expectOtherVersionsTried({ world }: FaultRun): void {
  expect(world.secrets.requests.map(({ stage }) => stage)).toEqual([
    'AWSCURRENT',
    'AWSCURRENT',
    'AWSPENDING',
  ]);
}

/** A pooler that answers a startup message like this. */
const atStartup = (answer: Buffer, faulty?: Partial<Faulty>): Arrange =>
  instead((socket) => void socket.once('data', () => socket.end(answer)), faulty);

/** A pooler that asks for the password, and answers it like this; with nothing it stays silent. */
const afterPassword = (answer: Buffer, faulty?: Partial<Faulty>): Arrange =>
  instead((socket) => {
    socket.once('data', () => {
      socket.write(message('R', int32(3)));
      socket.once('data', () => (answer.length === 0 ? socket.resume() : socket.end(answer)));
    });
  }, faulty);

/** Opens a session of the database's role, to a server or a pooler, which stays until the end of the test. */
async function openSession(
  { port }: Pick<Pooler, 'port'>,
  { name, role, password }: Pick<TestDatabase, 'name' | 'role' | 'password'>,
  stack: AsyncDisposableStack,
): Promise<pg.Client> {
  const other = new pg.Client({
    host: '127.0.0.1',
    port,
    user: role,
    password,
    database: name,
    ssl: false,
  });
  await other.connect();
  stack.defer(() => other.end());
  return other;
}

/** Another client has said this in each of the pooler's sessions. */
async function leaveBehind(
  pooler: Pooler,
  database: TestDatabase,
  sql: string,
  stack: AsyncDisposableStack,
): Promise<void> {
  const other = await openSession(pooler, database, stack);
  await other.query(sql);
  await other.query(sql);
  expect(new Set(pooler.assigned).size).toBe(2);
}

/** What the role has set in a session. */
const SET_IN_SESSION = `select name from pg_settings where source = 'session'`;

/** What a client may leave behind, as far as it could change what is read or how. */
const LEFT_OVERS = `
  set search_path = public;
  set datestyle = 'SQL, DMY';
  set intervalstyle = 'sql_standard';
  set timezone = 'Asia/Kathmandu';
  set standard_conforming_strings = off;
  set extra_float_digits = -15;
  set bytea_output = 'escape';
  set client_encoding = 'LATIN1';
  set statement_timeout = '1ms';
  set default_transaction_isolation = 'serializable';
  set default_transaction_deferrable = on`;

testFaults(NETWORK_FAULTS, {
  unresolvable: at({ host: UNRESOLVABLE }),
  resolverSilent: resolving([], async () => 5_432),
  refused: async (stack) => movedTo(await consenting(stack), { port: await freePort() }),
  allAddressesRefuse: resolving(['::1', '127.0.0.1', '127.0.0.2'], freePort),
  firstAddressRefuses: resolving(
    ['::1', '127.0.0.1'],
    async (stack) => stack.use(await startProxy(inject('postgres').port, () => ({}))).port,
  ),
  firstAddressDrops: resolving(['127.0.0.2', '127.0.0.1'], async (stack) => {
    const { port } = stack.use(await startProxy(inject('postgres').port, () => ({})));
    return stack.use(await startBlackHole('127.0.0.2', port)).port;
  }),
  blackHole: async (stack) => ({
    ...movedTo(await consenting(stack), stack.use(await startBlackHole())),
    timeoutMs: timeFor(500),
  }),
  hangs: inState(async () => {
    server.signal('SIGSTOP');
    return { timeoutMs: timeFor(500) };
  }),
  // The 10 s of a login, after which it is told from a run whose time is up.
  silentPort: instead((socket) => void socket.resume()),
  silentInLogin: proxied(inLogin(swallow), { timeoutMs: timeFor(500) }),
  resetAtOnce: instead((socket) => void socket.resetAndDestroy()),
  closedAtOnce: instead((socket) => void socket.end()),
  resetInLogin: proxied(inLogin(reset)),
  resetInQuery: inQuery((_chunk, ends) => reset(ends)),
  closedInQuery: inQuery((_chunk, { client }) => void client.end()),
  resetAtCommit: proxied(fromQuery(4, (_chunk, ends) => reset(ends))),
  halfOpen: inQuery(swallow, { timeoutMs: timeFor(1_000) }),
  resetAtGoodbye: proxied((ends) => ({
    fromClient: (chunk) =>
      chunk[0] === 'X'.charCodeAt(0) ? reset(ends) : ends.server.write(chunk),
  })),
  goodbyeUnanswered: async (stack) =>
    movedTo(await consenting(stack), stack.use(await startDeafProxy(inject('postgres').port))),
  drips: inQuery(drip(setImmediate)),
  dripsTooSlowly: inQuery(
    drip(() => delay(50)),
    { timeoutMs: timeFor(1_000) },
  ),
  garbage: instead((socket) => void socket.end(Buffer.alloc(64, 0xa7))),
  webServer: async (stack) =>
    movedTo(await consenting(stack), { port: await webServerPort(stack) }),
  webServerAskedForTls: async (stack) => ({
    ...movedTo(await consenting(stack), { port: await webServerPort(stack) }),
    target: TLS,
  }),
  sshServer: instead((socket) => void socket.write(SSH_BANNER)),
  sshServerAskedForTls: instead((socket) => void socket.write(SSH_BANNER), { target: TLS }),
  garbageInQuery: inQuery((_chunk, { client }) => void client.write(message('\x01'))),
  noProcess: instead(
    (socket) =>
      void socket.once('data', () =>
        socket.end('Ecould not fork new process for connection: Cannot allocate memory\n\0'),
      ),
    { target: TLS },
  ),
  serverFull: inState(async (stack) => {
    await server.restart(['-c', 'max_connections=5', '-c', 'superuser_reserved_connections=3']);
    for (const _place of ['first', 'second']) await openSession(server, server.database, stack);
    return undefined;
  }),
  databaseFull: limited(({ name }) => `alter database ${name} connection limit 0`),
  roleFull: limited(({ role }) => `alter role ${role} connection limit 0`),
  starting: inState(async () => {
    await server.restartAsStandby(['-c', 'restore_command=sleep 600'], 'starting up');
    return undefined;
  }),
  shuttingDown: inState(async (stack) => {
    await server.restart();
    const open = await server.connect();
    stack.defer(() => open.end());
    server.signal('SIGTERM');
    await server.until('shutting down');
    return undefined;
  }),
  notHot: inState(async () => {
    await server.restartAsStandby(['-c', 'hot_standby=off'], 'Hot standby mode is disabled');
    return undefined;
  }),
  shutDownInQuery: inState(async (stack) => {
    const admin = stack.adopt(await server.connect(), (client) => client.end());
    await whenItWaits({ ...server.database, admin }, stack, () => server.signal('SIGINT'));
    return undefined;
  }),
  terminated: async (stack) => {
    const database = await consenting(stack);
    await whenItWaits(database, stack, () =>
      database.admin.query(`select pg_terminate_backend(pid) from (${BACKEND(database.role)}) s`),
    );
    return { database };
  },
  killed: inState(async (stack) => {
    // All sessions end with the one that was killed, and the server begins anew.
    stack.defer(() => server.until(ACCEPTED));
    const admin = stack.adopt(await server.connect(), (client) => client.end());
    await whenItWaits({ ...server.database, admin }, stack, async () => {
      const { rows } = await admin.query(BACKEND(server.database.role));
      process.kill(rows[0].pid, 'SIGKILL');
    });
    return undefined;
  }),
  idleTooLong: inQuery(
    (_chunk, { client }) =>
      void client.end(
        errorResponse(
          'FATAL',
          '25P03',
          'terminating connection due to idle-in-transaction timeout',
        ),
      ),
  ),
  standby: inState(async () => {
    await server.restartAsStandby();
    return {
      after: ({ invocations }) => {
        expect(invocations.flatMap(summariesOf)).toMatchObject([{ standby: true }]);
      },
    };
  }),
  recoveryConflict: inQuery(
    (_chunk, { client }) =>
      void client.write(
        Buffer.concat([
          errorResponse('ERROR', '40001', 'canceling statement due to conflict with recovery'),
          readyForQuery('E'),
        ]),
      ),
  ),
  tlsAlone: inState(async (stack) => {
    await server.prependRule(`hostnossl all ${server.database.role} all reject`, stack);
    // The server reads it again before it takes the next connection.
    await server.restart();
    return undefined;
  }),
  pooler: async (stack) => {
    const { database, pooler } = await poolerOf(stack);
    const other = await openSession(pooler, database, stack);
    const { rows: before } = await other.query(SET_IN_SESSION);
    return {
      ...movedTo(database, { port: pooler.port }),
      pooled: true,
      async after() {
        // The run took one session, in one transaction, and left in it what was there.
        const { rows: inOther } = await other.query(SET_IN_SESSION);
        const { rows: inIts } = await other.query(SET_IN_SESSION);
        expect(pooler.assigned).toEqual([0, 1, 0, 1]);
        expect([inOther, inIts]).toEqual([before, before]);
      },
    };
  },
  poolerLeftOvers: async (stack) => {
    const { database, pooler } = await poolerOf(stack);
    await leaveBehind(pooler, database, LEFT_OVERS, stack);
    return { ...movedTo(database, { port: pooler.port }), pooled: true };
  },
  poolerLevel: async (stack) => {
    const { database, pooler } = await poolerOf(stack, {}, 'off');
    await leaveBehind(pooler, database, "set timescaledb.telemetry_level = 'basic'", stack);
    return { ...movedTo(database, { port: pooler.port }), pooled: true };
  },
  poolerOldLevel: async (stack) => {
    const { database, pooler } = await poolerOf(stack);
    await setLevel(database, 'off');
    return { ...movedTo(database, { port: pooler.port }), pooled: true };
  },
  poolerFull: pooled({ maxClients: 0 }),
  poolerByStatement: pooled({ mode: 'statement' }),
  poolerRefuses: async (stack) => {
    const { database, pooler } = await poolerOf(stack);
    const wrong = { ...database, password: 'wrong-password-of-the-faults' };
    return {
      database,
      world: { secret: secretFor(wrong, { port: pooler.port }) },
      pooled: true,
      after: expectOtherVersionsTried,
    };
  },
  poolerRefusesInternally: afterPassword(
    errorResponse('FATAL', 'XX000', 'md5 authentication failed'),
    { after: expectOtherVersionsTried },
  ),
  poolerWithoutUser: atStartup(errorResponse('FATAL', '08P01', 'no such user'), {
    after: expectOtherVersionsTried,
  }),
  poolerWithoutDatabase: afterPassword(
    errorResponse('FATAL', '08P01', 'no such database: metrics'),
  ),
  poolerWithoutTenant: atStartup(errorResponse('FATAL', 'XX000', 'Tenant or user not found')),
  poolerWithoutServer: afterPassword(errorResponse('FATAL', '08P01', 'query_wait_timeout')),
  poolerStalls: afterPassword(Buffer.alloc(0)),
  poolerEndsQuery: inQuery(
    (_chunk, { client }) =>
      void client.end(errorResponse('FATAL', 'XX000', 'connection to database closed')),
  ),
  poolerEmpty: inQuery(
    (_chunk, { client }) =>
      void client.write(
        Buffer.concat([
          errorResponse('FATAL', '58000', 'could not get connection from the pool'),
          readyForQuery('I'),
        ]),
      ),
  ),
});
