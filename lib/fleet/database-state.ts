import type { Arrival } from '../record/posted.ts';
import type { History } from './history.ts';

/**
 * A condition of a database that a person should know.
 *
 * - `broken`: PostgreSQL breaks every scheduled job of the installed TimescaleDB (verdict `jobs-broken`)
 * - `vulnerable`: a published advisory affects the installed version
 * - `silent`: no run was recorded for two ticks
 * - `failed`: the last run failed
 * - `jobs-failing`: the last run of at least one scheduled job failed
 * - `behind`: another verdict of the version check needs an action
 * - `withheld`: consent is denied, so no report is sent
 * - `unknown`: the installed version could not be compared, or no run has read it yet
 */
export const CONDITIONS = [
  'broken',
  'vulnerable',
  'silent',
  'failed',
  'jobs-failing',
  'behind',
  'withheld',
  'unknown',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Severity of a database's worst condition, from the worst. */
export const FLEET_SEVERITIES = ['error', 'warning', 'notice', 'ok'] as const;
export type FleetSeverity = (typeof FLEET_SEVERITIES)[number];

/** Facts that one run has read. Each group of a database is that of the latest run that had it. */
export interface Group {
  /** When the run was recorded, ISO 8601, UTC, with milliseconds: the texts have the order of the times. */
  readonly at: string;
}

/** One run, in short. */
export interface RunSummary extends Group {
  /** Nominal time of the run, ISO 8601; of a run by hand the time when it was recorded. */
  readonly tick: string;
  /** Number of the attempt, from 0; `hand` for a run without a scheduled time. */
  readonly attempt: number | 'hand';
  readonly outcome: 'sent' | 'checked' | 'skipped' | 'failed';
  /** Error code of a failed run. */
  readonly code?: string;
  /** Size and SHA-256 (hexadecimal) of the report, in runs that have one. */
  readonly bytes?: number;
  readonly sha256?: string;
  /**
   * HTTP status with which the endpoint answered the report; null if none arrived, so that the report's arrival is unknown.
   * Absent for a run that posted nothing. The outcome does not say it: a run that failed may have posted its report.
   */
  readonly status?: number | null;
  readonly durationMs?: number;
}

/** The latest run, with its sentences. */
export interface LastRun extends RunSummary {
  readonly message: string;
  readonly remedy?: string;
  /** Time of the retry that follows a failed run. */
  readonly retryAt?: string;
  readonly warnings: readonly string[];
}

/** Result of the latest version check. */
export interface VersionGroup extends Group {
  readonly installed: string;
  /** PostgreSQL's version. */
  readonly postgresql?: string;
  /** The server is a standby: the extension is updated on the primary. */
  readonly standby?: true;
  /** Default version on the server's disk; null where PostgreSQL cannot list it. */
  readonly available: string | null;
  readonly latest?: string;
  /** Newest version that works on this PostgreSQL. */
  readonly reachable?: string;
  /** Smallest upgrade that repairs the jobs or fixes the advisories. */
  readonly fix?: string;
  readonly versionsBehind?: number;
  readonly verdicts: readonly string[];
  readonly advisories: readonly string[];
  readonly sentence: string;
  /** Date of the version data. */
  readonly dataAsOf: string;
}

/** Scheduled and failing jobs of the database. */
interface JobsGroup extends Group {
  readonly scheduled: number;
  readonly failing: number;
  readonly oldestFailure: string | null;
}

/** The latest decision about consent. */
interface ConsentGroup extends Group {
  readonly granted: boolean;
  readonly level: string;
  readonly rule: string;
  readonly where: string;
  readonly holder?: string;
  readonly sentence: string;
}

/** Figures of the latest report. A figure that its release does not report is null. Sizes are in bytes. */
export interface FiguresGroup extends Group {
  readonly postgresql: string | null;
  readonly timescaledb: string | null;
  readonly dataVolume: number | null;
  readonly hypertables: number | null;
  readonly chunks: number | null;
  readonly compressedChunks: number | null;
  readonly uncompressedBytes: number | null;
  readonly compressedBytes: number | null;
}

/** The latest report that was posted, also by a run that failed. */
interface SentGroup extends Group {
  readonly bytes: number;
  readonly sha256: string;
  /** When the endpoint answered, ISO 8601; without an answer, when the run was recorded. */
  readonly sentAt: string;
  /** Null without an answer. */
  readonly endpoint: string | null;
  readonly status: number | null;
  readonly arrival: Arrival;
}

/** The next time at which a report is due, according to the latest run that has read the job. */
interface DueGroup extends Group {
  readonly nextDue: string;
}

/** The database's identifier in its latest report. */
interface IdentityGroup extends Group {
  readonly uuid: string;
}

/** A decision of the operator to accept a condition: no notification is sent, and the views show the reason. */
export interface Mute {
  /** Absent for all databases. */
  readonly database?: string;
  /** Absent for every condition. */
  readonly advisory?: string;
  /** Last day on which the decision holds, such as `2027-01-31`; absent without an end. */
  readonly until?: string;
  readonly reason: string;
}

/** One database: a row of the views. */
export interface DatabaseState {
  readonly name: string;
  /** Whether the environment still has the database; false after it was removed or renamed. */
  readonly configured: boolean;
  readonly tickHours: number;
  /** For a database without a run: when it was first expected, ISO 8601. */
  readonly awaitedSince?: string;
  /** For a database with the identifier of one that was removed: that one's name. */
  readonly formerName?: string;

  readonly lastRun: LastRun | null;
  /** When the latest run that did not fail was recorded, ISO 8601. */
  readonly lastSuccess: string | null;
  readonly version: VersionGroup | null;
  readonly jobs: JobsGroup | null;
  readonly consent: ConsentGroup | null;
  readonly figures: FiguresGroup | null;
  readonly sent: SentGroup | null;
  readonly due: DueGroup | null;
  readonly identity: IdentityGroup | null;
  /** The newest first. */
  readonly recent: readonly RunSummary[];
  readonly history: History;

  /** All conditions that hold, the worst first. A removed database has none. */
  readonly conditions: readonly Condition[];
  readonly severity: FleetSeverity;
  /** What to do about the worst condition: one sentence. */
  readonly action: string;
  /** First day (`2026-11-28`) since which each condition holds without a break, as far as the history goes back. */
  readonly since: Readonly<Partial<Record<Condition | 'installed' | 'granted', string>>>;
  /** The mutes that apply today. */
  readonly mutes: readonly Mute[];
}

/** The groups of a database's latest facts. */
export type Groups = Pick<
  DatabaseState,
  'lastRun' | 'version' | 'jobs' | 'consent' | 'figures' | 'sent' | 'due' | 'identity'
>;
