import { type Identity, isAtLeast, postgresqlVersion } from '../identity.ts';
import { type Field, number, text } from './field.ts';
import { errorsBySqlerrcode, jobCounters, statsByJobType } from './jobs.ts';
import { RELATIONS } from './relations.ts';

function setting(name: string): string {
  return `nullif(pg_catalog.current_setting('${name}', true), '')`;
}

function metadata(key: string): string {
  return `select m.value from _timescaledb_catalog.metadata m where m.key = '${key}'`;
}

/** The wrapper in _timescaledb_internal belongs to the extension too, but warns at each call. */
function osInfo(column: string): (identity: Identity) => string {
  return ({ memberFunctions }) => {
    const name = memberFunctions.find((one) => one === '_timescaledb_functions.get_os_info');
    if (name === undefined) return column === 'sysname' ? text("'Unknown'") : 'null';
    const found = `select os.${column} from ${name}() os`;
    return text(column === 'sysname' ? `coalesce((${found}), 'Unknown')` : found);
  };
}

/** What `version()` says of the machine that the server, and with it the extension, was compiled for. */
function fromVersionText(pattern: string): string {
  return `pg_catalog.substring(pg_catalog.version(), '${pattern}')`;
}

const REPLICATION = `pg_catalog.jsonb_build_object(
    'num_wal_senders', (select count(*) from pg_catalog.pg_stat_get_wal_senders() w where w.pid is not null),
    'is_wal_receiver', exists (select 1 from pg_catalog.pg_stat_get_wal_receiver() w where w.pid is not null)
  )`;

const ACCESS_METHODS = `(
    select pg_catalog.jsonb_object_agg(g.amname, pg_catalog.jsonb_build_object('pages', g.pages, 'instances', g.instances))
    from (
      select a.amname, sum(c.relpages) as pages, count(*) as instances
      from pg_catalog.pg_class c join pg_catalog.pg_am a on a.oid = c.relam
      group by a.amname
    ) g
  )`;

const RELATED_EXTENSIONS: readonly (readonly [name: string, since: string])[] = [
  ['pg_prometheus', '0.12.0'],
  ['postgis', '0.12.0'],
  ['promscale', '1.7.5'],
  ['timescale_analytics', '2.1.1'],
  ['timescaledb_toolkit', '2.4.2'],
  ['vector', '2.17.0'],
  ['ai', '2.17.0'],
  ['vectorscale', '2.17.0'],
];

function relatedExtensions(identity: Identity): string {
  const entries = RELATED_EXTENSIONS.filter(([, since]) => isAtLeast(identity, since)).map(
    ([name]) =>
      `'${name}', exists (select 1 from pg_catalog.pg_extension x where x.extname = '${name}')`,
  );
  return `pg_catalog.jsonb_build_object(${entries.join(', ')})`;
}

/** Only `apache` and `timescale` exist; what is not set, because no library is loaded, is not guessed. */
const LICENSE = `case pg_catalog.current_setting('timescaledb.license', true)
    when 'apache' then pg_catalog.jsonb_build_object('edition', 'apache_only')
    when 'timescale' then pg_catalog.jsonb_build_object('edition', 'community')
  end`;

/** An empty text in the configuration file is reported, an unset one is not; only the source tells them apart. */
const INSTANCE_METADATA = `(
    select pg_catalog.jsonb_build_object('cloud', g.cloud)
    from (
      select coalesce(
        (select s.setting from pg_catalog.pg_settings s
         where s.name = 'timescaledb_telemetry.cloud' and s.source <> 'default'),
        ${setting('timescaledb_telemetry.cloud')}
      ) as cloud
    ) g
    where g.cloud is not null
  )`;

const DB_METADATA = `(
    select coalesce(pg_catalog.jsonb_object_agg(m.key, m.value), '{}')
    from _timescaledb_catalog.metadata m
    where m.include_in_telemetry and m.key not in ('uuid', 'exported_uuid', 'install_timestamp')
  )`;

