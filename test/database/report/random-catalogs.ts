import fc from 'fast-check';

/** A text that PostgreSQL can store, also with characters that need quoting. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom("'", '"', '\\', '$1', '{}', '\n'),
  )
  .filter((one) => !one.includes('\0'));
/** A text that is short enough for a name. */
const name = text.filter((one) => one !== '' && Buffer.byteLength(one) < 60);
/** A bigint as text, because it can exceed the safe integers of JavaScript. */
const amount = fc
  .oneof(
    fc.nat(10),
    fc.nat({ max: 10 ** 12 }),
    fc.constant(-1),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  )
  .map(String);
const interval = fc.oneof(
  fc
    .tuple(fc.integer({ min: -30, max: 400 }), fc.integer({ min: -90_000, max: 900_000 }))
    .map(([days, seconds]) => `${days} days ${seconds / 1_000} seconds`),
  fc.constantFrom(
    ...['178000000 years', '-178000000 years', '2562047788:00:54.775807', 'infinity', '-infinity'],
  ),
);
/** The planner's statistics of a table, also those that only a restore can write. */
const planned = fc.record({
  reltuples: fc.constantFrom('-1', '0', '5', '1e12', '3e38', 'NaN', 'Infinity'),
  relpages: fc.constantFrom(-1, 0, 3, 2 ** 31 - 1),
});

const procedure = fc.oneof(
  name,
  fc.constantFrom(
    'policy_retention',
    'policy_compression',
    'policy_reorder',
    'policy_refresh_continuous_aggregate',
    'policy_job_error_retention',
    'policy_job_stat_history_retention',
    'policy_telemetry_',
  ),
);

const hypertable = fc.record({
  kind: fc.constantFrom('own', 'compressing', 'internal', 'materialization'),
  replication: fc.constantFrom(null, null, null, -1, 1, 3),
});
const chunk = fc.record({
  of: fc.nat(5),
  status: fc.nat(15),
  recorded: fc.option(fc.array(amount, { minLength: 6, maxLength: 6 })),
  rows: fc.option(fc.array(amount, { minLength: 3, maxLength: 3 })),
  isThere: fc.boolean(),
  /** Adds a second row of sizes, which only releases before 2.9 allow. */
  isRecordedTwice: fc.boolean(),
});
const job = fc.record({
  isOwn: fc.boolean(),
  procedure,
  isFixed: fc.boolean(),
  statistics: fc.option(
    fc.record({ runs: amount, crashes: amount, duration: interval, failures: interval }),
  ),
  sqlerrcode: fc.option(fc.oneof(text, fc.stringMatching(/^[0-9A-Z]{5}$/))),
});
/** Random contents of TimescaleDB's catalogs, statistics and settings. */
export const catalogs = fc.record({
  hypertables: fc.array(hypertable, { maxLength: 6 }),
  chunks: fc.array(chunk, { maxLength: 8 }),
  planned,
  jobs: fc.array(job, { maxLength: 6 }),
  metadata: fc.uniqueArray(fc.tuple(name, text, fc.boolean()), {
    maxLength: 5,
    selector: ([key]) => key,
  }),
  uuids: fc.subarray(['uuid', 'exported_uuid', 'install_timestamp']),
  installed: fc.oneof(
    text,
    fc.constantFrom('2024-02-03 04:05:06.7-08', '2024-12-31-08', '03/02/2024 04:05:06 UTC'),
  ),
  settings: fc.dictionary(
    fc.constantFrom(
      'timescaledb.last_tuned',
      'timescaledb.last_tune_time',
      'timescaledb.last_tuned_version',
      'timescaledb.last_tune_version',
      'timescaledb_telemetry.cloud',
      'timescaledb.license',
      'timescaledb.license_key',
    ),
    fc.oneof(
      text,
      fc.constantFrom(
        'timescale',
        'apache',
        'E1',
        'E1eyJpZCI6Im8ifQ==',
        '0.18.1',
        '2001-02-03T04:05:06-0300',
      ),
    ),
  ),
  isOwner: fc.boolean(),
});
export type Catalogs = typeof catalogs extends fc.Arbitrary<infer T> ? T : never;
