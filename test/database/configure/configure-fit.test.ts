import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { configureAs, configured, useChanger } from '../../support/run/configuring.ts';
import { JOB_FUNCTIONS, LEVEL, OFF } from './change-state.ts';

/** The state of a database that a worker changes must fit into its answer. */
describe('a change by a worker', () => {
  useChanger(true);

  function consenting(): Promise<TestDatabase> {
    return createDatabase({ release: '2.28.3', level: 'basic' });
  }

  test('has as many statements as there are telemetry jobs', async () => {
    await using database = await consenting();
    const { admin } = database;
    await admin.query(JOB_FUNCTIONS);
    await admin.query(`insert into _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime,
        max_retries, retry_period, proc_schema, proc_name)
      select 100 + i, application_name, schedule_interval, max_runtime, max_retries, retry_period, proc_schema, proc_name
      from _timescaledb_catalog.bgw_job, generate_series(1, 998) i where id = 1`);
    const { statements } = await configured(database, OFF);
    expect(statements).toHaveLength(1_000);
    const { rows } = await admin.query('select count(*)::int as calls from calls');
    expect(rows).toEqual([{ calls: 999 }]);
  });

  test('is not applied if the state of the database does not fit', async () => {
    await using database = await consenting();
    const { admin, name } = database;
    await admin.query(`alter database ${name} set ${LEVEL} = '${'x'.repeat(70_000)}'`);
    // Other databases of this server change meanwhile.
    const stateOf = async () => {
      const { rows } = await admin.query(
        `select s.setconfig, (select json_agg(j order by j.id) from _timescaledb_catalog.bgw_job j) as jobs
         from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = $1`,
        [name],
      );
      return rows;
    };
    const before = await stateOf();
    for (const dryRun of [false, true]) {
      const { error, line } = await configureAs(database, { ...OFF, dryRun });
      expect(error).toMatchObject({
        code: 'CATALOG_UNEXPECTED',
        retryable: false,
        message: expect.stringMatching(
          /^The state of this database does not fit into the worker's answer: change\.facts\.level\..* Nothing was changed\.$/,
        ),
      });
      expect(JSON.stringify(line)).not.toContain(name);
    }
    expect(await stateOf()).toStrictEqual(before);
  });
});
