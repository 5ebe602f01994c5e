import type { Target } from '../config/target.ts';
import type { Consent } from '../consent/decide-consent.ts';
import { type Due, decideDue, loadSchedule, nextDueTick } from '../schedule/due.ts';
import type { Facts } from '../timescaledb/facts.ts';
import type { ReadOptions } from './database-reader.ts';

const SUPERSEDED =
  'This retry is too late: a later tick of the job was due meanwhile and has its own attempts.';

/**
 * Decides whether the tick is due. A retry that was planned without an answer of the database can come after the next
 * due tick; that tick has sent the report, or has retries of its own.
 */
export async function decideDueTick(
  facts: Pick<Facts, 'jobs' | 'installedAt'>,
  { time, retriedAt }: Pick<ReadOptions, 'time' | 'retriedAt'>,
  { tickHours }: Pick<Target, 'tickHours'>,
): Promise<Due> {
  const schedule = await loadSchedule(facts);
  const tick = { time, hours: tickHours };
  const due = decideDue(schedule, tick);
  const next = nextDueTick(due, tick);
  if (retriedAt === undefined || !due.isDue || next === null || retriedAt < next) return due;
  const { nextDue } = decideDue(schedule, { ...tick, time: retriedAt });
  return { ...due, isDue: false, nextDue, notes: [...due.notes, SUPERSEDED] };
}

/** Whether the options, the consent and the schedule ask for a report. Pure. */
export function isReportWanted(
  report: ReadOptions['report'],
  { granted }: Pick<Consent, 'granted'>,
  { isDue }: Pick<Due, 'isDue'>,
): boolean {
  switch (report) {
    case 'never':
      return false;
    case 'when-due':
      return granted && isDue;
    case 'when-consented':
      return granted;
    case 'always':
      return true;
  }
}
