/** A saved query of CloudWatch Logs Insights, over the log group of `send-report`. */
export interface SavedQuery {
  readonly name: string;
  readonly query: string;
}

function lines(...parts: readonly string[]): string {
  return parts.join('\n| ');
}

/**
 * The newest line of each database that has a verdict, and what it says. What a line need not have gets a value first:
 * nothing documents whether latest() passes over lines without, and then an upgraded database would keep its advisory.
 */
export const OUTDATED = lines(
  'filter ispresent(version.installed)',
  'fields coalesce(version.available, "unknown") as disk, coalesce(version.latest, "unknown") as published, coalesce(version.reachable, "none") as possible, coalesce(version.advisories.0, "none") as vulnerability',
  'stats latest(version.installed) as installed, latest(disk) as on_disk, latest(published) as newest, latest(possible) as newest_here, latest(version.verdicts.0) as verdict, latest(vulnerability) as advisory, latest(version.sentence) as who_does_what, latest(@timestamp) as seen by database',
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

const WHY_SKIPPED = lines(
  'filter outcome = "skipped"',
  'stats count(*) as runs, latest(message) as why, latest(remedy) as what_would_change_it by database, consent.rule',
  'sort database asc',
);

const WHAT_WAS_SENT = lines(
  'filter outcome = "sent"',
  'fields datefloor(@timestamp, 24h) as day, database, report.sha256, report.bytes, receipt.endpoint, receipt.status, receipt.at',
  'sort @timestamp desc',
);

const SAME_UUID = lines(
  'filter ispresent(uuid)',
  'stats count_distinct(database) as targets, earliest(database) as one, latest(database) as another, latest(@timestamp) as seen by uuid',
  'filter targets > 1',
);

const WHY_FAILED = lines(
  'filter outcome = "failed"',
  'fields coalesce(retry.at, "none") as retry_at',
  'stats count(*) as runs, latest(message) as what, latest(remedy) as what_to_do, latest(retry_at) as next_attempt, latest(@timestamp) as seen by database, error.code',
  'sort seen desc',
);

/** Lambda's own line about an invocation that was ended: out of memory or time, or a crash; the stream names the function. */
const WITHOUT_A_WORD = lines(
  'filter type = "platform.report" and record.status != "success"',
  'fields @timestamp, @logStream, record.status, record.metrics.durationMs, record.metrics.maxMemoryUsedMB, record.requestId',
  'sort @timestamp desc',
);

export const SAVED_QUERIES: readonly SavedQuery[] = [
  { name: 'outdated databases', query: OUTDATED },
  { name: 'why skipped', query: WHY_SKIPPED },
  { name: 'why failed', query: WHY_FAILED },
  { name: 'what ended without a word', query: WITHOUT_A_WORD },
  { name: 'what was sent', query: WHAT_WAS_SENT },
  { name: 'one database uuid under two targets', query: SAME_UUID },
];
