import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type Arrange, type Faulty, testFaults } from '../support/run/faults.ts';
import type { HandmadeRelease } from '../support/timescaledb/catalogs.ts';
import { cleanReport, sends } from '../support/timescaledb/clean-report.ts';
import { fillWithKnownContents } from '../support/timescaledb/contents.ts';
import { scaled } from '../support/vitest/time-limits.ts';
import { SETTINGS_FAULTS } from './rows/settings.ts';

type Values = Readonly<Record<string, string>>;

/** Creates a database with the known contents. */
async function known(
  stack: AsyncDisposableStack,
  release: HandmadeRelease = '2.28.3',
): Promise<TestDatabase> {
  const database = stack.use(await createDatabase({ release, label: 'fault' }));
  await fillWithKnownContents(database, release);
  await database.admin.query(`
    insert into _timescaledb_catalog.metadata values ('plant', 'Zürich £ \\', true)`);
  return database;
}

/** Settings whose value is a list, which must not be quoted as one name. */
const LISTS: ReadonlySet<string> = new Set(['search_path']);

const assign = (whose: string, values: Values): string =>
  Object.entries(values)
    .map(
      ([name, value]) => `alter ${whose} set ${name} = ${LISTS.has(name) ? value : `'${value}'`}`,
    )
    .join(';\n');

interface Circumstances {
  readonly target?: Faulty['target'];
  /** SQL that is executed before the report is recorded. */
  readonly before?: string;
  readonly release?: HandmadeRelease;
}

const role =
  (values: Values, { target = {}, before = '', release }: Circumstances = {}): Arrange =>
  async (stack) => {
    const database = await known(stack, release);
    await database.admin.query(before);
    const clean = await cleanReport(database);
    await database.admin.query(assign(`role ${database.role}`, values));
    return { database, target, ...sends(clean) };
  };

/** Makes the extension's function for the report's OS fields slow. */
const SLOW = `
  create or replace function _timescaledb_functions.get_os_info(out sysname text, out version text, out release text,
    out version_pretty text) language plpgsql as $$ begin perform pg_sleep(${scaled(50) / 1_000}); sysname := 'Linux'; end $$`;

const OFF = [
  ...['enable_bitmapscan', 'enable_hashagg', 'enable_hashjoin', 'enable_indexonlyscan'],
  ...['enable_indexscan', 'enable_material', 'enable_mergejoin', 'enable_nestloop'],
  ...['enable_seqscan', 'enable_sort', 'enable_tidscan'],
];

