import { createHash } from 'node:crypto';

/** How the logs and the metrics call this project. */
export const SERVICE = 'timescaledb-telemetry';

/** CloudWatch's, with the dimensions `service` and `environment`, and with these and `database`. */
export const METRICS_NAMESPACE = 'TimescaleDBTelemetry';

/**
 * The figures of a run. Counts are 0 or 1 in each; `Duration` is in milliseconds, `ReportSize` in bytes.
 *
 * - `Completed`: it came to a lawful end, sent, checked or skipped; what never completes is what an alarm has to find
 * - `FinalFailures`: no further attempt will follow
 * - `Outdated`, `UpdatePending`, `KnownVulnerable`, `VersionsBehind` (minor releases): only when there is a verdict
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
  'VersionsBehind',
] as const;
export type MetricName = (typeof METRICS)[number];

/** What a target has a function for. */
export const PURPOSES = ['send-report', 'get-report', 'configure'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What Lambda's 64 characters leave for a person to read. */
const READABLE_LENGTH = 28;
const HASH_LENGTH = 10;

/**
 * The name of a target's function, by which the deployment makes it and a person finds it. Names of targets are longer
 * than Lambda allows and have dots: what can be read is cut, and the hash tells one from the other.
 */
export function functionName(environment: string, database: string, purpose: Purpose): string {
  const readable = `${environment}-${database}`
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, READABLE_LENGTH);
  const hash = createHash('sha256').update(`${environment}\n${database}`).digest('hex');
  return `telemetry-${readable}-${hash.slice(0, HASH_LENGTH)}-${purpose}`;
}
