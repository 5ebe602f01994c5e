import { setTimeout as delay } from 'node:timers/promises';
import type { TestDatabase } from './databases.ts';

/** Locks a catalog table that the facts need in ACCESS EXCLUSIVE mode. */
export async function createBlocker({ admin, role }: TestDatabase) {
  await admin.query('begin; lock table _timescaledb_catalog.metadata in access exclusive mode');
  return {
    /** Waits until a session of the role waits for the lock. */
    async untilSomeoneWaits(): Promise<void> {
      const waiting = `select 1 from pg_stat_activity where usename = '${role}' and wait_event_type = 'Lock'`;
      while ((await admin.query(waiting)).rowCount === 0) {
        await delay(10);
        await admin.query('select pg_stat_clear_snapshot()');
      }
    },
    async [Symbol.asyncDispose]() {
      await admin.query('rollback');
    },
  };
}
