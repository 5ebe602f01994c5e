import {
  functionsSchema,
  type Identity,
  isAtLeast,
  memberFunction,
  metadataTable,
  postgresqlVersion,
} from '../identity.ts';
import { COUNTERS_BEFORE_2_6, DISTRIBUTED } from './counters.ts';
import {
  ANYTHING,
  always,
  BOOLEAN,
  BOOLEAN_AS_TEXT,
  FIGURE,
  type Field,
  figure,
  INTEGER,
  list,
  map,
  NUMBER,
  NUMBER_AS_TEXT,
  number,
  object,
  objectSql,
  orNull,
  TEXT,
  text,
  textLike,
} from './field.ts';
import { JOB_COUNTERS, JOB_OUTCOMES } from './jobs.ts';
import { LICENSE } from './license.ts';
import { RELATIONS } from './relations.ts';
import { isoTime } from './time.ts';

const UUID_PATTERN = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const UUID = textLike('uuid', new RegExp(UUID_PATTERN));

const COMPILED_ONLY = 'only the compiled code of the extension knows it';
const NO_OS = 'the extension has no `get_os_info()` that may be called';

function setting(name: string): string {
  return `nullif(pg_catalog.current_setting('${name}', true), '')`;
}

function metadata(identity: Identity, key: string): string {
  return `select m.value from ${metadataTable(identity)} m where m.key = '${key}'`;
}

function uuid(key: string): (identity: Identity) => string {
  return (identity) =>
    text(`select m.value from (${metadata(identity, key)}) m where m.value ~ '${UUID_PATTERN}'`);
}

/** Written by the installing session in its own DateStyle; only ISO, with an offset, can be read without guessing. */
function installedTime(identity: Identity): string {
  const written = `${metadata(identity, 'install_timestamp')} and m.value ~ ':[0-9.]+[+-][0-9:]+$'`;
  return text(
    isAtLeast(identity, '1.7.3')
      ? `pg_catalog.to_char(${isoTime(written)}, 'YYYY-MM-DD"T"HH24:MI:SSOF')`
      : isoTime(written),
  );
}

/** Since 2.12.0 the wrapper in _timescaledb_internal belongs to the extension too, but warns at each call. */
function osInfo(column: string): (identity: Identity) => string {
  return (identity) => {
    const found = memberFunction(identity, 'get_os_info', functionsSchema(identity));
    const isName = column === 'sysname';
    if (found?.callable !== true) return isName ? text("'Unknown'") : 'null';
    const value = `select os.${column} from ${found.call}() os`;
    return text(isName ? `coalesce((${value}), 'Unknown')` : value);
  };
}

/** What `version()` says of the machine that the server, and with it the extension, was compiled for. */
function fromVersionText(pattern: string): string {
  return `pg_catalog.substring(pg_catalog.version(), '${pattern}')`;
}

/**
 * Releases up to 2.24 read the names that timescaledb-tune writes; later ones read others, which nobody writes. Both
 * are read here, the release's own first. Anybody can set them for himself, so only what tune could have written counts.
 */
function tuned(older: string, newer: string, pattern: string): (identity: Identity) => string {
  return (identity) => {
    const names = isAtLeast(identity, '2.25.0') ? [newer, older] : [older, newer];
    const values = names.map((name) => `pg_catalog.substring(${setting(name)}, '${pattern}')`);
    return text(`coalesce(${values.join(', ')})`);
  };
}

const TUNED_TIME = '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,18} ?(?:Z|[+-][0-9:]{2,6})?$';
const TUNED_VERSION = '^[0-9]+(?:[.][0-9]+)*(?:-[a-z]{1,8}[.]?[0-9]{0,3})?$';

const RELATED_EXTENSIONS: readonly Field[] = (
  [
    ['pg_prometheus', '0.12.0'],
    ['postgis', '0.12.0'],
    ['promscale', '1.7.5'],
    ['timescale_analytics', '2.1.1'],
    ['timescaledb_toolkit', '2.4.2'],
    ['vector', '2.17.0'],
    ['ai', '2.17.0'],
    ['vectorscale', '2.17.0'],
  ] as const
).map(([name, since]) => {
  const installed = `exists (select 1 from pg_catalog.pg_extension x where x.extname = '${name}')`;
  return {
    name,
    since,
    type: [
      ['0.12.0', BOOLEAN_AS_TEXT],
      ['2.6.0', BOOLEAN],
    ],
    says: 'whether it is installed in this database',
    example: false,
    sql: (identity) => (isAtLeast(identity, '2.6.0') ? installed : `(${installed})::text`),
  };
});

/** An empty text in the configuration file is reported, an unset one is not; only the source tells them apart. */
const CLOUD = `coalesce(
      (select s.setting from pg_catalog.pg_settings s
       where s.name = 'timescaledb_telemetry.cloud' and s.source <> 'default'),
      ${setting('timescaledb_telemetry.cloud')}
    )`;

const INSTANCE_METADATA: readonly Field[] = [
  {
    name: 'cloud',
    type: TEXT,
    says: 'the setting `timescaledb_telemetry.cloud`, as it is',
    example: 'own',
    sql: always(CLOUD),
  },
];

