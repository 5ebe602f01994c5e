import { FLEET_METRICS, METRICS } from '../../lib/naming.ts';
import { tickExpression } from '../cron.ts';
import { figuresOf } from './quotas.ts';
import type { Environment } from './resolved-environment.ts';

/** AWS's list prices in us-east-1 as of 2026-11, in USD. */
const PRICES = {
  alarmMonth: 0.1,
  dashboardMonth: 3,
  /** Billed by the hour in which it is written. */
  metricMonth: 0.3,
  lambdaGbSecond: 0.000_013_333_4,
  lambdaRequest: 0.2 / 1e6,
  logGb: 0.5,
  secretCall: 0.05 / 1e4,
  keyCall: 0.03 / 1e4,
  scheduledInvocation: 1 / 1e6,
  objectPut: 0.005 / 1e3,
  objectGet: 0.0004 / 1e3,
  objectGbMonth: 0.023,
} as const;

const DAYS_PER_MONTH = 30;
const HOURS_PER_DAY = 24;
/** Upper limit for the duration of an ordinary run. */
const RUN_SECONDS = 2;
const RUN_GB = 0.25;
/** The summary line, and Lambda's own lines. */
const LOG_GB_PER_RUN = 4e-6;
/** Summary line and report, compressed. */
const RECORD_GB_PER_RUN = 4e-6;

const RUN_COST =
  RUN_SECONDS * RUN_GB * PRICES.lambdaGbSecond +
  PRICES.lambdaRequest +
  LOG_GB_PER_RUN * PRICES.logGb +
  PRICES.secretCall +
  PRICES.keyCall +
  PRICES.scheduledInvocation;

/** The worker of a database without egress runs while its caller waits. */
const WORKER_COST =
  RUN_SECONDS * RUN_GB * PRICES.lambdaGbSecond +
  PRICES.lambdaRequest +
  LOG_GB_PER_RUN * PRICES.logGb;

/** An estimated cost per month, in USD. */
export interface MonthlyCost {
  readonly alarms: number;
  readonly metrics: number;
  readonly dashboard: number;
  /** Lambda, logs, calls of Secrets Manager and KMS, and EventBridge Scheduler. */
  readonly runs: number;
  /** Requests to S3, and storage after `recordDays`. */
  readonly record: number;
  /** The daily report on the fleet: Lambda, requests to S3, and five metrics for an hour a day. */
  readonly fleet: number;
  readonly total: number;
}

/** Upper limits for the daily report: its duration, in all and for each database, and its memory. */
const REPORT_SECONDS = 5;
const REPORT_SECONDS_PER_DATABASE = 0.02;
const REPORT_GB = 1;
/** Days that each report lists, the results that it writes, and the pages of a listing. */
const LISTED_DAYS = 8;
const RESULTS = 4;
const KEYS_PER_PAGE = 1_000;
/** Texts of reports that the page of a small fleet contains for each database. */
const REPORTS_ON_PAGE = 7;

function dailyFleetCost(databases: number, ticksPerDay: number): number {
  const lists = LISTED_DAYS * Math.ceil(Math.max(1, ticksPerDay) / KEYS_PER_PAGE);
  const gets = ticksPerDay + databases * REPORTS_ON_PAGE;
  const seconds = REPORT_SECONDS + databases * REPORT_SECONDS_PER_DATABASE;
  return (
    seconds * REPORT_GB * PRICES.lambdaGbSecond +
    PRICES.lambdaRequest +
    PRICES.scheduledInvocation +
    (lists + RESULTS) * PRICES.objectPut +
    gets * PRICES.objectGet +
    (FLEET_METRICS.length * PRICES.metricMonth) / (DAYS_PER_MONTH * HOURS_PER_DAY)
  );
}

/** Returns the cost of all runs of a day. */
function dailyRunsCost(databases: Environment['databases']): number {
  return databases.reduce(
    (sum, { tickHours, hasWorker }) =>
      sum + (HOURS_PER_DAY / tickHours) * (RUN_COST + (hasWorker ? WORKER_COST : 0)),
    0,
  );
}

/** The hours of a day in which one of the schedules fires. */
function hoursWithRuns({ place: { environment }, databases }: Environment): number {
  const hours = databases.flatMap(({ name, tickHours }) => {
    const [, field = ''] = tickExpression({ environment, name, tickHours }).split(' ');
    return field === '*'
      ? Array.from({ length: HOURS_PER_DAY }, (_, hour) => hour)
      : field.split(',').map(Number);
  });
  return new Set(hours).size;
}

/**
 * Estimates the cost of an environment per month if every scheduled run sends. Not included: the secrets themselves,
 * network interfaces, NAT gateways and interface endpoints, and free tiers.
 */
export function estimateMonthlyCost(environment: Environment): MonthlyCost {
  const { databases, alarms, record, recordDays, fleet } = environment;
  const ticksPerDay = databases.reduce((sum, { tickHours }) => sum + HOURS_PER_DAY / tickHours, 0);
  const hoursOfDatabases = alarms === 'database' ? ticksPerDay : 0;
  const metricHours = METRICS.length * (hoursOfDatabases + hoursWithRuns(environment));
  const recordedRun =
    DAYS_PER_MONTH * PRICES.objectPut + recordDays * RECORD_GB_PER_RUN * PRICES.objectGbMonth;
  const parts = {
    alarms: figuresOf(environment, 0).alarms * PRICES.alarmMonth,
    metrics: (metricHours / HOURS_PER_DAY) * PRICES.metricMonth,
    dashboard: PRICES.dashboardMonth,
    runs: DAYS_PER_MONTH * dailyRunsCost(databases),
    record: record === undefined ? 0 : ticksPerDay * recordedRun,
    fleet: fleet === undefined ? 0 : DAYS_PER_MONTH * dailyFleetCost(databases.length, ticksPerDay),
  };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { ...parts, total };
}
