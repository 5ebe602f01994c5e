import {
  functionsSchema,
  has,
  memberFunction,
  postgresqlVersion,
} from '../../timescaledb/server-info.ts';
import { EXTENSIONS } from './extensions.ts';
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
  type Source,
  selectSql,
  TEXT,
  text,
} from './field.ts';

/** Operating system, PostgreSQL, build and size of the server. */

const COMPILED_ONLY = 'only the compiled code of the extension contains it';
const NO_OS = 'the extension has no `get_os_info()`, or the role may not call it';
const NO_ARCHITECTURE = '`version()` does not contain it';

/**
 * The operating system; a row of NULLs where it is unknown. Since 2.12.0 the extension also has a wrapper of the function in
 * _timescaledb_internal, which warns at each call.
 */
const OS: Source = {
  name: 'os',
  sql(server) {
    const found = memberFunction(server, 'get_os_info', functionsSchema(server));
    const columns = [
      'sysname',
      'version',
      'release',
      ...(has(server, 'prettyOsName') ? ['version_pretty'] : []),
    ];
    const isKnown = found?.callable === true;
    return selectSql(
      Object.fromEntries(
        columns.map((column) => [column, isKnown ? `o.${column}` : 'null::pg_catalog.text']),
      ),
      isKnown ? `from ${found.call}() o` : 'offset 0',
    );
  },
};

/** Returns the SQL of a part of `version()`, which names the machine that the server and its libraries were compiled for. */
function fromVersionText(pattern: string): string {
  return `pg_catalog.substring(pg_catalog.version(), '${pattern}')`;
}

export const HOST: readonly Field[] = [
  {
    name: 'install_method',
    type: TEXT,
    description: 'how the extension was packaged',
    example: 'source',
    absentWhen: COMPILED_ONLY,
  },
  {
    name: 'os_name',
    type: TEXT,
    description:
      "operating system of the database host; `Unknown` where the extension can't be asked",
    example: 'Linux',
    from: [OS],
    sql: always(text("coalesce(os.sysname, 'Unknown')")),
  },
  {
    name: 'os_version',
    type: TEXT,
    description: 'version text of its kernel',
    example: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1',
    absentWhen: NO_OS,
    from: [OS],
    sql: always(text('os.version')),
  },
  {
    name: 'os_release',
    type: TEXT,
    description: 'release of its kernel',
    example: '6.1.0-18-amd64',
    absentWhen: NO_OS,
    from: [OS],
    sql: always(text('os.release')),
  },
  {
    name: 'os_name_pretty',
    since: '1.2.0',
    type: TEXT,
    description: 'its distribution',
    example: 'Debian GNU/Linux 12 (bookworm)',
    absentWhen: `${NO_OS}, or the host names no distribution`,
    from: [OS],
    sql: always(text('os.version_pretty')),
  },
  {
    name: 'postgresql_version',
    type: TEXT,
    description: 'version of the running server',
    example: '17.5',
    sql: (server) => text(`'${postgresqlVersion(server)}'`),
  },
  {
    name: 'timescaledb_version',
    type: TEXT,
    description: 'version of the extension in this database',
    example: '2.28.3',
    from: [EXTENSIONS],
    sql: always(text('extensions.timescaledb_version')),
  },
  {
    name: 'build_os_name',
    type: TEXT,
    description: 'system that the extension was compiled on',
    example: 'Linux',
    absentWhen: COMPILED_ONLY,
  },
  {
    name: 'build_os_version',
    type: TEXT,
    description: 'version of that system',
    example: '6.1.0-18-amd64',
    absentWhen: COMPILED_ONLY,
  },
  {
    name: 'build_architecture',
    since: '1.4.0',
    type: TEXT,
    description:
      'processor that the extension was compiled for; taken from `version()`, because the server loads the extension',
    example: 'x86_64',
    absentWhen: NO_ARCHITECTURE,
    sql: always(text(fromVersionText(' on ([^-, ]+)-'))),
  },
  {
    name: 'build_architecture_bit_size',
    since: '1.4.0',
    type: [
      ['1.4.0', NUMBER_AS_TEXT],
      ['2.6.0', NUMBER],
    ],
    description: 'word size of that processor in bits',
    example: 64,
    absentWhen: NO_ARCHITECTURE,
    sql: figure(fromVersionText(', ([0-9]+)-bit')),
  },
  {
    name: 'data_volume',
    type: FIGURE,
    description: 'size of the database in bytes',
    example: 14_826_855,
    sql: figure('pg_catalog.pg_database_size(pg_catalog.current_database())'),
  },
];

const REPORTER_FAILED =
  "the server's own text is sent, and the built-in reporter failed to read it";

const REPLICATES: readonly Field[] = [
  {
    name: 'num_wal_senders',
    type: NUMBER,
    absentWhen: REPORTER_FAILED,
    description: 'WAL senders, one for each connected standby or base backup',
    example: 0,
    sql: always(`(
  select pg_catalog.count(*)
  from pg_catalog.pg_stat_get_wal_senders() w
  where w.pid is not null
)`),
  },
  {
    name: 'is_wal_receiver',
    type: BOOLEAN,
    absentWhen: REPORTER_FAILED,
    description: 'whether this is a standby that receives WAL',
    example: false,
    sql: always(`exists (
  select 1
  from pg_catalog.pg_stat_get_wal_receiver() w
  where w.pid is not null
)`),
  },
];

export const REPLICATION: Field = {
  name: 'replication',
  since: '2.8.0',
  type: object(REPLICATES),
  description: 'replication of the server',
  example: { num_wal_senders: 0, is_wal_receiver: false },
  sql: (server) => objectSql(REPLICATES, server),
};
