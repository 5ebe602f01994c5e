import { expect } from 'vitest';
import type { Level } from '../../../lib/config/target.ts';
import { inQuery, instead, movedTo } from '../../support/network/faulty-network.ts';
import { errorResponse, int32, message, readyForQuery } from '../../support/network/wire.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { type Pooler, type PoolerOptions, startPooler } from '../../support/postgres/pooler.ts';
import { type Arrange, consenting, type FaultRun, type Faulty } from '../../support/run/faults.ts';
import { secretFor } from '../../support/run/world.ts';
import { openSession } from './sessions.ts';

async function setLevel({ admin, name }: TestDatabase, level: Level): Promise<void> {
  await admin.query(`alter database ${name} set timescaledb.telemetry_level = '${level}'`);
}

/** Starts a pooler whose sessions start with this level. */
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

/** Expects that the secret was read again after the rejected login: AWSCURRENT, and then AWSPENDING. */
function expectOtherVersionsTried({ world }: FaultRun): void {
  expect(world.secrets.requests.map(({ stage }) => stage)).toEqual([
    'AWSCURRENT',
    'AWSCURRENT',
    'AWSPENDING',
  ]);
}

/** Simulates a pooler that answers a startup message with these bytes. */
const atStartup = (answer: Buffer, faulty?: Partial<Faulty>): Arrange =>
  instead((socket) => void socket.once('data', () => socket.end(answer)), faulty);

/** Simulates a pooler that answers the password with these bytes, or not at all if there are none. */
const afterPassword = (answer: Buffer, faulty?: Partial<Faulty>): Arrange =>
  instead((socket) => {
    socket.once('data', () => {
      socket.write(message('R', int32(3)));
      socket.once('data', () => (answer.length === 0 ? socket.resume() : socket.end(answer)));
    });
  }, faulty);

/** Executes SQL as another client in each of the pooler's two sessions. */
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

/** Selects the settings that were changed in a session. */
const SET_IN_SESSION = `select name from pg_settings where source = 'session'`;

/** Settings of another client that could change the report. */
const LEFT_OVERS = `
  set search_path = public;
  set datestyle = 'SQL, DMY';
  set intervalstyle = 'sql_standard';
  set timezone = 'Asia/Kathmandu';
  set standard_conforming_strings = off;
  set extra_float_digits = -15;
  set bytea_output = 'escape';
  set client_encoding = 'LATIN1';
  set statement_timeout = '10ms';
  set default_transaction_isolation = 'serializable';
  set default_transaction_deferrable = on`;

/** Faults of a pooler between the function and the database. */
export const POOLER_ARRANGEMENTS = {
  pooler: async (stack) => {
    const { database, pooler } = await poolerOf(stack);
    const other = await openSession(pooler, database, stack);
    const { rows: before } = await other.query(SET_IN_SESSION);
    return {
      ...movedTo(database, { port: pooler.port }),
      pooled: true,
      async after() {
        // The run used one session for one transaction, and did not change its settings.
        const { rows: inFirst } = await other.query(SET_IN_SESSION);
        const { rows: inSecond } = await other.query(SET_IN_SESSION);
        expect(pooler.assigned).toEqual([0, 1, 0, 1]);
        expect([inFirst, inSecond]).toEqual([before, before]);
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
} satisfies Record<string, Arrange>;
