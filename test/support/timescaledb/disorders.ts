import fc from 'fast-check';

/** Valid but unusual texts: control and bidi characters, ends of lines, strings and statements, and long texts. */
const hostileText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '',
      '\u001b[2J\u001b]0;title\u0007',
      '\u009b31m\u202ereversed\u2066\u2028\u200b',
      '\n{"level":"ERROR","outcome":"sent"}',
      "'; drop table hypertable; --",
      '"\\u0000',
      '__proto__',
      '-1',
      'NaN',
      '9'.repeat(400),
      'basic',
      'off',
      'infinity',
      '2024-12-31 04:05:06+00',
    ),
    fc.nat(300_000).map((length) => 'x'.repeat(length)),
  )
  .map((text) => text.replaceAll('\0', '').toWellFormed());

const SETTINGS = [
  'timescaledb.last_tuned',
  'timescaledb.last_tuned_time',
  'timescaledb.last_tune_time',
  'timescaledb.last_tuned_version',
  'timescaledb.last_tune_version',
  'timescaledb_telemetry.cloud',
  'timescaledb.license',
  'timescaledb.license_key',
  'timescaledb.telemetry_level',
] as const;

const disorder = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('value' as const),
      column: fc.nat(),
      /** Index of an edge value; null stands for NULL. */
      edge: fc.option(fc.nat()),
      text: hostileText,
      inAllRows: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('metadata' as const),
      key: hostileText,
      text: hostileText,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('setting' as const),
      name: fc.constantFrom(...SETTINGS),
      text: hostileText,
      ofRole: fc.boolean(),
    }),
  },
  fc.record({
    kind: fc.constant('version' as const),
    text: fc.oneof(
      hostileText,
      fc.constantFrom(
        '2.14.2+dfsg',
        '0.11.0',
        '99.99.99',
        '2.29.2',
        '2.28.3\u001b[2J',
        `2.28.3${'x'.repeat(100_000)}`,
      ),
    ),
  }),
  fc.record({ kind: fc.constant('names' as const), text: hostileText }),
  fc.record({
    kind: fc.constant('function' as const),
    json: fc.oneof(
      fc.json(),
      hostileText.map((text) => JSON.stringify({ [text]: text, db_metadata: { [text]: text } })),
    ),
  }),
  fc.record({
    kind: fc.constant('rows' as const),
    of: fc.constantFrom('jobs', 'metadata', 'hypertables'),
    count: fc.integer({ min: 500, max: 3_000 }),
  }),
  fc.record({
    kind: fc.constant('figures' as const),
    pages: fc.constantFrom(-1, 0, 2_147_483_647),
    rows: fc.constantFrom('-1', 'NaN', 'Infinity', '1e30', '-1e30'),
  }),
);

/** One unusual content of a database. */
export type Disorder = typeof disorder extends fc.Arbitrary<infer T> ? T : never;

/** Up to six unusual contents. */
export const disorders: fc.Arbitrary<readonly Disorder[]> = fc.array(disorder, { maxLength: 6 });
