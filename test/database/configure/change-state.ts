import type { TestDatabase } from '../../support/postgres/databases.ts';
import type { Administrator } from '../../support/run/configuring.ts';

export const LEVEL = 'timescaledb.telemetry_level';
export const OFF = { action: 'disable', scope: 'database' } as const;

/** Returns everything that a change can modify, for comparison. */
export async function stateOf({ admin }: TestDatabase): Promise<unknown> {
  const { rows } = await admin.query(`
    select (select json_agg(s order by s.setdatabase, s.setrole) from pg_db_role_setting s) as settings,
      (select json_agg(j order by j.id) from _timescaledb_config.bgw_job j) as jobs,
      (select json_agg(f.setting) from pg_file_settings f where f.name = '${LEVEL}') as configured`);
  return rows;
}

/** Creates an administrator with a login, CONNECT and the privileges that `sql` grants. */
export async function administratorOf(
  { admin, name, password }: TestDatabase,
  sql: (role: string) => string = () => '',
): Promise<Administrator & { drop(): Promise<void> }> {
  const role = `${name}_admin`;
  await admin.query(`create role ${role} login password '${password}';
    grant connect on database ${name} to ${role}; ${sql(role)}`);
  return {
    role,
    password,
    async drop() {
      await admin.query(`alter database ${name} owner to postgres; drop owned by ${role}`);
      await admin.query(`drop role ${role}`);
    },
  };
}

/** Creates the functions that 2.x has in C; they record their calls. */
export const JOB_FUNCTIONS = `
  create table calls (call text);
  create function alter_job(job_id int, schedule_interval interval = null, scheduled bool = null, next_start timestamptz = null)
    returns void language sql as $$ insert into public.calls values (
      pg_catalog.format('alter %s %s %s%s', job_id, schedule_interval, scheduled,
        case when next_start = pg_catalog.now() then 'now' end)) $$;
  create function delete_job(job_id int) returns void language sql
    as $$ insert into public.calls values (pg_catalog.format('delete %s', job_id)) $$;
  create function _timescaledb_functions.restart_background_workers() returns bool language sql
    as $$ insert into public.calls values ('restart') returning true $$;
  alter extension timescaledb add function alter_job(int, interval, bool, timestamptz);
  alter extension timescaledb add function delete_job(int);
  alter extension timescaledb add function _timescaledb_functions.restart_background_workers()`;
