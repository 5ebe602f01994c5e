import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Level } from '../../../lib/config/target.ts';
import type { Connection } from '../../../lib/postgres/connect.ts';
import { createDatabase, type TestDatabase } from './databases.ts';
import { type Found, readAll, SETTINGS, written } from './level-facts.ts';
import { type OwnServer, SUPERUSER } from './postgres.ts';
import { loginTo, snapshotOf } from './snapshots.ts';

/** Every way of setting the level; `@` stands for IN DATABASE. */
export const WAYS = [
  ...(['conf', 'sys', 'db', 'all'] as const),
  ...(['rep', 'own', 'sup', 'rep@', 'own@', 'sup@'] as const),
  ...(['opt', 'left'] as const),
] as const;
export type Way = (typeof WAYS)[number];

/** The levels that are set, by way. */
export type Ways = Readonly<Partial<Record<Way, Level>>>;

/** Flags of a server that loads PL/pgSQL at its start, and that saves CPU time in its many logins. */
export const FLAGS = [
  ...['-c', 'shared_preload_libraries=plpgsql'],
  ...['-c', 'scram_iterations=1'],
] as const;

/** Number of databases that are queried in parallel. More are not faster, because the server does the work. */
const LANES = 2;

/** Logs in with startup options. node-postgres reads PGOPTIONS when it creates the client, before loginTo() first waits. */
async function loginWith(options: string, database: TestDatabase): Promise<Connection> {
  process.env['PGOPTIONS'] = options;
  const loggingIn = loginTo(database);
  delete process.env['PGOPTIONS'];
  return loggingIn;
}

/** Reloads the configuration. New sessions have it as soon as this session has it. */
async function reload(admin: pg.Client): Promise<void> {
  const loadedAt = async (): Promise<string | undefined> => {
    const { rows } = await admin.query<{ at: string }>('select pg_conf_load_time()::text as at');
    return rows[0]?.at;
  };
  const before = await loadedAt();
  await admin.query('select pg_reload_conf()');
  while ((await loadedAt()) === before) await sleep(1);
}

/** The beginnings of the statements that set the level, by way. */
type Statements = Readonly<Partial<Record<Way, string>>>;

/** Returns the statements that change the levels of `from` to those of `to`. */
function changes(statements: Statements, from: Ways, to: Ways): string[] {
  return WAYS.flatMap((way) => {
    const statement = statements[way];
    const level = to[way];
    if (statement === undefined || level === from[way]) return [];
    return level === undefined
      ? Object.values(SETTINGS).map(({ name }) => `${statement} reset ${name}`)
      : written(level, (name, text) => `${statement} set ${name} = '${text}'`);
  });
}

/** The ways that are common to all databases of a server. */
const SHARED_WAYS = ['conf', 'sys', 'all', 'sup'] as const;
const SHARED_STATEMENTS: Statements = {
  sys: 'alter system',
  all: 'alter role all',
  sup: `alter role ${SUPERUSER}`,
};

interface Lane extends AsyncDisposable {
  readonly admin: pg.Client;
  /** Sets the level in those of the ways that are not shared, and reads the facts in a new session. */
  look(ways: Ways): Promise<Found>;
}

/** Creates a database, a reporting role, and another role that owns the job. */
async function startLane(port: number, preparation: string): Promise<Lane> {
  const database = await createDatabase({ port, release: '2.28.3' });
  const { admin, name, role } = database;
  const owner = `${role}_owner`;
  // Without control files, because the list of available extensions does not matter here.
  await admin.query(`
    alter role ${role} set extension_control_path = '/nowhere';
    create role ${owner};
    update _timescaledb_catalog.bgw_job set owner = '${owner}';
    grant select on pg_catalog.pg_file_settings to ${role};
    grant execute on function pg_catalog.pg_show_all_file_settings() to ${role};
    ${preparation}`);
  const statements: Statements = {
    db: `alter database ${name}`,
    rep: `alter role ${role}`,
    own: `alter role ${owner}`,
    'rep@': `alter role ${role} in database ${name}`,
    'own@': `alter role ${owner} in database ${name}`,
    'sup@': `alter role ${SUPERUSER} in database ${name}`,
  };
  let current: Ways = {};
  return {
    admin,
    async look(ways) {
      const sql = changes(statements, current, ways);
      if (sql.length > 0) await admin.query(sql.join(';'));
      current = ways;
      const { opt, left } = ways;
      const connection =
        opt === undefined
          ? await loginTo(database)
          : await loginWith(
              written(opt, (setting, text) => `-c ${setting}=${text}`).join(' '),
              database,
            );
      if (left !== undefined) {
        const leftovers = written(left, (setting, text) => `set ${setting} = '${text}'`);
        await connection.client.query(leftovers.join(';'));
      }
      return snapshotOf(connection, (snapshot) =>
        readAll(snapshot, (ways.conf ?? ways.sys) !== undefined),
      );
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export interface LevelScene extends AsyncDisposable {
  /** Returns the facts of a new session of the reporting role for each case, in which no other way sets the level. */
  look(cases: readonly Ways[]): Promise<ReadonlyMap<Ways, Found>>;
}

/**
 * Prepares a server in which the level can be set in every way. No other test may use it, because most ways affect the whole
 * server.
 *
 * @param preparation statements for a new database
 */
export async function startLevelScene(
  { port, dataFolder }: OwnServer,
  preparation = '',
): Promise<LevelScene> {
  const first = await startLane(port, preparation);
  const others = Array.from({ length: LANES - 1 }, () => startLane(port, preparation));
  const lanes = [first, ...(await Promise.all(others))];
  const { admin } = first;
  const file = join(dataFolder, 'postgresql.conf');
  const untouched = await readFile(file, 'utf8');
  let current: Ways = {};

  async function share(ways: Ways): Promise<void> {
    // One by one, because ALTER SYSTEM cannot be part of a multi-statement query.
    for (const sql of changes(SHARED_STATEMENTS, current, ways)) await admin.query(sql);
    const { conf } = ways;
    if (conf !== current.conf) {
      const lines = conf === undefined ? [] : written(conf, (name, text) => `${name} = '${text}'`);
      await writeFile(file, [untouched, ...lines, ''].join('\n'));
    }
    if (conf !== current.conf || ways.sys !== current.sys) await reload(admin);
    current = ways;
  }

  return {
    async look(cases) {
      const found = new Map<Ways, Found>();
      const groups = Map.groupBy(cases, (ways) => SHARED_WAYS.map((way) => ways[way]).join());
      // Sorted, so that groups with the same file are adjacent: a reload is slower than a statement.
      for (const [, group] of [...groups].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
        await share(group[0] ?? {});
        const queue = group.values();
        await Promise.all(
          lanes.map(async (lane) => {
            for (const ways of queue) found.set(ways, await lane.look(ways));
          }),
        );
      }
      return found;
    },
    async [Symbol.asyncDispose]() {
      await share({});
      for (const lane of lanes) await lane[Symbol.asyncDispose]();
    },
  };
}
