import type { Target } from '../config/target.ts';
import type { Consent } from '../consent/decide-consent.ts';
import type { Report } from '../report/build-report.ts';
import type { Due } from '../schedule/due.ts';
import type { Facts } from '../timescaledb/facts.ts';
import type { RunContext } from './run-to-end.ts';

/** Options of one reading. */
export interface ReadOptions {
  /** The tick's nominal time, in milliseconds since 1970. */
  readonly time: number;
  /** The time of a retry, in milliseconds since 1970; undefined for a first attempt. */
  readonly retriedAt?: number | undefined;
  /**
   * When to build the report: `when-due` needs consent and a tick of the job; `when-consented` ignores the schedule;
   * `always` also ignores the consent, for a report that is shown and never sent.
   */
  readonly report: 'never' | 'when-due' | 'when-consented' | 'always';
  /** DO_NOT_TRACK is set, which denies consent. */
  readonly isUntracked?: boolean;
  /** Part of the run's time that is reserved for sending, in milliseconds. */
  readonly reserveMs?: number;
  /** The reading of a check, whose steps are shown with their durations. */
  readonly isCheck?: boolean;
}

/** The result of reading one database. */
export interface Reading {
  readonly facts: Facts;
  readonly consent: Consent;
  readonly due: Due;
  /** Undefined when the options, the consent or the schedule ruled it out. */
  readonly report: Report | undefined;
}

/**
 * The half of a run that needs the database's network; the other half needs the internet. They share only the reading.
 * Each implementation defines how the database is reached.
 */
export interface DatabaseReader {
  /**
   * Reads one snapshot of the target's database. The connection is closed when this returns.
   *
   * @throws RunError SECRET_*, DATABASE_*, CATALOG_*, EXTENSION_MISSING, VERSION_UNSUPPORTED, REPORT_*, TIME_LIMIT
   */
  read(target: Target, options: ReadOptions, context: RunContext): Promise<Reading>;
}
