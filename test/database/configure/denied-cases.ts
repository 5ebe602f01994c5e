import { LEVEL, OFF } from './change-state.ts';

/** Changes without a required privilege, the remedy of their error, and the same remedy as statements. */
export const DENIED: readonly {
  readonly what: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly title: RegExp;
  readonly remedy: RegExp;
  readonly before?: (role: string, database: string) => string;
  readonly grant: (role: string, database: string) => string;
}[] = [
  {
    what: 'the level of a database with another owner',
    event: { ...OFF, job: 'keep' },
    title: /ALTER DATABASE <this database> SET/,
    remedy: /GRANT <the owner> TO.*GRANT SET ON PARAMETER timescaledb\.telemetry_level TO/,
    grant: (role, database) =>
      `alter database ${database} owner to ${role}; grant set on parameter ${LEVEL} to ${role}`,
  },
  {
    what: 'a setting that no library has registered, to the owner of the database',
    event: { ...OFF, job: 'keep' },
    title: /ALTER DATABASE <this database> SET/,
    remedy: /GRANT SET ON PARAMETER timescaledb\.telemetry_level TO/,
    before: (role, database) => `alter database ${database} owner to ${role}`,
    grant: (role) => `grant set on parameter ${LEVEL} to ${role}`,
  },
  {
    what: 'the level of a role, without CREATEROLE',
    event: { action: 'disable', scope: { role: 'REPORTER' } },
    title: /ALTER ROLE <the role> SET/,
    remedy:
      /ALTER ROLE <the administrator> CREATEROLE; GRANT <the role> TO <the administrator> WITH ADMIN OPTION/,
    grant: (role, database) =>
      `alter role ${role} createrole; grant ${database.replace('_db_', '_role_')} to ${role} with admin option; grant set on parameter ${LEVEL} to ${role}`,
  },
  {
    what: 'a job with another owner',
    event: OFF,
    title: /UPDATE _timescaledb_catalog\.bgw_job SET scheduled = false/,
    remedy: /GRANT SELECT, UPDATE ON _timescaledb_catalog\.bgw_job TO/,
    before: (role, database) =>
      `alter database ${database} owner to ${role}; grant set on parameter ${LEVEL} to ${role}`,
    grant: (role) => `grant select, update on _timescaledb_catalog.bgw_job to ${role}`,
  },
  {
    what: 'the level of the instance, to a role that is not a superuser',
    event: { action: 'disable', scope: 'instance', job: 'keep' },
    title: /ALTER SYSTEM SET/,
    remedy: /needs a superuser/,
    grant: (role) => `alter role ${role} superuser`,
  },
  {
    what: 'the reload of the configuration',
    event: { action: 'disable', scope: 'instance', job: 'keep' },
    title:
      /pg_reload_conf\(\)\. Already applied and not rolled back: ALTER SYSTEM SET timescaledb\.telemetry_level = 'off'\./,
    remedy: /GRANT EXECUTE ON FUNCTION pg_catalog\.pg_reload_conf\(\)/,
    before: (role) => `grant alter system on parameter ${LEVEL} to ${role}`,
    grant: (role) => `grant execute on function pg_catalog.pg_reload_conf() to ${role}`,
  },
];
