import { expect, inject } from 'vitest';
import { createFunctionPool, type FunctionPool } from '../../../emulator/lambda/function-pool.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { secretFor, startWorld, type World } from '../run/world.ts';
import type { Json } from '../timescaledb/reports.ts';
import { connectionsIn, linesOf, RECORDER, withoutRecord } from './invocations.ts';
import { WORKER_ENVIRONMENT } from './worker.ts';

/** A worker as it ships, whose processes record their connections. */
export interface RecordedWorker extends AsyncDisposable {
  /** Starts a world with this worker. */
  startWorld(database: TestDatabase, secret?: string): Promise<World>;
}

export function createRecordedWorker(): RecordedWorker {
  const worker: FunctionPool = createFunctionPool(
    inject('bundles')['database-worker'].file,
    // A deployment does not set this variable; the event has to stay secret even if an operator does.
    { ...WORKER_ENVIRONMENT, POWERTOOLS_LOGGER_LOG_EVENT: 'true' },
    undefined,
    { preload: [RECORDER] },
  );
  return {
    startWorld: (database, secret = secretFor(database)) =>
      startWorld({ secret, split: { worker } }),
    [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose](),
  };
}

/** Returns the lines of the worker. Expects that it has connected to the database alone, and that no line names it. */
export function workerLines(
  { lambda }: World,
  { name, role, password, port }: TestDatabase,
): readonly Json[] {
  const log = lambda?.log ?? [];
  expect(connectionsIn(log)).toStrictEqual([`127.0.0.1:${port}`]);
  const lines = withoutRecord(log);
  for (const text of [name, role, password]) expect(lines.join('\n')).not.toContain(text);
  return linesOf({ log: lines });
}
