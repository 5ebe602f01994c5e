import {
  functionsSchema,
  memberFunction,
  postgresqlVersion,
  type ServerInfo,
} from '../../timescaledb/server-info.ts';
import {
  always,
  BOOLEAN,
  FIGURE,
  type Field,
  figure,
  NUMBER,
  NUMBER_AS_TEXT,
  object,
  objectSql,
  TEXT,
  text,
} from './field.ts';

/** What the server runs on, what it was built for, and how large the database is. */

const COMPILED_ONLY = 'only the compiled code of the extension knows it';
const NO_OS = 'the extension has no `get_os_info()` that may be called';

/** Since 2.12.0 the wrapper in _timescaledb_internal belongs to the extension too, but warns at each call. */
function osInfo(column: string): (server: ServerInfo) => string {
  return (server) => {
    const found = memberFunction(server, 'get_os_info', functionsSchema(server));
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

export const HOST: readonly Field[] = [
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
    sql: (server) => text(`'${postgresqlVersion(server)}'`),
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
];

const NOT_TOLD = "the server's own text is sent, and it could not find out";

const REPLICATES: readonly Field[] = [
  {
    name: 'num_wal_senders',
    type: NUMBER,
    absent: NOT_TOLD,
    says: 'WAL senders, one for each standby or copy that is connected',
    example: 0,
    sql: always(
      '(select pg_catalog.count(*) from pg_catalog.pg_stat_get_wal_senders() w where w.pid is not null)',
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

export const REPLICATION: Field = {
  name: 'replication',
  since: '2.8.0',
  type: object(REPLICATES),
  says: 'whether the server replicates',
  example: { num_wal_senders: 0, is_wal_receiver: false },
  sql: (server) => objectSql(REPLICATES, server),
};
