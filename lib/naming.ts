import { createHash } from 'node:crypto';

/** Service name in logs and metrics. */
export const SERVICE = 'timescaledb-telemetry';

/** CloudWatch namespace; its metrics have the dimensions `service`, `environment` and, optionally, `database`. */
export const METRICS_NAMESPACE = 'TimescaleDBTelemetry';

/**
 * Metrics of a run. Counts are 0 or 1; `Duration` is in milliseconds, `ReportSize` in bytes.
 *
 * - `Completed`: the run was sent, checked or skipped; an alarm detects missing runs by it
 * - `FinalFailures`: the run failed, and no further attempt follows
 * - `Outdated`, `UpdatePending`, `KnownVulnerable`, `JobsBroken`, `VersionsBehind` (minor releases): only with a verdict
 * - `FailingJobs`: their number, only if it is known
 */
export const METRICS = [
  'Completed',
  'Sent',
  'Checked',
  'Skipped',
  'Failed',
  'FinalFailures',
  'Duration',
  'ReportSize',
  'Outdated',
  'UpdatePending',
  'KnownVulnerable',
  'JobsBroken',
  'VersionsBehind',
  'FailingJobs',
] as const;
export type MetricName = (typeof METRICS)[number];

/**
 * Metrics of `fleet-report`: the number of databases with each condition. Their dimensions are `service` and `environment`.
 */
export const FLEET_METRICS = ['Silent', 'Broken', 'Vulnerable', 'Behind', 'Withheld'] as const;
export type FleetMetricName = (typeof FLEET_METRICS)[number];

/** Purposes of a target's functions. */
export const PURPOSES = ['send-report', 'get-report', 'configure'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** The function that reaches the database for the others, in a network without a way out. */
export const DATABASE_WORKER = 'database-worker' as const;

/** All functions of a target. */
export const DATABASE_FUNCTIONS = [...PURPOSES, DATABASE_WORKER] as const;
export type DatabaseFunction = (typeof DATABASE_FUNCTIONS)[number];

/** The function of an environment that reports on all its databases. */
export const FLEET_REPORT = 'fleet-report' as const;

/** Returns the name of the function that reports on an environment. */
export function fleetFunctionName(environment: string): string {
  return `telemetry-${environment}-${FLEET_REPORT}`;
}

/** Lambda's limit of a function's name. */
const MAX_NAME_LENGTH = 64;
/** Maximum length of the readable part. */
const READABLE_LENGTH = 28;
const HASH_LENGTH = 10;

/**
 * Returns the name of a target's function. Target names may have dots, and be longer than Lambda allows: the readable part
 * is truncated, and a hash makes the name unique.
 */
export function functionName(
  environment: string,
  database: string,
  purpose: DatabaseFunction,
): string {
  const hash = createHash('sha256').update(`${environment}\n${database}`).digest('hex');
  const end = `-${hash.slice(0, HASH_LENGTH)}-${purpose}`;
  const readable = `telemetry-${`${environment}-${database}`
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, READABLE_LENGTH)}`;
  return readable.slice(0, MAX_NAME_LENGTH - end.length) + end;
}

/**
 * Returns the name of the bucket that a deployment creates for the record. Bucket names are unique among all accounts of a
 * partition: a hash stands for account and region, because S3 allows 63 characters.
 */
export function recordBucketOf(environment: string, account: string, region: string): string {
  const hash = createHash('sha256').update(`${account}\n${region}`).digest('hex');
  return `${SERVICE}-${environment}-${hash.slice(0, 12)}`;
}
