import { quotable } from '../../config/printable.ts';
import { arrivalOf, postedStatus } from '../../record/posted.ts';
import { type RecordedLine, type RecordedRun, sha256Of } from '../../record/recorded-run.ts';
import { HOUR_MS } from '../../timescaledb/interval.ts';
import { verdictConditions } from '../conditions.ts';
import type { Groups, LastRun } from '../database-state.ts';
import type { Problem } from '../fleet-state.ts';
import { dayOf, formatDay, OPEN_DAYS } from '../history.ts';
import type { DayFacts } from './day-facts.ts';
import { compressionRatio, readFigures } from './figures.ts';

/** Tolerance for clocks that are ahead. */
const CLOCK_TOLERANCE_MS = HOUR_MS;

const OF_FUTURE = 'The run is in the future: the clock that recorded it was wrong.';

/** Limits of texts, which an object of the record can fill with megabytes. */
const MAX_SENTENCE = 1_000;
const MAX_TOKEN = 100;
const MAX_ITEMS = 20;

export const NO_GROUPS: Groups = {
  lastRun: null,
  version: null,
  jobs: null,
  consent: null,
  figures: null,
  sent: null,
  due: null,
  identity: null,
};

/** What the fleet keeps of one run. */
export interface RunFacts {
  readonly database: string;
  readonly groups: Groups & { readonly lastRun: LastRun };
  readonly dayFacts: DayFacts;
}

function token(text: string): string {
  return quotable(text, MAX_TOKEN);
}

function tokens(texts: readonly string[] = []): readonly string[] {
  return texts.slice(0, MAX_ITEMS).map(token);
}

function sentence(text: string): string {
  return quotable(text, MAX_SENTENCE);
}

/** A run that cannot be used; `isEarly` if that is only because it is in the future. */
export interface UnusableRun {
  readonly problem: Problem;
  readonly isEarly: boolean;
}

/** Whether the run is in the future, by the clock that recorded it or by its tick. */
function isOfFuture({ line, recordedAt }: RecordedRun, now: number): boolean {
  const times = [recordedAt, line.scheduledTime ?? recordedAt].map((time) => Date.parse(time));
  return Math.max(...times) > now + CLOCK_TOLERANCE_MS;
}

/** Returns why a run can never be used, or undefined. */
function findProblem({ line, recordedAt }: RecordedRun, environment: string): string | undefined {
  const recorded = Date.parse(recordedAt);
  const tick = Date.parse(line.scheduledTime ?? recordedAt);
  if (line.environment !== environment) return 'The run belongs to another environment.';
  if (line.database === '' || line.database.length > MAX_TOKEN) {
    return `The name of the database is empty or longer than ${MAX_TOKEN} characters.`;
  }
  if (Number.isNaN(recorded) || Number.isNaN(tick)) return 'The time of the run does not exist.';
  return dayOf(recorded) - dayOf(tick) >= OPEN_DAYS
    ? `The run was recorded ${OPEN_DAYS} days after its tick, or later.`
    : undefined;
}

/** Size and SHA-256 of the report. A shortened line does not have them. */
function reportOf({ line, report }: RecordedRun) {
  if (line.report !== undefined) {
    return { bytes: line.report.bytes, sha256: token(line.report.sha256) };
  }
  return report === null
    ? undefined
    : { bytes: Buffer.byteLength(report), sha256: sha256Of(report) };
}

function lastRunOf(run: RecordedRun, at: string, tick: string): LastRun {
  const { line } = run;
  const { outcome, error, durationMs, remedy, retry } = line;
  const status = postedStatus(run);
  return {
    at,
    tick,
    attempt: line.scheduledTime === undefined ? 'hand' : (line.attempt ?? 0),
    outcome,
    ...(error && { code: token(error.code) }),
    ...reportOf(run),
    ...(status !== undefined && { status }),
    ...(durationMs?.['total'] !== undefined && { durationMs: durationMs['total'] }),
    message: sentence(line.message),
    ...(remedy !== undefined && { remedy: sentence(remedy) }),
    ...(retry && { retryAt: retry.at }),
    warnings: (line.warnings ?? []).slice(0, MAX_ITEMS).map(sentence),
  };
}