const DB_TELEMETRY_EVENTS = `(
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
      'created', t.created::text, 'tag', t.tag, 'body', t.body) order by t.created), '[]')
    from _timescaledb_catalog.telemetry_event t
  )`;

/**
 * Releases up to 2.24 read the names that timescaledb-tune writes; later ones read others, which nobody writes. Both
 * are read here, the release's own first.
 */
function tuned(older: string, newer: string): (identity: Identity) => string {
  return (identity) => {
    const names = isAtLeast(identity, '2.25.0') ? [newer, older] : [older, newer];
    return text(`coalesce(${names.map(setting).join(', ')})`);
  };
}

function always(sql: string): () => string {
  return () => sql;
}

/**
 * Every field that plain SQL can know, for TimescaleDB 2.14 and later. Left out, because only compiled code knows
 * them: `install_method`, `build_os_name`, `build_os_version`; and `functions_used` is null, as for any level but basic.
 */
export const FIELDS: readonly Field[] = [
  { name: 'telemetry_version', sql: always(number('2')) },
  { name: 'db_uuid', sql: always(text(metadata('uuid'))) },
  { name: 'exported_db_uuid', sql: always(text(metadata('exported_uuid'))) },
  {
    name: 'installed_time',
    // Written by the installing session in its own DateStyle; only ISO can be read without guessing.
    sql: always(
      text(
        `select pg_catalog.to_char(m.value::timestamptz, 'YYYY-MM-DD"T"HH24:MI:SSOF') from _timescaledb_catalog.metadata m where m.key = 'install_timestamp' and m.value ~ '^[0-9]+-[0-9]{2}-[0-9]{2} [0-9:.]+[+-][0-9:]+$'`,
      ),
    ),
  },
  { name: 'os_name', sql: osInfo('sysname') },
  { name: 'os_version', sql: osInfo('version') },
  { name: 'os_release', sql: osInfo('release') },
  { name: 'os_name_pretty', sql: osInfo('version_pretty') },
  {
    name: 'postgresql_version',
    sql: (identity) => text(`'${postgresqlVersion(identity)}'`),
  },
  {
    name: 'timescaledb_version',
    sql: always(
      text("select e.extversion from pg_catalog.pg_extension e where e.extname = 'timescaledb'"),
    ),
  },
  { name: 'build_architecture', sql: always(text(fromVersionText(' on ([^-, ]+)-'))) },
  { name: 'build_architecture_bit_size', sql: always(number(fromVersionText(', ([0-9]+)-bit'))) },
  {
    name: 'data_volume',
    sql: always(number('pg_catalog.pg_database_size(pg_catalog.current_database())')),
  },
  ...jobCounters('', false),
  ...jobCounters('_fixed', true),
  { name: 'related_extensions', sql: relatedExtensions },
  { name: 'license', sql: always(LICENSE) },
  {
    name: 'last_tuned_time',
    sql: tuned('timescaledb.last_tuned', 'timescaledb.last_tune_time'),
  },
  {
    name: 'last_tuned_version',
    sql: tuned('timescaledb.last_tuned_version', 'timescaledb.last_tune_version'),
  },
  { name: 'instance_metadata', sql: always(INSTANCE_METADATA) },
  { name: 'db_metadata', sql: always(DB_METADATA) },
  { name: 'relations', sql: always(RELATIONS) },
  { name: 'functions_used', sql: always("'null'::jsonb") },
  { name: 'replication', sql: always(REPLICATION) },
  { name: 'errors_by_sqlerrcode', sql: errorsBySqlerrcode },
  { name: 'stats_by_job_type', sql: statsByJobType },
  { name: 'db_telemetry_events', until: '2.27.2', sql: always(DB_TELEMETRY_EVENTS) },
  { name: 'access_methods', since: '2.15.0', sql: always(ACCESS_METHODS) },
];
