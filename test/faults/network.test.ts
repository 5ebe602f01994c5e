import { join } from 'node:path';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, inject } from 'vitest';
import { freePort, listen } from '../../emulator/http-server.ts';
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
import { errorResponse, message, readyForQuery } from '../support/network/wire.ts';
import { type ChangingServer, startChangingServer } from '../support/postgres/changing-server.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Arrange, consenting, healthy, testFaults, timeFor } from '../support/run/faults.ts';
import { POOLER_ARRANGEMENTS } from './arrangements/pooler.ts';
import { serverStateArrangements } from './arrangements/server-states.ts';
import { findBackend, whenBlocked } from './arrangements/sessions.ts';
import { NETWORK_FAULTS } from './rows/network.ts';

const RESOLVER = join(import.meta.dirname, '..', 'support', 'network', 'resolver.ts');

/** A label of more than 63 letters is invalid, so that no DNS server is queried. */
const UNRESOLVABLE = 'nowhere'.repeat(10);

/** A server for states that other test files could not work with. */
let server: ChangingServer;
beforeAll(async () => {
  server = await startChangingServer();
});
afterAll(async () => server[Symbol.asyncDispose]());

const at =
  (to: { port?: number; host?: string }): Arrange =>
  async () =>
    movedTo(await healthy(), to);

/** Resolves the name of the server to these addresses. Without one, the lookup fails as if no DNS server answered. */
const resolving =
  (
    addresses: readonly string[],
    portOf: (stack: AsyncDisposableStack) => Promise<number>,
  ): Arrange =>
  async (stack) => ({
    ...movedTo(await healthy(), { host: 'db.invalid', port: await portOf(stack) }),
    preload: [RESOLVER],
    environment: { RESOLVES_TO: addresses.join() },
  });

const swallow = (): void => undefined;

const reset = ({ client }: ProxyEnds): void => void client.resetAndDestroy();

/** Passes on one byte at a time. */
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

testFaults(NETWORK_FAULTS, {
  unresolvable: at({ host: UNRESOLVABLE }),
  resolverSilent: resolving([], async () => 5_432),
  refused: async () => movedTo(await healthy(), { port: await freePort() }),
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
    ...movedTo(await healthy(), stack.use(await startBlackHole())),
    timeoutMs: timeFor(500),
  }),
  // Takes the 10 s of a login, so that it differs from a run at its time limit.
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
    movedTo(await healthy(), stack.use(await startDeafProxy(inject('postgres').port))),
  drips: inQuery(drip(setImmediate)),
  dripsTooSlowly: inQuery(
    drip(() => delay(50)),
    { timeoutMs: timeFor(1_000) },
  ),
  garbage: instead((socket) => void socket.end(Buffer.alloc(64, 0xa7))),
  webServer: async (stack) => movedTo(await healthy(), { port: await webServerPort(stack) }),
  webServerAskedForTls: async (stack) => ({
    ...movedTo(await healthy(), { port: await webServerPort(stack) }),
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
  databaseFull: limited(({ name }) => `alter database ${name} connection limit 0`),
  roleFull: limited(({ role }) => `alter role ${role} connection limit 0`),
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
  terminated: async (stack) => {
    const database = await consenting(stack);
    await whenBlocked(database, stack, () =>
      database.admin.query(
        `select pg_terminate_backend(pid) from (${findBackend(database.role)}) s`,
      ),
    );
    return { database };
  },
  recoveryConflict: inQuery(
    (_chunk, { client }) =>
      void client.write(
        Buffer.concat([
          errorResponse('ERROR', '40001', 'canceling statement due to conflict with recovery'),
          readyForQuery('E'),
        ]),
      ),
  ),
  ...serverStateArrangements(() => server),
  ...POOLER_ARRANGEMENTS,
});