function versionOf(
  version: NonNullable<RecordedLine['version']>,
  { standby }: RecordedLine,
  at: string,
) {
  const { postgresql, available, latest, reachable, fix, versionsBehind } = version;
  return {
    at,
    installed: token(version.installed),
    ...(postgresql !== undefined && { postgresql: token(postgresql) }),
    ...(standby && { standby }),
    available: available === null ? null : token(available),
    ...(latest !== undefined && { latest: token(latest) }),
    ...(reachable !== undefined && { reachable: token(reachable) }),
    ...(fix !== undefined && { fix: token(fix) }),
    ...(versionsBehind !== undefined && { versionsBehind }),
    verdicts: tokens(version.verdicts),
    advisories: tokens(version.advisories),
    sentence: sentence(version.sentence),
    dataAsOf: token(version.asOf),
  };
}

function consentOf(consent: NonNullable<RecordedLine['consent']>, at: string) {
  const { granted, level, rule, where, holder } = consent;
  return {
    at,
    granted,
    level: token(level),
    rule: token(rule),
    where: token(where),
    ...(holder !== undefined && { holder: token(holder) }),
    sentence: sentence(consent.sentence),
  };
}

function sentOf({ receipt }: RecordedLine, { at, bytes, sha256, status }: LastRun): Groups['sent'] {
  if (status === undefined || bytes === undefined || sha256 === undefined) return null;
  return {
    at,
    bytes,
    sha256,
    sentAt: receipt?.at ?? at,
    endpoint: receipt === undefined ? null : token(receipt.endpoint),
    status,
    arrival: arrivalOf(status),
  };
}

function groupsOf(run: RecordedRun, at: string, tick: string): RunFacts['groups'] {
  const { line, report } = run;
  const { version, jobs, consent, nextDue, uuid } = line;
  const lastRun = lastRunOf(run, at, tick);
  const figures = report === null ? undefined : readFigures(report);
  return {
    lastRun,
    version: version ? versionOf(version, line, at) : null,
    jobs: jobs ? { at, ...jobs } : null,
    consent: consent ? consentOf(consent, at) : null,
    figures: figures ? { at, ...figures } : null,
    sent: sentOf(line, lastRun),
    due: nextDue === undefined ? null : { at, nextDue },
    identity: uuid === undefined ? null : { at, uuid: token(uuid) },
  };
}

/** Returns -1 for a value that is unknown or too large. */
function toColumnValue(value: number | null): number {
  return value !== null && Number.isSafeInteger(value) ? value : -1;
}

function dayFactsOf({ version, jobs, consent, figures, lastRun }: RunFacts['groups']) {
  const ratio = figures && compressionRatio(figures);
  return {
    failed: lastRun.outcome === 'failed',
    ...(consent && { withheld: !consent.granted }),
    ...(jobs && { jobsFailing: jobs.failing > 0 }),
    ...(version && { version: { installed: version.installed, ...verdictConditions(version) } }),
    ...(figures && {
      figures: {
        dataVolume: toColumnValue(figures.dataVolume),
        chunks: toColumnValue(figures.chunks),
        ratio: toColumnValue(ratio && Math.round(ratio * 10)),
      },
    }),
  };
}

/** Reads one run of the record. Pure; every run of an environment gives the same facts at any time after it. */
export function readRun(
  run: RecordedRun,
  environment: string,
  now: number,
): RunFacts | UnusableRun {
  const { line, recordedAt } = run;
  const lasting = findProblem(run, environment);
  const isEarly = lasting === undefined && isOfFuture(run, now);
  const problem = isEarly ? OF_FUTURE : lasting;
  if (problem !== undefined) {
    const time = line.scheduledTime ?? recordedAt;
    const isTime = !Number.isNaN(Date.parse(time));
    return {
      problem: {
        object: `${token(line.environment)}/${token(line.database)} ${token(time)}`,
        date: formatDay(isTime ? Math.min(dayOf(time), dayOf(now)) : dayOf(now)),
        problem,
      },
      isEarly,
    };
  }
  const order = Date.parse(recordedAt);
  const at = new Date(order).toISOString();
  const tick = line.scheduledTime === undefined ? at : new Date(line.scheduledTime).toISOString();
  const groups = groupsOf(run, at, tick);
  return {
    database: line.database,
    groups,
    dayFacts: { day: dayOf(tick), order, ...dayFactsOf(groups) },
  };
}
