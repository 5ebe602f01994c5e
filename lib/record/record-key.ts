/** The run that an object of the record describes. */
export interface RunIdentity {
  readonly environment: string;
  readonly database: string;
  /** The tick's nominal time, or the start of a run by hand. In milliseconds since 1970. */
  readonly time: number;
  /** Number of the attempt, from 0; `hand` for a run without a scheduled time. */
  readonly attempt: number | 'hand';
  /** The start of a second invocation of the same tick and attempt, in milliseconds since 1970. */
  readonly repeatedAt?: number;
}

/** A name, as the schema of TARGET allows it. */
const NAME = '[A-Za-z0-9][A-Za-z0-9_.-]{0,62}';
const RUN_KEY = new RegExp(
  `^runs/environment=(${NAME})/date=[^/]+/database=(${NAME})/([0-9]+T[0-9]+Z)-([0-9]{1,15}|hand)(?:-repeat-([0-9]+T[0-9]+Z))?[.]json[.]gz$`,
);

/** Formats a time as `20261128T040500Z`; milliseconds follow the seconds unless they are 0 and may be left out. */
function compact(time: number, keepsMs = false): string {
  const text = new Date(time).toISOString().replaceAll(/[-:.]/g, '');
  return keepsMs ? text : text.replace(/(?<=T\d{6})000Z$/, 'Z');
}

/** Parses a time of a key; undefined if there is no such time. */
function parseCompact(text: string): number | undefined {
  const iso = text.replace(
    /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})?Z$/,
    (_, year, month, day, hour, minute, second, ms = '000') =>
      `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`,
  );
  const time = Date.parse(iso);
  return Number.isNaN(time) ? undefined : time;
}

function withPrefix(key: string, prefix: string | undefined): string {
  return prefix === undefined ? key : `${prefix}/${key}`;
}

/**
 * Returns the common beginning of all keys of one day of an environment.
 *
 * @param date such as `2026-11-28`, of the tick in UTC
 * @param prefix folder of the record in its bucket, without a slash at its end
 */
export function dayPrefix(environment: string, date: string, prefix?: string): string {
  return withPrefix(`runs/environment=${environment}/date=${date}/`, prefix);
}

/**
 * Returns the key of a run's object. It begins with the day, so that one listing returns a day of all databases; Athena
 * reads environment, date and database as partitions.
 */
export function recordKey(run: RunIdentity, prefix?: string): string {
  const { environment, database, time, attempt, repeatedAt } = run;
  const date = new Date(time).toISOString().replace(/T.*/, '');
  const repeat = repeatedAt === undefined ? '' : `-repeat-${compact(repeatedAt, true)}`;
  const name = `${compact(time)}-${attempt}${repeat}.json.gz`;
  return `${dayPrefix(environment, date, prefix)}database=${database}/${name}`;
}

/** Parses a key that `recordKey()` returns; undefined for any other key, such as that of a foreign object. */
export function parseRecordKey(key: string, prefix?: string): RunIdentity | undefined {
  const start = withPrefix('', prefix);
  const match = key.startsWith(start) ? RUN_KEY.exec(key.slice(start.length)) : null;
  const [, environment = '', database = '', tick = '', attempt, repeat] = match ?? [];
  const time = parseCompact(tick);
  const repeatedAt = repeat === undefined ? undefined : parseCompact(repeat);
  if (time === undefined) return undefined;
  const run: RunIdentity = {
    environment,
    database,
    time,
    attempt: attempt === 'hand' ? 'hand' : Number(attempt),
    ...(repeatedAt !== undefined && { repeatedAt }),
  };
  // Only the one form that recordKey() writes: no date of another day, no leading zeros, no invalid time.
  return recordKey(run, prefix) === key ? run : undefined;
}
