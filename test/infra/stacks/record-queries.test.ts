import { gunzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordQueries } from '../../../infra/constructs/record/queries.ts';
import { RUN_COLUMNS } from '../../../infra/constructs/record/tables.ts';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { recordKey } from '../../../lib/record/record-key.ts';
import type { RecordedLine, RecordedRun } from '../../../lib/record/recorded-run.ts';
import { aDatabase, checked } from '../../support/aws/synthesis.ts';

const DAY = 86_400_000;
const NOW = Date.now();

/** The functions of Athena that the queries use, for PostgreSQL. */
const FUNCTIONS = `
create function regexp_extract(text, text, int) returns text
  language sql as 'select (regexp_match($1, $2))[$3]';
create function date_format(timestamp, text) returns text
  language sql as $$ select to_char($1, replace(replace(replace($2, '%Y', 'YYYY'), '%m', 'MM'), '%d', 'DD')) $$;
create function json_extract_scalar(text, text) returns text
  language sql as $$ select $1::jsonb #>> string_to_array(substr($2, 3), '.') $$;
create function element_at(text, text) returns text
  language sql as $$ select $1::jsonb ->> $2 $$;
create table runs (day text, database text, "$path" text, recordedat text, line jsonb, report text);
create view runs_of_database as select * from runs;
`;

/** Rewrites fields of a struct for a column of type jsonb. */
function forPostgres(query: string): string {
  return query.replaceAll(/\bline((?:\.\w+)+)/g, (_, path: string) => {
    const keys = path.slice(1).replaceAll('.', ',');
    return `(line #>> '{${keys}}')`;
  });
}

type Columns = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Columns {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the fields that the table declares, with the names that the SerDe gives them. */
function asRead(value: unknown, columns: unknown): unknown {
  if (!isObject(value) || !isObject(columns)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key.toLowerCase(), one] as const)
      .filter(([key]) => key in columns)
      .map(([key, one]) => [key, asRead(one, columns[key])]),
  );
}

interface Made {
  readonly database: string;
  readonly daysAgo: number;
  readonly installed?: string;
  readonly report?: object;
  readonly outcome?: RecordedLine['outcome'];
  /** Null without an answer of the endpoint. */
  readonly status?: number | null;
  readonly origin?: string;
  readonly durationMs?: Readonly<Record<string, number>>;
}

function runOf(made: Made): RecordedRun {
  const { database, daysAgo, installed, report, outcome = 'sent', status = 200 } = made;
  const { origin, durationMs } = made;
  const at = new Date(NOW - daysAgo * DAY).toISOString();
  return {
    version: 1,
    recordedAt: at,
    line: {
      severity: 'INFO',
      message: 'message',
      outcome,
      environment: 'test',
      database,
      scheduledTime: at,
      ...(installed !== undefined && {
        version: { installed, available: null, verdicts: [], sentence: '', asOf: '2026-11-21' },
      }),
      ...(report !== undefined && {
        report: { source: 'catalog', bytes: 12, sha256: 'f00d' },
        ...(status !== null && { receipt: { endpoint: 'telemetry.timescale.com', status, at } }),
      }),
      ...(origin !== undefined && {
        error: { code: 'ENDPOINT_UNREACHABLE', origin, retryable: true },
      }),
      ...(durationMs && { durationMs }),
    },
    report: report === undefined ? null : JSON.stringify(report),
  };
}

const COMPRESSION = {
  compressed_heap_size: 1,
  compressed_toast_size: 2,
  compressed_indexes_size: 3,
  uncompressed_heap_size: 10,
  uncompressed_toast_size: 20,
  uncompressed_indexes_size: 30,
  num_compressed_chunks: 7,
};
const NEW_REPORT = {
  data_volume: 1_000,
  relations: { hypertables: { compression: COMPRESSION } },
};
/** Before 2.6 numbers are texts, and have other names. */
const OLD_REPORT = {
  data_volume: '500',
  compressed_heap_size: '4',
  compressed_toast_size: '5',
  compressed_index_size: '6',
  uncompressed_heap_size: '40',
  uncompressed_toast_size: '50',
  uncompressed_index_size: '60',
};

const RUNS: readonly Made[] = [
  { database: 'metrics', daysAgo: 100, installed: '2.19.0', report: OLD_REPORT },
  { database: 'metrics', daysAgo: 20, installed: '2.28.0', report: OLD_REPORT },
  { database: 'metrics', daysAgo: 4, installed: '2.28.0', report: NEW_REPORT },
  { database: 'metrics', daysAgo: 3, outcome: 'skipped' },
  { database: 'metrics', daysAgo: 2, installed: '2.29.2', report: NEW_REPORT },
  { database: 'orders', daysAgo: 1, installed: '2.28.5', report: NEW_REPORT, outcome: 'failed' },
];

const FAILED = { daysAgo: 1.5, report: NEW_REPORT, outcome: 'failed', status: null } as const;
const POSTING = { delivery: 10_000, total: 11_000 };

