import { expect } from 'vitest';
import { summariesOf } from '../../support/lambda/invocations.ts';
import { ACCEPTED, type ChangingServer } from '../../support/postgres/changing-server.ts';
import { type Arrange, type Faulty, timeFor } from '../../support/run/faults.ts';
import { secretFor } from '../../support/run/world.ts';
import { findBackend, openSession, whenBlocked } from './sessions.ts';

/** Puts the server into a state, and returns more parts of the fault. */
type Change = (
  server: ChangingServer,
  stack: AsyncDisposableStack,
) => Promise<Partial<Faulty> | undefined>;

const CHANGES = {
  hangs: async (server) => {
    server.signal('SIGSTOP');
    return { timeoutMs: timeFor(500) };
  },
  serverFull: async (server, stack) => {
    await server.restart(['-c', 'max_connections=5', '-c', 'superuser_reserved_connections=3']);
    for (const _place of ['first', 'second']) await openSession(server, server.database, stack);
    return undefined;
  },
  starting: async (server) => {
    await server.restartAsStandby(['-c', 'restore_command=sleep 600'], 'starting up');
    return undefined;
  },
  shuttingDown: async (server, stack) => {
    await server.restart();
    const open = await server.connect();
    stack.defer(() => open.end());
    server.signal('SIGTERM');
    await server.until('shutting down');
    return undefined;
  },
  notHot: async (server) => {
    await server.restartAsStandby(['-c', 'hot_standby=off'], 'Hot standby mode is disabled');
    return undefined;
  },
  shutDownInQuery: async (server, stack) => {
    const admin = stack.adopt(await server.connect(), (client) => client.end());
    await whenBlocked({ ...server.database, admin }, stack, () => server.signal('SIGINT'));
    return undefined;
  },
  killed: async (server, stack) => {
    // The server ends all sessions and restarts if one of their processes is killed.
    stack.defer(() => server.until(ACCEPTED));
    const admin = stack.adopt(await server.connect(), (client) => client.end());
    await whenBlocked({ ...server.database, admin }, stack, async () => {
      const { rows } = await admin.query(findBackend(server.database.role));
      process.kill(rows[0].pid, 'SIGKILL');
    });
    return undefined;
  },
  standby: async (server) => {
    await server.restartAsStandby();
    return {
      after: ({ invocations }) => {
        expect(invocations.flatMap(summariesOf)).toMatchObject([{ standby: true }]);
      },
    };
  },
  tlsAlone: async (server, stack) => {
    await server.prependRule(`hostnossl all ${server.database.role} all reject`, stack);
    // A restart, because a reload of pg_hba.conf takes effect later.
    await server.restart();
    return undefined;
  },
} satisfies Record<string, Change>;

function inState(server: ChangingServer, change: Change): Arrange {
  return async (stack) => {
    await server.reserve(stack);
    stack.defer(() => server.restart());
    const { database, port } = server;
    const faulty = await change(server, stack);
    return {
      world: { secret: secretFor(database, { port }) },
      secrets: [database.name, database.role, database.password],
      ...faulty,
    };
  };
}

/** Returns the faults of a server in an unusual state. Each restarts the server after its test. */
export function serverStateArrangements(
  serverOf: () => ChangingServer,
): Record<keyof typeof CHANGES, Arrange> {
  return Object.fromEntries(
    Object.entries(CHANGES).map(([id, change]): [string, Arrange] => [
      id,
      (stack) => inState(serverOf(), change)(stack),
    ]),
  ) as Record<keyof typeof CHANGES, Arrange>;
}
