import { DATABASE_WORKER, type DatabaseFunction } from '../../lib/naming.ts';
import { NEVER_CONNECTED } from '../../lib/record/posted.ts';

/** A saved query of CloudWatch Logs Insights. */
export interface SavedQuery {
  readonly name: string;
  readonly query: string;
  /**
   * Functions whose logs it searches; that of the workers only if there are workers.
   *
   * @default send-report
   */
  readonly functions?: readonly DatabaseFunction[];
}

function lines(...parts: readonly string[]): string {
  return parts.join('\n| ');
}

/**
 * The latest verdict of each database. Optional fields get a value first: it is not documented whether latest() skips lines
 * without the field, in which case an upgraded database would keep its advisory.
 */
export const OUTDATED = lines(
  'filter ispresent(version.installed)',
  'fields coalesce(version.available, "unknown") as disk, coalesce(version.latest, "unknown") as published, coalesce(version.reachable, "none") as possible, coalesce(version.advisories.0, "none") as vulnerability',
  'stats latest(version.installed) as installed, latest(disk) as on_disk, latest(published) as newest, latest(possible) as newest_here, latest(version.verdicts.0) as verdict, latest(vulnerability) as advisory, latest(version.sentence) as required_action, latest(@timestamp) as seen by database',
  'filter verdict not in ["up-to-date", "ahead"] or advisory != "none"',
  'sort database asc',
);

export const BY_DATABASE = lines(
  'filter ispresent(outcome)',
  'fields strcontains(outcome, "sent") as is_sent, strcontains(outcome, "checked") as is_checked, strcontains(outcome, "skipped") as is_skipped, strcontains(outcome, "failed") as is_failed',
  'stats sum(is_sent) as sent, sum(is_checked) as checked, sum(is_skipped) as skipped, sum(is_failed) as failed, latest(outcome) as last, latest(@timestamp) as last_run by database',
  'sort failed desc',
);

export const LAST_SUCCESS = lines(
  'filter outcome in ["sent", "checked", "skipped"]',
  'stats latest(@timestamp) as last_success, latest(outcome) as last by database',
  'sort last_success asc',
);

/** The latest numbers of jobs of each database. A run that checks no version has no verdict. */
const FAILING_JOBS = lines(
  'filter ispresent(jobs.failing) or ispresent(version.installed)',
  'fields coalesce(jobs.failing, 0) as failing_jobs, coalesce(jobs.scheduled, 0) as scheduled_jobs, coalesce(jobs.oldestFailure, "unknown") as last_success, coalesce(version.verdicts.0, "none") as headline, coalesce(version.sentence, "none") as what_to_do',
  'stats latest(failing_jobs) as failing, latest(scheduled_jobs) as scheduled, latest(last_success) as oldest_failure, latest(headline) as verdict, latest(what_to_do) as required_action, latest(@timestamp) as seen by database',
  'filter failing > 0 or verdict = "jobs-broken"',
  'sort failing desc',
);

const SKIPPED_RUNS = lines(
  'filter outcome = "skipped"',
  'stats count(*) as runs, latest(message) as reason, latest(remedy) as remedy_text by database, consent.rule',
  'sort database asc',
);

/** The posted reports, as `postedStatus()` decides: also those of failed runs. A line of a failed run has no status without an answer. */
const SENT_REPORTS = lines(
  `filter ispresent(receipt.status) or (outcome = "failed" and ispresent(report.sha256) and ispresent(durationMs.delivery) and (not ispresent(error.origin) or error.origin not in [${NEVER_CONNECTED.map((code) => `"${code}"`).join(', ')}]))`,
  'fields datefloor(@timestamp, 24h) as day, database, outcome, coalesce(receipt.status, "unknown") as answer, report.sha256, report.bytes, receipt.endpoint, receipt.at',
  'sort @timestamp desc',
);

const DUPLICATE_UUIDS = lines(
  'filter ispresent(uuid)',
  'stats count_distinct(database) as targets, earliest(database) as one, latest(database) as another, latest(@timestamp) as seen by uuid',
  'filter targets > 1',
);

const FAILED_RUNS = lines(
  'filter outcome = "failed"',
  'fields coalesce(retry.at, "none") as retry_at',
  'stats count(*) as runs, latest(message) as error_text, latest(remedy) as remedy_text, latest(retry_at) as next_attempt, latest(@timestamp) as seen by database, error.code',
  'sort seen desc',
);

/** Lambda's own report of invocations that ended without a summary line: out of memory or time, or a crash. */
const ABNORMAL_EXITS = lines(
  'filter type = "platform.report" and record.status != "success"',
  'fields @timestamp, @logStream, record.status, record.metrics.durationMs, record.metrics.maxMemoryUsedMB, record.requestId',
  'sort @timestamp desc',
);

export const SAVED_QUERIES: readonly SavedQuery[] = [
  { name: 'outdated databases', query: OUTDATED },
  { name: 'failing jobs', query: FAILING_JOBS },
  { name: 'skipped runs', query: SKIPPED_RUNS },
  { name: 'failed runs', query: FAILED_RUNS },
  {
    name: 'abnormal exits',
    query: ABNORMAL_EXITS,
    functions: ['send-report', DATABASE_WORKER],
  },
  { name: 'sent reports', query: SENT_REPORTS },
  { name: 'duplicate database UUIDs', query: DUPLICATE_UUIDS },
];
