import { parseTarget, type Target } from '../../../lib/config/target.ts';
import { parseSecret } from '../../../lib/credentials/parse-secret.ts';
import { type Connection, connectWithRotation } from '../../../lib/postgres/connect.ts';
import {
  type TimescaledbSnapshot,
  withTimescaledbSnapshot,
} from '../../../lib/timescaledb/server-info.ts';
import { secretFor } from '../run/world.ts';
import type { TestDatabase } from './databases.ts';

/** Returns a target for a database of the tests. */
export function aTarget(choices: Readonly<Record<string, unknown>> = {}): Target {
  return parseTarget({
    TARGET: JSON.stringify({
      name: 'x',
      environment: 'x',
      secretId: 'x',
      tls: { mode: 'disable' },
      ...choices,
    }),
  });
}

/** Logs in as the role of the database. */
export async function loginTo(
  database: Pick<TestDatabase, 'name' | 'port' | 'role' | 'password'>,
): Promise<Connection> {
  const target = aTarget();
  const credentials = parseSecret(
    { SecretString: secretFor(database, { port: database.port }) },
    target,
  );
  return connectWithRotation(
    credentials,
    { read: async () => credentials },
    target,
    new AbortController().signal,
  );
}

/** Opens a snapshot of the database as a run does, and returns the result of `read`. */
export async function snapshotOf<T>(
  connection: Connection,
  read: (snapshot: TimescaledbSnapshot) => Promise<T>,
): Promise<T> {
  return withTimescaledbSnapshot(connection, new AbortController().signal, () => 10_000, read);
}
