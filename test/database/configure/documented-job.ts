import type { TestDatabase } from '../../support/postgres/databases.ts';
import { type HandmadeRelease, has, jobSchema } from '../../support/timescaledb/catalogs.ts';

/** One release of each form of the job catalog, by PostgreSQL version. */
export const RELEASES_ON: Readonly<Record<12 | 18, readonly HandmadeRelease[]>> = {
  12: ['0.12.1', '1.3.1', '1.7.5', '2.0.2', '2.8.1', '2.9.3', '2.10.3'],
  18: [
    '0.12.1',
    '1.7.5',
    '2.0.2',
    '2.7.1',
    '2.8.1',
    '2.9.0',
    '2.10.0',
    '2.10.2',
    '2.11.2',
    '2.12.0',
    '2.24.0',
    '2.25.0',
    '2.29.2',
  ],
};

/** Returns the rows of the job catalog with all columns except `id`. */
export async function jobRows(
  { admin }: TestDatabase,
  release: HandmadeRelease,
): Promise<unknown[]> {
  const { rows } = await admin.query(
    `select to_jsonb(j) - 'id' as job from ${jobSchema(release)}.bgw_job j order by j.id`,
  );
  return rows;
}

/** Returns the SQL in TimescaleDB's documentation of 1.x, with the columns that exist, and the equivalent for 2.x. */
export function documentedSql(
  release: HandmadeRelease,
): Readonly<Record<'disable' | 'enable', string>> {
  const job = `${jobSchema(release)}.bgw_job`;
  if (!has(release, '2.0.0')) {
    return {
      disable: `DELETE FROM ${job} WHERE job_type = 'telemetry_and_version_check_if_enabled'`,
      enable: `INSERT INTO ${job} (id, application_name, job_type, schedule_interval, max_runtime, max_retries, retry_period)
        VALUES (1, 'Telemetry Reporter', 'telemetry_and_version_check_if_enabled', INTERVAL '24h', INTERVAL '100s', -1, INTERVAL '1h')`,
    };
  }
  return {
    disable: `UPDATE ${job} SET scheduled = false WHERE id = 1`,
    enable: `UPDATE ${job} SET scheduled = true WHERE id = 1`,
  };
}
