import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { isOldPostgresHere, startOldPostgres } from '../../support/postgres/old-postgres.ts';
import { startPostgres } from '../../support/postgres/postgres.ts';
import { configured, consentOf, decisionOf, useChanger } from '../../support/run/configuring.ts';
import { MODES } from '../../support/run/world.ts';
import { type HandmadeRelease, has } from '../../support/timescaledb/catalogs.ts';
import { LEVEL } from './change-state.ts';
import { documentedSql, jobRows, RELEASES_ON } from './documented-job.ts';
import { defineRoleLevelTests } from './role-levels.ts';

async function startServer(major: 12 | 18): Promise<{ port: number; stop(): Promise<void> }> {
  return major === 18 ? startPostgres() : startOldPostgres(major);
}

// Separate servers, because ALTER SYSTEM affects all databases.
describe.each(([12, 18] as const).filter((major) => major === 18 || isOldPostgresHere))(
  'on PostgreSQL %i',
  (major) => {
    let server: Awaited<ReturnType<typeof startServer>>;
    beforeAll(async () => {
      server = await startServer(major);
    });
    afterAll(() => server.stop());

    /** Creates a database that consents. */
    async function consenting(release: HandmadeRelease): Promise<TestDatabase> {
      const database = await createDatabase({ port: server.port, release });
      await database.admin.query(`alter database ${database.name} set ${LEVEL} = 'basic'`);
      return database;
    }

    describe.each(
      RELEASES_ON[major].flatMap((release) =>
        MODES.map(([how, split]) => ({ release, how, split })),
      ),
    )('in $release, $how', ({ release, split }) => {
      useChanger(split);
      /** Shared by all tests of the release: each one restores it. */
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
        'disable with job $job denies consent, and enable restores level, consent and job row',
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

      test("has the same effect on consent and job as the documentation's SQL", async () => {
        const sql = documentedSql(release);
        const readState = async () => [await consentOf(database), await jobRows(database, release)];
        for (const action of ['disable', 'enable'] as const) {
          await database.admin.query(
            `ALTER DATABASE ${database.name} SET ${LEVEL} = ${action === 'enable' ? 'basic' : 'off'}; ${sql[action]}`,
          );
          const byHand = await readState();
          const other = action === 'enable' ? 'disable' : 'enable';
          await configured(database, { action: other, scope: 'database' });
          expect(await readState()).not.toStrictEqual(byHand);
          await configured(database, { action, scope: 'database' });
          expect(await readState()).toStrictEqual(byHand);
        }
      });

      test.each(has(release, '2.0.0') ? ['pause', 'remove'] : ['remove'])(
        'denies consent by the job alone after %s, and enable restores the job',
        async (job) => {
          await configured(database, { action: 'disable', scope: 'database', job });
          // With the level basic the job decides.
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
      'resumes a job of %s that is paused by its next start, and disables it only by scheduled',
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

    defineRoleLevelTests(consenting);

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