const HOSTILE = {
  searchPath: { search_path: 'nowhere, "$user", public, pg_catalog' },
  intervalSqlStandard: { intervalstyle: 'sql_standard' },
  intervalVerbose: { intervalstyle: 'postgres_verbose' },
  intervalIso: { intervalstyle: 'iso_8601' },
  dateSql: { datestyle: 'SQL, DMY' },
  dateGerman: { datestyle: 'German' },
  datePostgres: { datestyle: 'Postgres, YMD' },
  timeZone: { timezone: 'Asia/Kathmandu' },
  strings: {
    standard_conforming_strings: 'off',
    backslash_quote: 'on',
    escape_string_warning: 'on',
  },
  floats: { extra_float_digits: '-15' },
  binary: { bytea_output: 'escape', xmloption: 'document', xmlbinary: 'hex' },
  locales: {
    lc_messages: 'C.utf8',
    lc_monetary: 'C.utf8',
    lc_numeric: 'C.utf8',
    lc_time: 'C.utf8',
  },
  latin1: { client_encoding: 'LATIN1' },
  sqlAscii: { client_encoding: 'SQL_ASCII' },
  textSearch: { default_text_search_config: 'pg_catalog.german' },
  isolation: {
    default_transaction_isolation: 'serializable',
    default_transaction_deferrable: 'on',
    default_transaction_read_only: 'on',
  },
  lockTimeout: { lock_timeout: '1ms' },
  idleInTransaction: { idle_in_transaction_session_timeout: '1ms' },
  idleSession: { idle_session_timeout: `${scaled(2_000)}ms` },
  rowSecurity: { row_security: 'on' },
  quoting: { quote_all_identifiers: 'on' },
  nulls: { transform_null_equals: 'on', array_nulls: 'off' },
  planner: Object.fromEntries(OFF.map((name) => [name, 'off'])),
  plans: {
    plan_cache_mode: 'force_generic_plan',
    from_collapse_limit: '1',
    join_collapse_limit: '1',
    geqo_threshold: '2',
    constraint_exclusion: 'on',
    cursor_tuple_fraction: '0',
  },
  jit: { jit: 'on', jit_above_cost: '0', jit_inline_above_cost: '0', jit_optimize_above_cost: '0' },
  parallel: {
    debug_parallel_query: 'regress',
    max_parallel_workers_per_gather: '8',
    min_parallel_table_scan_size: '0',
    min_parallel_index_scan_size: '0',
    parallel_setup_cost: '0',
    parallel_tuple_cost: '0',
  },
  memory: { work_mem: '64kB', hash_mem_multiplier: '1', temp_buffers: '100' },
  notices: {
    client_min_messages: 'debug5',
    debug_print_parse: 'on',
    debug_print_rewritten: 'on',
    debug_print_plan: 'on',
    log_statement: 'all',
    log_min_messages: 'debug5',
    log_executor_stats: 'on',
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_level': 'notice',
  },
  unseen: { track_activities: 'off', track_counts: 'off' },
  relationKind: { restrict_nonsystem_relation_kind: 'view, foreign-table' },
} satisfies Record<string, Values>;

type Hostile = keyof typeof HOSTILE;

const ROLES = Object.fromEntries(
  Object.entries(HOSTILE).map(([id, values]) => [id, role(values)]),
) as Record<Hostile, Arrange>;

/** A release whose report contains a time in PostgreSQL's output format. */
const WITH_TIME = { release: '1.5.1' } as const;

testFaults(SETTINGS_FAULTS, {
  ...ROLES,
  dateSql: role(HOSTILE.dateSql, WITH_TIME),
  dateGerman: role(HOSTILE.dateGerman, WITH_TIME),
  datePostgres: role(HOSTILE.datePostgres, WITH_TIME),
  otherRole: async (stack) => {
    const database = await known(stack);
    const other = `${database.role}_other`;
    const clean = await cleanReport(database);
    await database.admin.query(`
      create role ${other}; grant ${other} to ${database.role};
      revoke all on schema _timescaledb_catalog from public;
      grant usage on schema _timescaledb_catalog to ${database.role};
      alter role ${database.role} set role = '${other}'`);
    stack.defer(async () => void (await database.admin.query(`drop role ${other}`)));
    return { database, ...sends(clean) };
  },
  statementTimeout: role({ statement_timeout: `${scaled(100)}ms` }, { before: SLOW }),
  transactionTimeout: role({ transaction_timeout: `${scaled(100)}ms` }, { before: SLOW }),
  temporaryFiles: async (stack) => {
    const database = await known(stack);
    await database.admin.query(
      assign(`role ${database.role}`, { work_mem: '64kB', temp_file_limit: '0' }),
    );
    return { database };
  },
  preload: async (stack) => {
    const database = await known(stack);
    await database.admin.query(
      assign(`role ${database.role}`, {
        session_preload_libraries: 'no_such_library_of_the_faults',
      }),
    );
    return { database };
  },
  // The report function fails, and plain SQL builds the report in the same session.
  exitOnError: role({ exit_on_error: 'on' }, { target: { reportSource: 'function' } }),
  database: async (stack) => {
    const database = await known(stack);
    const clean = await cleanReport(database);
    const { latin1, sqlAscii, intervalIso, datePostgres, ...rest } = HOSTILE;
    await database.admin.query(
      assign(`database ${database.name}`, Object.assign({}, ...Object.values(rest), latin1)),
    );
    return { database, ...sends(clean) };
  },
});
