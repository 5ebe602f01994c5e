import { LEVELS, type Level } from '../../../lib/config/target.ts';
import { type Facts, readFacts } from '../../../lib/timescaledb/facts.ts';
import type { TimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';

const LEVEL_SETTING = 'timescaledb.telemetry_level';

/**
 * The two settings in which each level is set, with the texts of the levels. TimescaleDB's library cannot be loaded here.
 * Without it, the level is a placeholder that `pg_settings` does not show. For the case that it is loaded, a setting of
 * PL/pgSQL replaces the level: any role may set it, too, and its default is `none`.
 */
export const SETTINGS = {
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

/** Returns the texts of `write` for both settings: it gets the setting's name and the level's text. */
export function written(level: Level, write: (name: string, text: string) => string): string[] {
  return Object.values(SETTINGS).map(({ name, texts }) => write(name, texts[level]));
}

function levelOf(text: string, { name, texts }: Setting): Level {
  const level = LEVELS.find((one) => texts[one] === text);
  if (level === undefined) throw new Error(`The value '${text}' of ${name} is not a level.`);
  return level;
}

/** Reads the facts with the product's SQL, in which the setting replaces the level. */
async function readFactsOf(setting: Setting, snapshot: TimescaledbSnapshot): Promise<Facts> {
  const facts = await readFacts({
    ...snapshot,
    row: (sql, read) => snapshot.row(sql.replaceAll(LEVEL_SETTING, setting.name), read),
  });
  const { source, session, reset, configured, stored } = facts.level;
  const toLevel = (text: string | null) => (text === null ? null : levelOf(text, setting));
  return {
    ...facts,
    level: {
      source,
      session: toLevel(session),
      reset: toLevel(reset),
      configured: toLevel(configured),
      stored: stored.map((one) => ({ ...one, value: levelOf(one.value, setting) })),
    },
  };
}

/** The facts of one session in each situation. */
export interface Found {
  /** The library is loaded. */
  readonly loaded: Facts;
  /** The library is not loaded. */
  readonly notLoaded: Facts;
  /** The library is loaded, and the role may read pg_file_settings; undefined unless a file sets the level. */
  readonly fileIsReadable: Facts | undefined;
}

/** Reads the facts in each situation. Only the last query uses the role's right to read pg_file_settings. */
export async function readAll(snapshot: TimescaledbSnapshot, isInFile: boolean): Promise<Found> {
  const server = { ...snapshot.server, mayReadFileSettings: false };
  const withoutRight = { ...snapshot, server };
  return {
    loaded: await readFactsOf(SETTINGS.loaded, withoutRight),
    notLoaded: await readFactsOf(SETTINGS.notLoaded, withoutRight),
    fileIsReadable: isInFile ? await readFactsOf(SETTINGS.loaded, snapshot) : undefined,
  };
}
