import { beforeAll, expect, test } from 'vitest';
import { startWireProxy } from '../../support/network/wire-proxy.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { configureAs } from '../../support/run/configuring.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';
import { everySession, type Messages } from '../../support/sql/every-statement.ts';
import { openSqlSession } from '../../support/sql/sql-names.ts';
import { has } from '../../support/timescaledb/catalogs.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';

let known: ReadonlySet<string>;
beforeAll(async () => {
  known = new Set((await everySession()).flat().map(withoutConstants));
}, upperBound(120_000));

/** Removes from a message what differs between servers: texts, numbers, and the names after ALTER. */
function withoutConstants(message: string): string {
  return message
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .replaceAll(/\b\d+\b/g, '0')
    .replace(/^((?:\/\*.*?\*\/\n)?ALTER (?:DATABASE|ROLE)) (?:"[^"]*"|\w+)/, '$1 x');
}

/** Returns the messages of runs, previews and changes to the server, by session. */
async function record(database: TestDatabase): Promise<readonly Messages[]> {
  await using proxy = await startWireProxy(database.port);
  const port = proxy.port;
  await using world = await startWorld({ secret: secretFor(database, { port }) });
  for (const reportSource of ['catalog', 'function']) {
    expect((await world.run({ target: { reportSource } })).outcome.outcome).toBe('sent');
    const { error } = await world.preview({ target: { reportSource } });
    expect(error).toBeUndefined();
  }
  for (const scope of ['database', { role: database.role }]) {
    for (const action of ['disable', 'enable']) {
      const { error } = await configureAs({ ...database, port }, { action, scope });
      expect(error).toBeUndefined();
    }
  }
  return proxy.conversations.map(({ queries }) => queries);
}

test.each(['0.12.1', '1.7.5', '2.5.2', '2.9.3', '2.14.2', '2.29.2'] as const)(
  'sends to a server with %s only statements that were collected, without names from the search path',
  async (release) => {
    await using database = await createDatabase({ release });
    // With all privileges, so that every statement is sent.
    await database.admin.query(`
      alter database ${database.name} owner to ${database.role};
      alter database ${database.name} set timescaledb.telemetry_level = 'basic';
      grant pg_read_all_settings to ${database.role};
      grant select on pg_catalog.pg_file_settings to ${database.role};
      grant execute on function pg_catalog.pg_show_all_file_settings() to ${database.role};
      ${has(release, '2.9.0', '2.9.3') ? `grant select on _timescaledb_internal.job_errors to ${database.role}` : ''}`);
    const found: string[] = [];
    for (const messages of await record(database)) {
      const session = openSqlSession();
      for (const message of messages) {
        found.push(...(await session.read(message)).problems);
        if (!known.has(withoutConstants(message))) found.push(`not collected: ${message}`);
      }
    }
    expect([...new Set(found)]).toStrictEqual([]);
  },
);
