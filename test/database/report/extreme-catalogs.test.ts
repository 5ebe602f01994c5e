import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { chunkAndSizes } from '../../support/timescaledb/compressed-chunk.ts';
import { type Json, runFor } from '../../support/timescaledb/reports.ts';
import { objectionsTo } from '../../support/timescaledb/schemas.ts';

/** Tests values that the types and constraints of the catalogs allow, and that TimescaleDB does not write. */

type Release = NonNullable<Parameters<typeof createDatabase>[0]>['release'];

async function sentReport(
  release: NonNullable<Release>,
  fill: (database: TestDatabase) => Promise<unknown>,
  target: Readonly<Record<string, unknown>> = {},
): Promise<Json> {
  await using database = await createDatabase({ release, level: 'basic' });
  await fill(database);
  const { outcome, report } = await runFor(database, { target });
  expect(outcome.error).toBeUndefined();
  expect(outcome.outcome).toBe('sent');
  expect(objectionsTo(report, release)).toStrictEqual([]);
  return report;
}

function kindIn(report: Json, kind: string): unknown {
  return Reflect.get(Object(report['relations']), kind);
}

describe('a compressed chunk with two rows of recorded sizes', () => {
  test.each(['2.6.1', '2.8.1'] as const)(
    'counts once in %s, by the row of the lowest compressed chunk',
    async (release) => {
      const report = await sentReport(release, ({ admin }) =>
        admin.query(
          chunkAndSizes([
            { compressedChunk: 12, size: 5_000 },
            { compressedChunk: 11, size: 300 },
          ]),
        ),
      );
      expect(kindIn(report, 'hypertables')).toMatchObject({
        num_relations: 1,
        num_children: 1,
        compression: { num_compressed_chunks: 1, uncompressed_heap_size: 300 },
      });
    },
  );

  test('counts twice before 2.6, whose reporter adds up all rows', async () => {
    const report = await sentReport('2.5.2', ({ admin }) =>
      admin.query(
        chunkAndSizes([
          { compressedChunk: 12, size: 5_000 },
          { compressedChunk: 11, size: 300 },
        ]),
      ),
    );
    expect(report).toMatchObject({ uncompressed_heap_size: '5300' });
  });
});

const MOST = '9223372036854775807';

describe('recorded sizes', () => {
  test('are reported when they are negative', async () => {
    const report = await sentReport('2.8.1', ({ admin }) =>
      admin.query(chunkAndSizes([{ compressedChunk: 11, size: -5 }])),
    );
    expect(kindIn(report, 'hypertables')).toMatchObject({
      compression: { uncompressed_heap_size: -5, compressed_heap_size: -5 },
    });
  });

  test('are reported as text when their sum exceeds a bigint', async () => {
    const report = await sentReport('2.5.2', ({ admin }) =>
      admin.query(
        chunkAndSizes([
          { compressedChunk: 11, size: MOST },
          { compressedChunk: 12, size: MOST },
        ]),
      ),
    );
    expect(report).toMatchObject({ uncompressed_heap_size: '18446744073709551614' });
  });
});

describe("a job's statistics", () => {
  const statistics = (values: Readonly<Record<string, string>>) => {
    const all = {
      job_id: '1',
      total_runs: '3',
      total_duration: "'0'",
      total_successes: '3',
      total_failures: '0',
      total_crashes: '0',
      consecutive_failures: '0',
      consecutive_crashes: '0',
      total_duration_failures: "'0'",
      ...values,
    };
    return ({ admin }: TestDatabase) =>
      admin.query(`insert into _timescaledb_internal.bgw_job_stat (${Object.keys(all).join(', ')})
        values (${Object.values(all).join(', ')})`);
  };
  const ofTelemetry = (report: Json): unknown =>
    Reflect.get(Object(report['stats_by_job_type']), 'policy_telemetry');

  test('are reported when a count is negative', async () => {
    const report = await sentReport('2.28.3', statistics({ total_crashes: '-1' }));
    expect(ofTelemetry(report)).toMatchObject({ total_runs: 3, total_crashes: -1 });
  });

  test('are reported when a count is beyond the safe integers', async () => {
    const report = await sentReport('2.28.3', statistics({ total_runs: MOST }));
    expect(ofTelemetry(report)).toMatchObject({ total_runs: Number(MOST) });
  });

  test.each(['infinity', '-infinity', '178000000 years'])(
    'are reported without a duration of %s',
    async (duration) => {
      const report = await sentReport(
        '2.28.3',
        statistics({ total_duration: `'${duration}'`, total_duration_failures: "'00:00:07'" }),
      );
      expect(ofTelemetry(report)).toMatchObject({
        total_duration: '00:00:00',
        total_duration_failures: '00:00:07',
      });
    },
  );
});

describe("the planner's statistics", () => {
  const TABLE = 'create table one as select generate_series(1, 5); analyze one;';

  test.each(['NaN', 'Infinity', '3e38', '-1'])(
    'count no rows for a reltuples of %s',
    async (reltuples) => {
      const report = await sentReport('2.28.3', ({ admin }) =>
        admin.query(
          `${TABLE} update pg_class set reltuples = '${reltuples}' where oid = 'one'::regclass`,
        ),
      );
      expect(kindIn(report, 'tables')).toMatchObject({ num_reltuples: 0 });
    },
  );

  test('count no pages for a relpages of -1', async () => {
    const report = await sentReport(
      '2.28.3',
      ({ admin }) =>
        admin.query(`${TABLE} create index on one (generate_series);
          update pg_class set relpages = -1 where relname like 'one%'`),
      { sizes: 'estimated' },
    );
    expect(kindIn(report, 'tables')).toMatchObject({ heap_size: 0, indexes_size: 0 });
  });
});

test.each(['2562047788:00:54.775807', '-2562047788:00:54.775807', '178000000 years'])(
  'reads a telemetry job with the times %s',
  async (time) => {
    await sentReport('2.28.3', ({ admin }) =>
      admin.query(
        `update _timescaledb_catalog.bgw_job set max_runtime = '${time}', retry_period = '${time}'`,
      ),
    );
  },
);

test('omits an install time that PostgreSQL cannot parse', async () => {
  const report = await sentReport('2.28.3', ({ admin }) =>
    admin.query(
      "update _timescaledb_catalog.metadata set value = '2024-12-31-08' where key = 'install_timestamp'",
    ),
  );
  expect(report).not.toHaveProperty('installed_time');
});
