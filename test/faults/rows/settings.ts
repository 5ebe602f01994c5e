import { DATABASE_BUSY, OUT_OF_DATE, SESSION_FAILED } from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

const sent = (fault: string): Fault => ({ fault, outcome: 'sent', expected: OUT_OF_DATE });

/** Settings of the reporting role, which must not change the bytes of the report. */
export const SETTINGS_FAULTS = {
  title: 'Settings of the reporting role and of its database',
  command: 'same-arrangement',
  faults: {
    searchPath: sent('search_path has pg_catalog last'),
    intervalSqlStandard: sent('IntervalStyle is sql_standard'),
    intervalVerbose: sent('IntervalStyle is postgres_verbose'),
    intervalIso: sent('IntervalStyle is iso_8601'),
    dateSql: sent('DateStyle is SQL, DMY'),
    dateGerman: sent('DateStyle is German'),
    datePostgres: sent('DateStyle is Postgres, YMD'),
    timeZone: sent('TimeZone is Asia/Kathmandu'),
    strings: sent('standard_conforming_strings is off, and a backslash escapes a quote'),
    floats: sent('extra_float_digits is -15'),
    binary: sent('bytea_output is escape, and xmloption is document'),
    locales: sent("lc_messages, lc_monetary, lc_numeric and lc_time are not the server's"),
    latin1: sent('client_encoding is LATIN1'),
    sqlAscii: sent('client_encoding is SQL_ASCII'),
    textSearch: sent('default_text_search_config is german'),
    isolation: sent('transactions are serializable, deferrable and read-only'),
    statementTimeout: sent('statement_timeout is shorter than the report takes'),
    lockTimeout: sent('lock_timeout is 1 ms'),
    idleInTransaction: sent('idle_in_transaction_session_timeout is 1 ms'),
    transactionTimeout: sent('transaction_timeout is shorter than the report takes'),
    idleSession: sent('idle_session_timeout is 2 s'),
    rowSecurity: sent('row_security is on'),
    otherRole: sent('role is another role, which has no privileges'),
    quoting: sent('quote_all_identifiers is on'),
    nulls: sent('transform_null_equals is on, and array_nulls off'),
    planner: sent("the planner's scans and joins are turned off"),
    plans: sent('plan_cache_mode, join_collapse_limit and geqo change the plans'),
    jit: sent('jit compiles every statement'),
    parallel: sent('every statement is executed in parallel'),
    memory: sent('work_mem is 64 kB'),
    temporaryFiles: {
      fault: 'work_mem is 64 kB, and temp_file_limit is 0',
      outcome: 'failed',
      expected: DATABASE_BUSY,
      origin: '53400',
    },
    notices: sent('every message of the server is sent to the client, and every plan is logged'),
    unseen: sent('track_activities and track_counts are off'),
    relationKind: sent('restrict_nonsystem_relation_kind forbids views and foreign tables'),
    exitOnError: sent('exit_on_error is on, and the first statement for the report fails'),
    preload: {
      fault: 'session_preload_libraries names a missing library',
      outcome: 'failed',
      expected: SESSION_FAILED,
      origin: '58P01',
    },
    database: sent('the database has all of these settings'),
  },
} satisfies FaultGroup;
