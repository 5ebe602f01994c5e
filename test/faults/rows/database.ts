import {
  CATALOG_LOCKED,
  CATALOG_REPLACED,
  CATALOG_UNEXPECTED,
  CHANGED_CONCURRENTLY,
  CONNECTIONS_NOT_ALLOWED,
  catalogAnswered,
  DATABASE_AUTHENTICATION,
  DATABASE_BUSY,
  DATABASE_CONFLICT,
  DATABASE_CONNECTION_LOST,
  DATABASE_DAMAGED,
  DATABASE_ERROR,
  DATABASE_MISSING,
  DATABASE_PERMISSION,
  DATABASE_STATEMENT_TIMEOUT,
  EXTENSION_MISSING,
  JOB_PAUSED,
  JOB_PAUSED_BY_NEXT_START,
  JOB_REMOVED,
  LEVEL_UNREADABLE,
  NEVER_DUE,
  OUT_OF_DATE,
  REPORT_TOO_LARGE,
  RESTORING,
  reportUnpublished,
  VERSION_TOO_OLD,
  VERSION_UNREADABLE,
} from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

const failed = (fault: string, expected: Fault['expected'], origin?: string): Fault => ({
  fault,
  outcome: 'failed',
  expected,
  ...(origin !== undefined && { origin }),
});

const skipped = (fault: string, expected: Fault['expected']): Fault => ({
  fault,
  outcome: 'skipped',
  expected,
});

const sent = (fault: string): Fault => ({ fault, outcome: 'sent', expected: OUT_OF_DATE });

