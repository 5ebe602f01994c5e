import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { isOldPostgresHere, startOldPostgres } from '../../support/postgres/old-postgres.ts';
import { startPostgres } from '../../support/postgres/postgres.ts';
import { configured, consentOf, decisionOf } from '../../support/run/configuring.ts';
import { type HandmadeRelease, has, jobSchema } from '../../support/timescaledb/catalogs.ts';

const LEVEL = 'timescaledb.telemetry_level';

/** One of every form of the job catalog. */
const RELEASES_ON: Readonly<Record<12 | 18, readonly HandmadeRelease[]>> = {
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

/** The job's row, its id aside; every column, since a column that was forgotten would be one that has changed. */
async function jobRows({ admin }: TestDatabase, release: HandmadeRelease): Promise<unknown[]> {
  const { rows } = await admin.query(
    `select to_jsonb(j) - 'id' as job from ${jobSchema(release)}.bgw_job j order by j.id`,
  );
  return rows;
}

/** The SQL of TimescaleDB's documentation for 1.x, with the columns that exist; and what it would say for 2.x. */
function documented(release: HandmadeRelease): Readonly<Record<'disable' | 'enable', string>> {
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

async function startServer(major: 12 | 18): Promise<{ port: number; stop(): Promise<void> }> {
  return major === 18 ? startPostgres() : startOldPostgres(major);
}

// Servers of this file's own, because ALTER SYSTEM speaks of all databases.
describe.each(([12, 18] as const).filter((major) => major === 18 || isOldPostgresHere))(
  'on PostgreSQL %i',
  (major) => {
    let server: Awaited<ReturnType<typeof startServer>>;
    beforeAll(async () => {
      server = await startServer(major);
    });
    afterAll(() => server.stop());

    /** A database that consents. */
    async function consenting(release: HandmadeRelease): Promise<TestDatabase> {
      const database = await createDatabase({ port: server.port, release });
      await database.admin.query(`alter database ${database.name} set ${LEVEL} = 'basic'`);
      return database;
    }

    describe.each(RELEASES_ON[major])('in %s', (release) => {
      /** One for all tests of the release, since each has to leave it as it was. */
      let database: TestDatabase;
      let rowsBefore: unknown[];
      beforeAll(async () => {
        database = await consenting(release);
        rowsBefore = await jobRows(database, release);
      });
      afterAll(() => database[Symbol.asyncDispose]());
      afterEach(async () => {
        expect(await jobRows(database, release)).toStrictEqual(rowsBefore);
      });

      test.each([
        { job: undefined },
        { job: 'keep' },
        { job: 'remove' },
        ...(has(release, '2.0.0') ? [{ job: 'pause' }] : []),
      ])(
        'disable (job: $job) denies, and enable brings back level, consent and job row',
        async ({ job }) => {
          const off = await configured(database, { action: 'disable', scope: 'database', job });
          const on = await configured(database, { action: 'enable', scope: 'database' });

          expect(off.consent).toMatchObject({
            before: { granted: true, level: 'basic', rule: 'level-set', where: 'database' },
            after: { granted: false, level: 'off', rule: 'level-off', where: 'database' },
          });
          expect(on.consent.before).toStrictEqual(off.consent.after);
          expect(on.consent.after).toStrictEqual(off.consent.before);
        },
      );

      test("reaches the consent and the job that the documentation's SQL reaches", async () => {
        const sql = documented(release);
        const look = async () => [await consentOf(database), await jobRows(database, release)];
        for (const action of ['disable', 'enable'] as const) {
          await database.admin.query(
            `ALTER DATABASE ${database.name} SET ${LEVEL} = ${action === 'enable' ? 'basic' : 'off'}; ${sql[action]}`,
          );
          const byHand = await look();
          const other = action === 'enable' ? 'disable' : 'enable';
          await configured(database, { action: other, scope: 'database' });
          expect(await look()).not.toStrictEqual(byHand);
          await configured(database, { action, scope: 'database' });
          expect(await look()).toStrictEqual(byHand);
        }
      });

      test.each(has(release, '2.0.0') ? ['pause', 'remove'] : ['remove'])(
        'the job alone denies after %s, and is put back',
        async (job) => {
          await configured(database, { action: 'disable', scope: 'database', job });
          // The level is on again, so that the job decides.
          await database.admin.query(`alter database ${database.name} set ${LEVEL} = 'basic'`);
          expect(await consentOf(database)).toMatchObject({
            granted: false,
            rule: job === 'pause' ? 'job-paused' : 'job-removed',
          });
          const { statements } = await configured(database, {
            action: 'enable',
            scope: 'database',
          });
          expect(statements).toHaveLength(2);
          expect(await consentOf(database)).toMatchObject({ granted: true });
        },
      );
    });

    test('sets, loads and reads back an instance level that no library has registered', async () => {
      await using database = await createDatabase({ port: server.port, release: '2.10.3' });
      await database.admin.query(
        'alter extension timescaledb drop function get_telemetry_report(); delete from _timescaledb_config.bgw_job',
      );
      const target = { levelWhenUnset: 'basic' };
      const off = await configured(database, { action: 'disable', scope: 'instance' }, { target });
      const on = await configured(
        database,
        { action: 'enable', scope: 'instance', level: 'no_functions' },
        { target },
      );
      await database.admin.query(`alter system reset ${LEVEL}`);
      await database.admin.query('select pg_reload_conf()');

      expect(off.statements).toStrictEqual([
        ...(major === 12 ? [`SET ${LEVEL} = 'off'`] : []),
        `ALTER SYSTEM SET ${LEVEL} = 'off'`,
        'SELECT pg_catalog.pg_reload_conf()',
      ]);
      expect(decisionOf(off.consent.before)).toMatchObject({ granted: true, level: 'basic' });
      expect(decisionOf(off.consent.after)).toMatchObject({
        granted: false,
        rule: 'level-off',
        where: 'configuration-file',
      });
      expect(decisionOf(on.consent.after)).toMatchObject({ granted: true, level: 'no_functions' });
    });

    test('grants consent to a plain role when the database overrides a server that is off', async () => {
      await using database = await createDatabase({ port: server.port, release: '2.10.3' });
      const { admin } = database;
      await admin.query(`set ${LEVEL} = 'off'`);
      await admin.query(`alter system set ${LEVEL} = 'off'`);
      await admin.query('select pg_reload_conf()');
      const on = await configured(database, { action: 'enable', scope: 'database' });
      const plain = await consentOf(database);
      await admin.query(`alter system reset ${LEVEL}`);
      await admin.query('select pg_reload_conf()');

      expect(plain).toMatchObject({ granted: true, rule: 'level-set', where: 'database' });
      expect(decisionOf(on.consent.after)).toStrictEqual(plain);
      expect(on.notes.join(' ')).not.toContain('still denied');
    });

    test("ignores the administrator's own level", async () => {
      await using database = await createDatabase({ port: server.port, release: '2.10.3' });
      const administrator = { role: `admin_${database.name}`, password: database.password };
      const { admin, name } = database;
      await admin.query(
        `create role ${administrator.role} login superuser password '${administrator.password}'`,
      );
      for (const where of ['', ` in database ${name}`]) {
        await admin.query(`alter role ${administrator.role}${where} set ${LEVEL} = 'off'`);
        const on = await configured(
          database,
          { action: 'enable', scope: 'database' },
          { administrator },
        );
        expect(decisionOf(on.consent.after)).toStrictEqual(await consentOf(database));
        expect(decisionOf(on.consent.after)).toMatchObject({ granted: true, where: 'database' });
        await admin.query(`alter role ${administrator.role}${where} reset ${LEVEL}`);
        await admin.query(`alter database ${name} reset ${LEVEL}`);
      }
      await admin.query(`drop role ${administrator.role}`);
    });

    test.each(['1.7.5', '2.10.3'] as const)(
      'enable resumes a job of %s that is paused by its next start, disable keeps using scheduled',
      async (release) => {
        await using database = await consenting(release);
        const { admin } = database;
        const durations = has(release, '2.9.0')
          ? 'total_duration, total_duration_failures'
          : 'total_duration';
        await admin.query(`insert into _timescaledb_internal.bgw_job_stat (job_id, next_start, total_runs, ${durations},
            total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
          values (1, 'infinity', 1, ${has(release, '2.9.0') ? "'0', '0'" : "'0'"}, 1, 0, 0, 0, 0)`);
        expect(await consentOf(database)).toMatchObject({ granted: false, rule: 'job-paused' });
        const on = await configured(database, { action: 'enable', scope: 'database' });
        const off = await configured(database, {
          action: 'disable',
          scope: 'database',
          dryRun: true,
        });

        expect(on.statements).toContain(
          'UPDATE _timescaledb_internal.bgw_job_stat SET next_start = pg_catalog.now() WHERE job_id IN (1)',
        );
        expect(decisionOf(on.consent.before)).toMatchObject({ rule: 'job-paused' });
        expect(decisionOf(on.consent.after)).toMatchObject({ granted: true });
        expect(await consentOf(database)).toMatchObject({ granted: true });
        expect(off.statements.join(' ')).not.toContain('next_start');
      },
    );

    test('sets the level of a role, and of a role in one database, with any name', async () => {
      await using database = await consenting('2.10.3');
      const role = `o'ne "role"; drop table x; --\\ ${database.name} é`;
      const quoted = `"${role.replaceAll('"', '""')}"`;
      await database.admin.query(`create role ${quoted}`);
      const settings = async () =>
        (
          await database.admin.query<{ role: string; config: string[] }>(
            `select rolname as role, setconfig as config, coalesce(datname, '') as database
               from pg_db_role_setting s join pg_roles r on r.oid = setrole left join pg_database d on d.oid = setdatabase
              where rolname = $1 order by 3`,
            [role],
          )
        ).rows;

      await configured(database, { action: 'disable', scope: { role } });
      await configured(database, {
        action: 'enable',
        scope: { role, inDatabase: database.name },
        level: 'no_functions',
      });
      expect(await settings()).toStrictEqual([
        { role, config: [`${LEVEL}=off`], database: '' },
        { role, config: [`${LEVEL}=no_functions`], database: database.name },
      ]);
      await configured(database, { action: 'enable', scope: { role } });
      const back = await configured(database, {
        action: 'enable',
        scope: { role, inDatabase: database.name },
      });
      expect(back.statements).toStrictEqual([
        `ALTER ROLE ${quoted} IN DATABASE ${database.name} RESET ${LEVEL}`,
      ]);
      expect(await settings()).toStrictEqual([]);
      await database.admin.query(`drop role ${quoted}`);
    });

    test("includes the reporting role's level in the consent after the change", async () => {
      await using database = await consenting('2.10.3');
      const { consent } = await configured(database, {
        action: 'disable',
        scope: { role: database.role },
      });
      expect(decisionOf(consent.before)).toMatchObject({ granted: true });
      expect(decisionOf(consent.after)).toStrictEqual({
        granted: false,
        level: 'off',
        rule: 'level-off',
        where: 'role',
        holder: 'reporting-role',
      });
      await configured(database, { action: 'enable', scope: { role: database.role } });
      expect(await consentOf(database)).toMatchObject({ granted: true });
    });

    test('notes that a new database inherits the job of a template and not its level', async () => {
      await using template = await createDatabase({ port: server.port, release: '2.10.3' });
      const { admin, name } = template;
      await admin.query(`update pg_database set datistemplate = true where datname = '${name}'`);
      const { notes } = await configured(template, {
        action: 'disable',
        scope: 'database',
        job: 'remove',
      });
      await using other = await createDatabase({ port: server.port });
      await admin.end();
      await other.admin.query(`create database ${name}_new template ${name}`);
      const { rows } = await other.admin.query<{ level: string[] | null }>(
        `select (select setconfig from pg_db_role_setting where setdatabase = d.oid) as level
           from pg_database d where datname = '${name}_new'`,
      );
      const copy = await configured(
        { name: `${name}_new`, port: server.port },
        { action: 'disable', scope: 'database', dryRun: true },
      );
      await other.admin.query(`drop database ${name}_new`);
      await other.admin.query(
        `update pg_database set datistemplate = false where datname = '${name}'`,
      );

      expect(notes.join(' ')).toMatch(
        /template do not inherit its level.*use the scope "instance"/s,
      );
      expect(rows).toStrictEqual([{ level: null }]);
      expect(copy.notes).toContain('There is no telemetry job to pause.');
    });
  },
);