/** 1.3 had no flag, and reported every row. */
function dbMetadata(identity: Identity): string {
  const isFlagged = isAtLeast(identity, '1.4.0') ? 'm.include_in_telemetry and ' : '';
  return `(
    select coalesce(pg_catalog.jsonb_object_agg(m.key, m.value), '{}')
    from ${metadataTable(identity)} m
    where ${isFlagged}m.key not in ('uuid', 'exported_uuid', 'install_timestamp')
  )`;
}

const NOT_TOLD = "the server's own text is sent, and it could not find out";

const REPLICATION: readonly Field[] = [
  {
    name: 'num_wal_senders',
    type: NUMBER,
    absent: NOT_TOLD,
    says: 'WAL senders, one for each standby or copy that is connected',
    example: 0,
    sql: always(
      '(select count(*) from pg_catalog.pg_stat_get_wal_senders() w where w.pid is not null)',
    ),
  },
  {
    name: 'is_wal_receiver',
    type: BOOLEAN,
    absent: NOT_TOLD,
    says: 'whether this is a standby that receives WAL',
    example: false,
    sql: always(
      'exists (select 1 from pg_catalog.pg_stat_get_wal_receiver() w where w.pid is not null)',
    ),
  },
];

const ACCESS_METHOD: readonly Field[] = [
  {
    name: 'pages',
    type: INTEGER,
    says: "pages, by the planner's count (-1 for a partitioned table)",
    example: 731,
    sql: always('sum(c.relpages)'),
  },
  {
    name: 'instances',
    type: NUMBER,
    says: 'relations that use it, catalogs included',
    example: 215,
    sql: always('count(*)'),
  },
];

function accessMethods(identity: Identity): string {
  return `(
    select pg_catalog.jsonb_object_agg(g.amname, g.figures)
    from (
      select a.amname, ${objectSql(ACCESS_METHOD, identity)} as figures
      from pg_catalog.pg_class c join pg_catalog.pg_am a on a.oid = c.relam
      group by a.amname
    ) g
  )`;
}

const EVENT: readonly Field[] = [
  { name: 'created', type: TEXT, says: 'when', example: '2023-05-01 10:00:00+00' },
  { name: 'tag', type: TEXT, says: 'what, as its writer calls it', example: 'event' },
  { name: 'body', type: ANYTHING, says: 'whatever its writer has put there', example: {} },
];

