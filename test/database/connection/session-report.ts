import { expect } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';

export async function consenting(): Promise<TestDatabase> {
  const database = await createDatabase({ release: '2.28.3' });
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    alter database ${database.name} set timescaledb.license = 'timescale';
    insert into _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries,
      retry_period, proc_schema, proc_name)
    values (1000, 'Retention', '1 day', '0', -1, '1h', '_timescaledb_functions', 'policy_retention'),
      (1001, 'Retention', '1 day', '0', -1, '1h', '_timescaledb_functions', 'policy_retention'),
      (1002, 'Own', '1 day', '0', -1, '1h', 'public', 'policy_retention');
    insert into _timescaledb_internal.bgw_job_stat (job_id, total_runs, total_duration, total_duration_failures,
      total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
    values (1000, 3, '1 day 00:00:11.5', '00:00:02', 2, 1, 0, 4, 1), (1001, 5, '0', '0', 5, 0, 0, 2, 3),
      (1002, 7, '0', '0', 7, 0, 0, 0, 0)`);
  return database;
}

/** Returns the report without sizes and pages, which can change between two runs. */
export async function reportOf(database: TestDatabase) {
  await using world = await startWorld({ secret: secretFor(database) });
  const { outcome, error } = await world.run();
  expect(error).toBeUndefined();
  expect(outcome.outcome).toBe('sent');
  const body = world.endpoint.reports[0]?.body;
  const { data_volume, access_methods, relations, ...rest } = JSON.parse(
    body?.toString('utf8') ?? '{}',
  );
  expect([data_volume > 0, access_methods.heap.pages > 0]).toEqual([true, true]);
  expect(Object.keys(relations)).toHaveLength(6);
  return { report: rest, body };
}
