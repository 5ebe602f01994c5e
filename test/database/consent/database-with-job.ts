import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { type HandmadeRelease, jobSchema } from '../../support/timescaledb/catalogs.ts';

/** Creates a database that consents, whose telemetry job has these settings. */
export async function createDatabaseWithJob(
  job: string,
  release: HandmadeRelease = '2.28.3',
): Promise<TestDatabase> {
  const database = await createDatabase({ release });
  await database.admin.query(`
    alter database ${database.name} set timescaledb.telemetry_level = 'basic';
    update ${jobSchema(release)}.bgw_job set ${job}`);
  return database;
}
