import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { LEVELS, type Level } from '../../../lib/config/target.ts';
import type { Connection } from '../../../lib/postgres/connect.ts';
import { type Facts, readFacts } from '../../../lib/timescaledb/facts.ts';
import type { TimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';
import { createDatabase, type TestDatabase } from './databases.ts';
import { type OwnServer, SUPERUSER } from './postgres.ts';
import { loginTo, snapshotOf } from './snapshots.ts';

/** Every way of setting the level; `@` is IN DATABASE. */
export const WAYS = [
  ...(['conf', 'sys', 'db', 'all'] as const),
  ...(['rep', 'own', 'sup', 'rep@', 'own@', 'sup@'] as const),
  ...(['opt', 'left'] as const),
] as const;
export type Way = (typeof WAYS)[number];

/** Which ways are used, and for which level. */
export type Ways = Readonly<Partial<Record<Way, Level>>>;

const LEVEL_SETTING = 'timescaledb.telemetry_level';

/**
 * The settings in which the level is set, always in both, and what a level is called there. TimescaleDB's library cannot be
 * loaded here: without it the level is a placeholder, which `pg_settings` does not show. For what it would be with it
 * stands a setting of a library that can be loaded, which any role may set too, and whose default is `none`.
 */
const SETTINGS = {
  loaded: {
    name: 'plpgsql.extra_warnings',
    texts: { off: 'all', no_functions: 'too_many_rows', basic: 'none' },
  },
  notLoaded: {
    name: LEVEL_SETTING,
    texts: { off: 'off', no_functions: 'no_functions', basic: 'basic' },
  },
} as const;
type Setting = (typeof SETTINGS)[keyof typeof SETTINGS];

/** Flags of a server that has that library loaded; and whose many logins are quick. */
export const FLAGS = [
  ...['-c', 'shared_preload_libraries=plpgsql'],
  ...['-c', 'scram_iterations=1'],
] as const;

/** Databases that are asked at the same time; the work is the server's, and more of them make it no faster. */
const LANES = 2;

/** The same with every setting: `write` gets its name and what the level is called there. */
function written(level: Level, write: (name: string, text: string) => string): string[] {
  return Object.values(SETTINGS).map(({ name, texts }) => write(name, texts[level]));
}

function levelOf(text: string, { name, texts }: Setting): Level {
  const level = LEVELS.find((one) => texts[one] === text);
  if (level === undefined) throw new Error(`${name} is '${text}', which stands for no level.`);
  return level;
}

/** What the product reads of the level, read of a setting that stands for it. */
async function readFactsOf(setting: Setting, snapshot: TimescaledbSnapshot): Promise<Facts> {
  const facts = await readFacts({
    ...snapshot,
    row: (sql, read) => snapshot.row(sql.replaceAll(LEVEL_SETTING, setting.name), read),
  });
  const { source, session, reset, configured, stored } = facts.level;
  const translated = (text: string | null) => (text === null ? null : levelOf(text, setting));
  return {
    ...facts,
    level: {
      source,
      session: translated(session),
      reset: translated(reset),
      configured: translated(configured),
      stored: stored.map((one) => ({ ...one, value: levelOf(one.value, setting) })),
    },
  };
}

/** What one session finds. */
export interface Found {
  /** Where the library is loaded. */
  readonly loaded: Facts;
  /** Where it is not. */
  readonly notLoaded: Facts;
  /** Where it is loaded, and the role may read pg_file_settings; nothing is looked for while nothing is in a file. */
  readonly fileIsReadable: Facts | undefined;
}

/** The role has the right to read pg_file_settings, and makes use of it at the end alone. */
async function readAll(snapshot: TimescaledbSnapshot, { conf, sys }: Ways): Promise<Found> {
  const server = { ...snapshot.server, mayReadFileSettings: false };
  const withoutRight = { ...snapshot, server };
  const isInFile = (conf ?? sys) !== undefined;
  return {
    loaded: await readFactsOf(SETTINGS.loaded, withoutRight),
    notLoaded: await readFactsOf(SETTINGS.notLoaded, withoutRight),
    fileIsReadable: isInFile ? await readFactsOf(SETTINGS.loaded, snapshot) : undefined,
  };
}

/** Logs in with start-up options, which node-postgres takes from there when a client is made: before connectWithRotation() waits. */
async function loginWith(options: string, database: TestDatabase): Promise<Connection> {
  process.env['PGOPTIONS'] = options;
  const loggingIn = loginTo(database);
  delete process.env['PGOPTIONS'];
  return loggingIn;
}

/** Reloads the configuration. The server is ahead of its sessions: what this one has loaded, every new one has. */
async function reload(admin: pg.Client): Promise<void> {
  const loadedAt = async (): Promise<string | undefined> => {
    const { rows } = await admin.query<{ at: string }>('select pg_conf_load_time()::text as at');
    return rows[0]?.at;
  };
  const before = await loadedAt();
  await admin.query('select pg_reload_conf()');
  while ((await loadedAt()) === before) await sleep(1);
}

/** How the statements of some ways begin. */
type Statements = Readonly<Partial<Record<Way, string>>>;

/** The statements that lead from some ways to others. */
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

/** The ways that a server has for all of its databases together. */
const SHARED_WAYS = ['conf', 'sys', 'all', 'sup'] as const;
const SHARED_STATEMENTS: Statements = {
  sys: 'alter system',
  all: 'alter role all',
  sup: `alter role ${SUPERUSER}`,
};

interface Lane extends AsyncDisposable {
  readonly admin: pg.Client;
  /** Sets the level in these ways, so far as they are not shared, and looks in a new session. */
  look(ways: Ways): Promise<Found>;
}

/** A database, a reporting role, and another role that owns the job. */
async function startLane(port: number, preparation: string): Promise<Lane> {
  const database = await createDatabase({ port, release: '2.28.3' });
  const { admin, name, role } = database;
  const owner = `${role}_owner`;
  // Which extensions are available does not matter here, and is read from some sixty files.
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
      return snapshotOf(connection, (snapshot) => readAll(snapshot, ways));
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

export interface LevelScene extends AsyncDisposable {
  /** What a new session of the reporting role finds when the level is set in these ways, and in no other. */
  look(cases: readonly Ways[]): Promise<ReadonlyMap<Ways, Found>>;
}

/**
 * A server whose level can be set in every way: one of its own, because most ways are everybody's there.
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
    // One by one, because ALTER SYSTEM wants no other statement in its text.
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
      // Those that share a file's content are next to each other: a reload is dearer than a statement.
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
