import { parseTarget, type Target } from '../../../lib/config/target.ts';
import { parseSecret } from '../../../lib/credentials/parse-secret.ts';
import { type Connection, connectWithRotation } from '../../../lib/postgres/connect.ts';
import {
  type TimescaledbSnapshot,
  withTimescaledbSnapshot,
} from '../../../lib/timescaledb/server-info.ts';
import { secretFor } from '../run/world.ts';
import type { TestDatabase } from './databases.ts';

/** A target for a database of the tests, with choices. */
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

/** Logged in as the role of the database, before anything was asked. */
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

/** One snapshot of the database, as a run takes it. */
export async function snapshotOf<T>(
  connection: Connection,
  read: (snapshot: TimescaledbSnapshot) => Promise<T>,
): Promise<T> {
  return withTimescaledbSnapshot(connection, new AbortController().signal, () => 10_000, read);
}