export const DATABASE_FAULTS = {
  title: 'The database',
  split: 'same',
  command: 'same',
  faults: {
    noDatabase: failed('there is no such database', DATABASE_MISSING, '3D000'),
    noRole: failed('there is no such role', DATABASE_AUTHENTICATION, '28P01'),
    wrongPassword: failed('the password is wrong', DATABASE_AUTHENTICATION, '28P01'),
    expired: failed('the password is no longer valid', DATABASE_AUTHENTICATION, '28P01'),
    noLogin: failed('the role has no LOGIN', DATABASE_AUTHENTICATION, '28000'),
    connectRevoked: failed('CONNECT was revoked', DATABASE_PERMISSION, '42501'),
    closed: failed('the database allows no connections', CONNECTIONS_NOT_ALLOWED, '55000'),
    noConnection: failed('the role has no connection left', DATABASE_BUSY, '53300'),
    schemaRevoked: failed(
      'the schema of the catalogs was revoked from PUBLIC',
      DATABASE_PERMISSION,
      '42501',
    ),
    tableRevoked: failed(
      'a table of the catalogs was revoked from PUBLIC',
      DATABASE_PERMISSION,
      '42501',
    ),
    noExtension: failed('TimescaleDB is not installed', EXTENSION_MISSING),
    tooOld: failed(
      'TimescaleDB is older than 0.12.0, the first release with telemetry',
      VERSION_TOO_OLD,
    ),
    hostileVersion: failed(
      "TimescaleDB's version is a text of 1 MB with control characters",
      VERSION_UNREADABLE,
    ),
    manyJobs: failed(
      'the job catalog has 2,000 telemetry jobs',
      catalogAnswered('jobs: must have at most 1000 items'),
    ),
    unreadableVersion: failed("TimescaleDB's version cannot be parsed", VERSION_UNREADABLE),
    catalogsOlder: failed(
      'partly upgraded: the catalogs are older than the version in pg_extension',
      CATALOG_UNEXPECTED,
      '42703',
    ),
    catalogsNewer: failed(
      'partly upgraded: the catalogs are newer than the version in pg_extension',
      CATALOG_UNEXPECTED,
      '42703',
    ),
    catalogsMoved: failed(
      'partly upgraded: the job catalog has moved, and its old name is a view',
      CATALOG_REPLACED,
    ),
    libraryGone: failed(
      'partly upgraded: the library of the version in pg_extension is not on the disk',
      CATALOG_UNEXPECTED,
      '58P01',
    ),
    olderSession: failed(
      'the extension was upgraded while a pooler kept a session with the old library',
      DATABASE_CONNECTION_LOST,
      '42710',
    ),
    libraryNotLoaded: skipped("TimescaleDB's library is not loaded", LEVEL_UNREADABLE),
    libraryNotCalled: sent(
      "TimescaleDB's library is not loaded, and the level is set for the database",
    ),
    statementTimeout: failed('a statement does not end', DATABASE_STATEMENT_TIMEOUT, '57014'),
    cancelled: failed(
      'an administrator cancels the statement',
      DATABASE_STATEMENT_TIMEOUT,
      '57014',
    ),
    terminated: failed('an administrator ends the session', DATABASE_CONNECTION_LOST, '57P01'),
    factsLocked: failed('a catalog table is locked: the metadata', CATALOG_LOCKED, '55P03'),
    reportLocked: failed('a catalog table is locked: the hypertables', CATALOG_LOCKED, '55P03'),
    tableLocked: sent("a user's table is locked"),
    deadlock: failed(
      'a deadlock is resolved by canceling its statement',
      DATABASE_CONFLICT,
      '40P01',
    ),
    serialization: failed('a transaction cannot be serialized', DATABASE_CONFLICT, '40001'),
    relationGone: failed(
      'a relation is dropped while it is being read',
      CHANGED_CONCURRENTLY,
      'XX000',
    ),
    typeGone: failed('a type is dropped while it is in use', CHANGED_CONCURRENTLY, 'XX000'),
    diskFull: failed("the server's disk is full", DATABASE_BUSY, '53100'),
    outOfMemory: failed('the server is out of memory', DATABASE_BUSY, '53200'),
    temporaryFiles: failed('the limit of temporary files is reached', DATABASE_BUSY, '53400'),
    internalError: failed('the server reports an internal error', DATABASE_ERROR, 'XX000'),
    ioError: failed("the server's disk cannot be read", DATABASE_DAMAGED, '58030'),
    damagedTable: failed('a table is damaged', DATABASE_DAMAGED, 'XX001'),
    damagedIndex: failed('an index is damaged', DATABASE_DAMAGED, 'XX002'),
    noRetryLeft: {
      ...failed(
        'the server is out of memory, and max_retries of the job is 0',
        DATABASE_BUSY,
        '53200',
      ),
      retry: false,
    },
    infiniteRetry: {
      ...failed(
        'the server is out of memory, and the retry_period is infinite',
        DATABASE_BUSY,
        '53200',
      ),
      retry: false,
    },
    columnOfFactsGone: failed(
      'a column of the job catalog is missing',
      CATALOG_UNEXPECTED,
      '42703',
    ),
    columnOfReportGone: failed(
      'a column of the hypertables is missing',
      CATALOG_UNEXPECTED,
      '42703',
    ),
    tableGone: failed('a table of the catalogs is missing', CATALOG_UNEXPECTED, '42P01'),
    schemaGone: failed('a schema of the catalogs is missing', CATALOG_UNEXPECTED, '42P01'),
    columnOfAnotherType: failed(
      'a column of the catalogs has another type, which a string cannot be cast to',
      CATALOG_UNEXPECTED,
      '22P02',
    ),
    columnWithoutOperator: failed(
      'a column of the catalogs has another type, which cannot be compared',
      CATALOG_UNEXPECTED,
      '42883',
    ),
    columnOfText: failed(
      'a number of the job catalog is a string',
      catalogAnswered('jobs[0].maxRetries: must be a number, not a string'),
    ),
    nullInterval: failed(
      'the schedule_interval is NULL',
      catalogAnswered(
        'jobs[0].scheduleInterval.months: must be a number, not null; the facts jobs[0].scheduleInterval.days: must be a number, not null; the facts jobs[0].scheduleInterval.microseconds: must be a number, not null',
      ),
    ),
    nullScheduled: failed(
      'the column scheduled of the job is NULL',
      catalogAnswered('jobs[0].scheduled: must be true or false, not null'),
    ),
    nullMetadata: failed(
      'a row of the metadata with include_in_telemetry has no value',
      reportUnpublished('db_metadata.* is missing, or has another type than published'),
    ),
    hugeMetadata: failed(
      'a row of the metadata with include_in_telemetry has 10 MB',
      REPORT_TOO_LARGE,
    ),
    noMetadata: sent('the metadata table is empty'),
    noUuid: sent('the database has no uuid'),
    unreadableInstallTime: sent(
      'the install time has the form of a time, but PostgreSQL cannot parse it',
    ),
    negativeCounts: sent("counts in the job's statistics are negative"),
    impossibleStatistics: sent('the number of rows of a table is not a number'),
    noJob: skipped('the telemetry job was removed', JOB_REMOVED),
    twoJobs: sent('the job catalog has two telemetry jobs'),
    twoJobsOnePaused: skipped(
      'the job catalog has two telemetry jobs, and one is paused',
      JOB_PAUSED,
    ),
    jobPausedByNextStart: skipped(
      'the next start of the telemetry job is infinite',
      JOB_PAUSED_BY_NEXT_START,
    ),
    restoring: skipped('a dump is being restored into the database', RESTORING),
    infiniteSchedule: skipped('the schedule_interval is infinite', NEVER_DUE),
    negativeIntervals: sent("the job's intervals are negative"),
    namesThatAreSql: sent('schemas, tables and keys of the metadata have names that are SQL'),
    foreignTable: sent('a foreign table refers to a server that does not exist'),
  },
} satisfies FaultGroup;
