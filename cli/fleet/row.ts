import { postgresqlOf } from '../../lib/fleet/action.ts';
import type { Condition, DatabaseState, FleetSeverity } from '../../lib/fleet/database-state.ts';
import type { FleetState } from '../../lib/fleet/fleet-state.ts';
import type { PageOptions } from '../../lib/fleet-page/render-page.ts';
import type { Arrival } from '../../lib/record/posted.ts';

/** The error that ended the last run or check. */
interface RowError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string | null;
}

/** One database of the fleet, as the command line prints it. Null: not known. */
export interface FleetRow {
  readonly name: string;
  readonly severity: FleetSeverity;
  /** The worst first. */
  readonly conditions: readonly Condition[];
  /** What to do about the worst condition. */
  readonly action: string;
  readonly postgresql: string | null;
  /** Whether the server is a standby, as far as it is known. */
  readonly standby: boolean;
  readonly installed: string | null;
  /** Default version on the server's disk. */
  readonly available: string | null;
  /** Newest version that works on this PostgreSQL. */
  readonly reachable: string | null;
  readonly latest: string | null;
  /** Smallest upgrade that repairs the jobs or fixes the advisories. */
  readonly fix: string | null;
  readonly versionsBehind: number | null;
  readonly verdicts: readonly string[];
  readonly advisories: readonly string[];
  /** Who has to do what, and why. */
  readonly sentence: string | null;
  readonly jobs: {
    readonly scheduled: number;
    readonly failing: number;
    readonly oldestFailure: string | null;
  } | null;
  readonly consent: {
    readonly granted: boolean;
    readonly level: string;
    readonly rule: string;
    readonly where: string;
    readonly holder: string | null;
    readonly sentence: string;
  } | null;
  /** The latest report that was posted, also by a run that failed. */
  readonly sent: {
    /** When the endpoint answered; without an answer, when the run was recorded. */
    readonly at: string;
    readonly arrival: Arrival;
    /** HTTP status of the answer. */
    readonly status: number | null;
    readonly endpoint: string | null;
    readonly bytes: number;
    readonly sha256: string;
  } | null;
  /** ISO 8601, as all times. */
  readonly nextDue: string | null;
  readonly lastRun: string | null;
  readonly lastSuccess: string | null;
  readonly error: RowError | null;
}

function errorOf({ lastRun }: DatabaseState): RowError | null {
  if (lastRun?.code === undefined) return null;
  const { code, message, remedy = null } = lastRun;
  return { code, message, remedy };
}

function versionOf({ version }: DatabaseState) {
  return {
    installed: version?.installed ?? null,
    available: version?.available ?? null,
    reachable: version?.reachable ?? null,
    latest: version?.latest ?? null,
    fix: version?.fix ?? null,
    versionsBehind: version?.versionsBehind ?? null,
    verdicts: version?.verdicts ?? [],
    advisories: version?.advisories ?? [],
    sentence: version?.sentence ?? null,
  };
}

function jobsOf({ jobs }: DatabaseState): FleetRow['jobs'] {
  if (jobs === null) return null;
  const { scheduled, failing, oldestFailure } = jobs;
  return { scheduled, failing, oldestFailure };
}

function consentOf({ consent }: DatabaseState): FleetRow['consent'] {
  if (consent === null) return null;
  const { granted, level, rule, where, holder = null, sentence } = consent;
  return { granted, level, rule, where, holder, sentence };
}

function sentOf({ sent }: DatabaseState): FleetRow['sent'] {
  if (sent === null) return null;
  const { sentAt: at, arrival, status, endpoint, bytes, sha256 } = sent;
  return { at, arrival, status, endpoint, bytes, sha256 };
}

/** Makes the row of a database. */
export function toRow(database: DatabaseState): FleetRow {
  const { name, severity, conditions, action, due, lastRun, lastSuccess } = database;
  return {
    name,
    severity,
    conditions,
    action,
    postgresql: postgresqlOf(database),
    standby: database.version?.standby ?? false,
    ...versionOf(database),
    jobs: jobsOf(database),
    consent: consentOf(database),
    sent: sentOf(database),
    nextDue: due?.nextDue ?? null,
    lastRun: lastRun?.at ?? null,
    lastSuccess,
    error: errorOf(database),
  };
}

/** The state of a fleet, and what a person should know about how it was read. */
export interface Fleet {
  readonly state: FleetState;
  /** The worst first. */
  readonly rows: readonly FleetRow[];
  /** Sentences. */
  readonly notes: readonly string[];
  /** What the page shows beside the state. */
  readonly content?: PageOptions;
}

/** A place from which the state of a fleet is read: a list of databases, or the record of an environment. */
export interface FleetSource {
  /** Describes the place, for a person. */
  readonly title: string;
  /** Whether the databases are read now; otherwise by runs that are over. */
  readonly isLive: boolean;
  /**
   * Reads the state. A database that cannot be read is a row, too.
   *
   * @throws CommandError when there is nothing to show
   */
  load(): Promise<Fleet>;
}
