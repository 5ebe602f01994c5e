import { isNewer } from '../version.ts';
import { toServerVersion } from '../version-check/server-version.ts';
import type { Condition, DatabaseState, VersionGroup } from './database-state.ts';

type Facts = Pick<
  DatabaseState,
  'configured' | 'conditions' | 'lastRun' | 'version' | 'jobs' | 'consent' | 'figures'
>;

/** The update of the extension in one database: a standby is read-only, and receives it from its primary. */
function updateIn({ standby }: VersionGroup, session = ''): string {
  return `run ALTER EXTENSION timescaledb UPDATE${standby ? ' on the primary' : ''}${session}`;
}

/** Whether the server's disk already has a version that is at least as new, and that works on this PostgreSQL. */
export function isOnDisk(
  { available, verdicts }: Pick<VersionGroup, 'available' | 'verdicts'>,
  version: string,
): boolean {
  if (!verdicts.includes('alter-extension')) return false;
  const present = available === null ? undefined : toServerVersion(available);
  const wanted = toServerVersion(version);
  return present !== undefined && wanted !== undefined && !isNewer(wanted.version, present.version);
}

/** Returns the clause for an upgrade to a version, or to a newer one on the server's disk. */
function upgradeTo(version: VersionGroup, to: string): string {
  if (version.standby) {
    return isOnDisk(version, to)
      ? `${updateIn(version, ', in a new session')}: TimescaleDB ${version.available} is on the disk of this standby, and must be on that of the primary`
      : `install TimescaleDB ${to} on the primary and its standbys, then ${updateIn(version, ', in each of its databases')}`;
  }
  return isOnDisk(version, to)
    ? `${updateIn(version, ' in a new session')}: TimescaleDB ${version.available} is on the server's disk`
    : `install TimescaleDB ${to}, then ${updateIn(version, ' in each database of the server')}`;
}

function toSentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

/** Returns the first sentence of a text. A full stop within a version or a name is not followed by a space. */
function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}

/** Returns PostgreSQL's version: that of the later one of the version check and the report; null if it is not known. */
export function postgresqlOf({
  version,
  figures,
}: Pick<Facts, 'version' | 'figures'>): string | null {
  const checked = version?.postgresql ?? null;
  const reported = figures?.postgresql ?? null;
  const isReportLater = (figures?.at ?? '') > (version?.at ?? '');
  return isReportLater ? (reported ?? checked) : (checked ?? reported);
}

function repair(facts: Facts): string {
  const { version } = facts;
  if (version === null) return '';
  if (version.fix !== undefined) return upgradeTo(version, version.fix);
  const known = postgresqlOf(facts);
  const postgresql = known === null ? 'this PostgreSQL' : `PostgreSQL ${known}`;
  return version.verdicts.includes('upgrade-postgresql-first')
    ? `upgrade PostgreSQL first: no TimescaleDB release with the fix runs on ${postgresql}`
    : `wait for a release: no published one with the fix runs on ${postgresql}`;
}

function upgrade(facts: Facts): string {
  const { version } = facts;
  const { verdicts = [], available, reachable, latest } = version ?? {};
  if (version !== null && verdicts.includes('alter-extension') && available) {
    return upgradeTo(version, available);
  }
  if (version !== null && verdicts.includes('upgrade-package') && reachable !== undefined) {
    return upgradeTo(version, reachable);
  }
  if (verdicts.includes('upgrade-postgresql-first')) {
    return `upgrade PostgreSQL from ${postgresqlOf(facts) ?? 'its version'}, which TimescaleDB ${latest} does not support`;
  }
  if (verdicts.includes('upgrade-before-postgresql-minor')) {
    return 'upgrade TimescaleDB before the next update of PostgreSQL, which breaks its jobs';
  }
  if (verdicts.includes('security-fixes-available')) {
    return 'read the notes of newer releases, which have security fixes without an advisory';
  }
  return 'read the verdict of the version check';
}

function failingJobs({ jobs }: Facts): string {
  if (jobs === null) return '';
  const since = jobs.oldestFailure === null ? '' : ` since ${jobs.oldestFailure.slice(0, 10)}`;
  const verb = jobs.failing === 1 ? 'fails' : 'fail';
  return `read timescaledb_information.job_errors: ${jobs.failing} of ${jobs.scheduled} jobs ${verb}${since}`;
}

const CLAUSES: Readonly<Record<Exclude<Condition, 'failed'>, (facts: Facts) => string>> = {
  broken: repair,
  vulnerable: repair,
  silent: ({ lastRun }) =>
    lastRun === null
      ? 'check the schedule, and RECORD_NOT_WRITTEN in the log: no run was ever recorded'
      : `check the schedule, and RECORD_NOT_WRITTEN in the log: the last run was recorded at ${lastRun.at.slice(0, 16).replace('T', ' ')} UTC`,
  'jobs-failing': failingJobs,
  behind: upgrade,
  withheld: ({ consent }) =>
    `turn telemetry on only if that is wanted: consent is denied by the rule ${consent?.rule} (${consent?.where})`,
  unknown: ({ version }) =>
    version === null
      ? 'wait for the first version check'
      : 'read the verdict: the installed version cannot be compared',
};

/** Returns what to do about the worst condition: one sentence that begins with an imperative verb. */
export function actionOf(facts: Facts): string {
  const { configured, conditions, lastRun } = facts;
  if (!configured) return 'No action needed: the environment no longer has this database.';
  const [worst] = conditions;
  if (worst === undefined) return 'No action needed.';
  if (worst !== 'failed') return toSentence(CLAUSES[worst](facts));
  return firstSentence(lastRun?.remedy ?? 'Read the log of the last run.');
}