/** Runs that failed after their report was built: the first three have posted it, or may have. */
const FAILED_RUNS: readonly Made[] = [
  { ...FAILED, database: 'unavailable', status: 503, durationMs: POSTING },
  { ...FAILED, database: 'unanswered', origin: 'TimeoutError', durationMs: POSTING },
  { ...FAILED, database: 'shortened' },
  { ...FAILED, database: 'refused', origin: 'ECONNREFUSED', durationMs: POSTING },
  { ...FAILED, database: 'before-delivery', durationMs: { total: 1_000 } },
];

const database = new PGlite();

beforeAll(async () => {
  await database.exec(FUNCTIONS);
  for (const made of [...RUNS, ...FAILED_RUNS]) {
    const run = runOf(made);
    const time = Date.parse(run.recordedAt);
    const key = recordKey({ environment: 'test', database: made.database, time, attempt: 0 });
    const read = asRead(JSON.parse(gunzipSync(encodeRun(run)).toString()), RUN_COLUMNS);
    const { recordedat, line, report } = Object(read);
    await database.query('insert into runs values ($1, $2, $3, $4, $5, $6)', [
      run.recordedAt.slice(0, 10),
      made.database,
      `s3://bucket/${key}`,
      recordedat,
      // As if another function had written it: the name in the key counts.
      JSON.stringify({ ...line, database: 'imitated' }),
      report,
    ]);
  }
});

afterAll(() => database.close());

async function rowsOf(name: string): Promise<readonly unknown[]> {
  const { databases } = checked({ databases: [aDatabase('metrics'), aDatabase('orders')] });
  const [query] = recordQueries({ databases }).filter((one) => one.name === name);
  const { rows } = await database.query(forPostgres(query?.query ?? 'select from nothing'));
  return rows;
}

test('the query "sent reports" lists the reports of a week with their exact text, the newest first', async () => {
  const text = JSON.stringify(NEW_REPORT);
  const common = { endpoint: 'telemetry.timescale.com', status: '200', bytes: '12' };
  const ofFailed = new Set(FAILED_RUNS.map((run) => run.database));
  const rows = await rowsOf('sent reports');
  expect(rows.filter((row) => !ofFailed.has(Object(row).database))).toMatchObject([
    { database: 'orders', outcome: 'failed', report: text, sha256: 'f00d', ...common },
    { database: 'metrics', outcome: 'sent', report: text, arrival: 'accepted', ...common },
    { database: 'metrics', outcome: 'sent', report: text, ...common },
  ]);
});

test('the query "sent reports" lists what failed runs have posted, and whether it has arrived', async () => {
  const sent_at = new Date(NOW - 1.5 * DAY).toISOString();
  const ofFailed = new Set(FAILED_RUNS.map((run) => run.database));
  const rows = (await rowsOf('sent reports')).filter((row) => ofFailed.has(Object(row).database));
  expect(rows).toHaveLength(3);
  expect(rows).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ database: 'unavailable', arrival: 'answered', status: '503' }),
      expect.objectContaining({ database: 'unanswered', arrival: 'unknown', sent_at }),
      expect.objectContaining({ database: 'shortened', arrival: 'unknown', status: null }),
    ]),
  );
});

test('the query "version changes" lists changes between two runs with a version, within 90 days', async () => {
  expect(await rowsOf('version changes')).toEqual([
    {
      database: 'metrics',
      seen_at: new Date(NOW - 2 * DAY).toISOString(),
      previous: '2.28.0',
      installed: '2.29.2',
    },
  ]);
});

test('the query "growth" reads the reports of one database, in the format of any release', async () => {
  const old = { data_bytes: 500, bytes_before_compression: 150, bytes_after_compression: 15 };
  const current = { data_bytes: 1_000, bytes_before_compression: 60, bytes_after_compression: 6 };
  expect(await rowsOf('growth')).toMatchObject([
    { database: 'metrics', ...old, compressed_chunks: null },
    { database: 'metrics', ...old },
    { database: 'metrics', ...current, compressed_chunks: 7 },
    { database: 'metrics', ...current },
  ]);
});

test('the query "growth" is an example for the first database of the environment', () => {
  const growth = (names: readonly string[]) =>
    recordQueries(checked({ databases: names.map((name) => aDatabase(name)) })).at(-1)?.query;
  expect(growth(['first', 'second'])).toContain("where database in ('first')");
  expect(growth([])).toContain("where database in ('metrics')");
});

test('the table has a column for each field of a recorded run', () => {
  const run: Readonly<Record<keyof RecordedRun, true>> = {
    version: true,
    recordedAt: true,
    line: true,
    report: true,
  };
  const line: Readonly<Record<keyof RecordedLine, true>> = {
    severity: true,
    message: true,
    outcome: true,
    environment: true,
    database: true,
    scheduledTime: true,
    attempt: true,
    hint: true,
    remedy: true,
    standby: true,
    uuid: true,
    jobs: true,
    consent: true,
    warnings: true,
    notes: true,
    nextDue: true,
    report: true,
    receipt: true,
    version: true,
    retry: true,
    error: true,
    durationMs: true,
    shortenedFromBytes: true,
  };
  const lowerCase = (fields: object) => Object.keys(fields).map((key) => key.toLowerCase());
  expect(Object.keys(RUN_COLUMNS)).toEqual(lowerCase(run));
  expect(Object.keys(Object(RUN_COLUMNS['line'])).toSorted()).toEqual(lowerCase(line).toSorted());
});
