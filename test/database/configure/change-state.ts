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