/** The table of fields: from it come the query, the check of the finished report, and the published list. */
export const FIELDS: readonly Field[] = [
  {
    name: 'telemetry_version',
    since: '2.6.0',
    type: NUMBER,
    says: 'the format: 2',
    example: 2,
    sql: always(number('2')),
  },
  {
    name: 'db_uuid',
    type: UUID,
    says: 'a random identifier that the extension made for this database',
    example: '26917841-2fc0-48fd-b096-ba19b3fda98f',
    absent: 'the database has none',
    sql: uuid('uuid'),
  },
  {
    name: 'exported_db_uuid',
    type: UUID,
    says: 'a second one, which follows a dump and restore',
    example: '8dd4543c-f44e-43c9-a666-02d23bb09b90',
    absent:
      "the server has never made one; its own reporter makes it with the first report, and we don't write",
    sql: uuid('exported_uuid'),
  },
  {
    name: 'installed_time',
    type: TEXT,
    says: 'when the extension was created in this database, UTC (before 1.7.3 as `2000-04-17 14:56:59.427738+00`)',
    example: '2000-04-17T14:56:59+00',
    absent: 'it was not written in ISO style, and would have to be guessed',
    sql: installedTime,
  },
  {
    name: 'install_method',
    type: TEXT,
    says: 'how the extension was packaged',
    example: 'source',
    absent: COMPILED_ONLY,
  },
  {
    name: 'os_name',
    type: TEXT,
    says: "the database host's operating system; `Unknown` where the extension cannot be asked",
    example: 'Linux',
    sql: osInfo('sysname'),
  },
  {
    name: 'os_version',
    type: TEXT,
    says: 'its version, a text of the kernel',
    example: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1',
    absent: NO_OS,
    sql: osInfo('version'),
  },
  {
    name: 'os_release',
    type: TEXT,
    says: 'its release',
    example: '6.1.0-18-amd64',
    absent: NO_OS,
    sql: osInfo('release'),
  },
  {
    name: 'os_name_pretty',
    since: '1.2.0',
    type: TEXT,
    says: 'its distribution',
    example: 'Debian GNU/Linux 12 (bookworm)',
    absent: `${NO_OS}, or the host names none`,
    sql: osInfo('version_pretty'),
  },
  {
    name: 'postgresql_version',
    type: TEXT,
    says: 'version of the running server',
    example: '17.5',
    sql: (identity) => text(`'${postgresqlVersion(identity)}'`),
  },
  {
    name: 'timescaledb_version',
    type: TEXT,
    says: 'version of the extension in this database',
    example: '2.28.3',
    sql: always(
      text("select e.extversion from pg_catalog.pg_extension e where e.extname = 'timescaledb'"),
    ),
  },
  {
    name: 'build_os_name',
    type: TEXT,
    says: 'system that the extension was compiled on',
    example: 'Linux',
    absent: COMPILED_ONLY,
  },
  {
    name: 'build_os_version',
    type: TEXT,
    says: 'its version',
    example: '6.1.0-18-amd64',
    absent: COMPILED_ONLY,
  },
  {
    name: 'build_architecture',
    since: '1.4.0',
    type: TEXT,
    says: 'processor that the extension was compiled for; by `version()`, since it is loaded into that server',
    example: 'x86_64',
    absent: '`version()` does not say',
    sql: always(text(fromVersionText(' on ([^-, ]+)-'))),
  },
  {
    name: 'build_architecture_bit_size',
    since: '1.4.0',
    type: [
      ['1.4.0', NUMBER_AS_TEXT],
      ['2.6.0', NUMBER],
    ],
    says: 'its word size in bits',
    example: 64,
    absent: '`version()` does not say',
    sql: figure(fromVersionText(', ([0-9]+)-bit')),
  },
  {
    name: 'data_volume',
    type: FIGURE,
    says: 'size of the database in bytes',
    example: 14_826_855,
    sql: figure('pg_catalog.pg_database_size(pg_catalog.current_database())'),
  },
  ...COUNTERS_BEFORE_2_6,
  ...JOB_COUNTERS,
  {
    name: 'related_extensions',
    type: object(RELATED_EXTENSIONS),
    says: 'which extensions of a fixed list are installed',
    example: { postgis: false },
    sql: (identity) => objectSql(RELATED_EXTENSIONS, identity),
  },
  LICENSE,
  ...DISTRIBUTED,
  {
    name: 'last_tuned_time',
    since: '1.2.0',
    type: textLike('time', new RegExp(TUNED_TIME)),
    says: 'when timescaledb-tune was run last',
    example: '2001-02-03T04:05:06-0300',
    absent: 'it never was, or the setting holds something else than a time',
    sql: tuned('timescaledb.last_tuned', 'timescaledb.last_tune_time', TUNED_TIME),
  },
  {
    name: 'last_tuned_version',
    since: '1.2.0',
    type: textLike('version', new RegExp(TUNED_VERSION)),
    says: 'version of timescaledb-tune',
    example: '0.18.1',
    absent: 'it never was run, or the setting holds something else than a version',
    sql: tuned('timescaledb.last_tuned_version', 'timescaledb.last_tune_version', TUNED_VERSION),
  },
  {
    name: 'instance_metadata',
    since: '1.3.0',
    type: object(INSTANCE_METADATA),
    says: 'what the server is told about its cloud',
    example: { cloud: 'own' },
    absent: '`timescaledb_telemetry.cloud` is not set',
    warning: 'the setting comes out as it is',
    sql: (identity) =>
      `case when ${CLOUD} is not null then ${objectSql(INSTANCE_METADATA, identity)} end`,
  },
  {
    name: 'db_metadata',
    since: '1.3.0',
    type: map('key', /^/, TEXT),
    says: 'rows of the metadata that an administrator flagged `include_in_telemetry` (1.3: every row, there is no flag)',
    example: { deployment: 'demonstration' },
    warning: 'flagged keys and values come out as they are',
    sql: dbMetadata,
  },
  {
    name: 'relations',
    since: '2.6.0',
    type: object(RELATIONS),
    says: 'per kind of relation: how many, and how large',
    example: { tables: { num_relations: 2 } },
    sql: (identity) => objectSql(RELATIONS, identity),
  },
  {
    name: 'functions_used',
    since: '2.7.1',
    type: orNull(map('signature of a function', /^[^\n\r]+\([^\n\r]*\)$/, NUMBER)),
    says: "how often functions of PostgreSQL and of known extensions were called; null unless the server's own text is sent",
    example: null,
    warning:
      "where the server's own text is sent, which functions it names is the extension's choice, and is not checked",
    sql: always("'null'::jsonb"),
  },
  {
    name: 'replication',
    since: '2.8.0',
    type: object(REPLICATION),
    says: 'whether the server replicates',
    example: { num_wal_senders: 0, is_wal_receiver: false },
    sql: (identity) => objectSql(REPLICATION, identity),
  },
  ...JOB_OUTCOMES,
  {
    name: 'db_telemetry_events',
    since: '2.11.0',
    before: '2.28.0',
    type: list({ ...object(EVENT), label: 'events' }),
    says: "rows of the extension's event table",
    example: [],
    absent:
      'there are any: each event is to be sent once, and to take it off the list one has to write; and nobody knows what is in it',
    warning:
      "where the server's own text is sent, events come out as they are, and again with every report until the built-in reporter has deleted them",
    sql: always(
      "case when not exists (select 1 from _timescaledb_catalog.telemetry_event) then '[]'::jsonb end",
    ),
  },
  {
    name: 'access_methods',
    since: '2.15.0',
    type: map('access method', /^/, object(ACCESS_METHOD)),
    says: 'pages and relations per access method',
    example: { heap: { pages: 731, instances: 215 } },
    warning: 'the names of access methods that other extensions bring come out',
    sql: accessMethods,
  },
];
