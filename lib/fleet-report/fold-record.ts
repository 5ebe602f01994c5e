import { type FleetContext, type FleetState, PROBLEM_DAYS } from '../fleet/fleet-state.ts';
import { startFold } from '../fleet/fold.ts';
import { dayOf, EMPTY_HISTORY, formatDay } from '../fleet/history.ts';
import { type Transition, transitions } from '../fleet/transitions.ts';
import { widespreadSilence } from '../fleet/widespread-silence.ts';
import type { Bucket } from '../record/put-object.ts';
import type { FleetEvent } from './event.ts';
import { MAX_OBJECTS } from './reading/list-day.ts';
import type { OtherKeys } from './reading/other-keys.ts';
import { planReading, withoutReread } from './reading/plan-reading.ts';
import { dateIn, type ReadResult, readRecord } from './reading/read-record.ts';
import type { StoredState } from './reading/stored-state.ts';

/** Objects that the state lists to be read again. If there are more, the next report reads all others again, too. */
const MAX_PENDING = 10_000;

/** A state with the new objects of the record. */
export interface Folded {
  readonly fleet: FleetState;
  /** Objects that were written before this time have been read. ISO 8601. */
  readonly readUntil: string;
  /** Keys of the objects that are read again. */
  readonly pending: readonly string[];
  readonly transitions: readonly Transition[];
  readonly reading: ReadResult;
  /** The first and the last day that were to be read. */
  readonly days: readonly [first: string, last: string];
  readonly otherKeys: OtherKeys;
  /** Sentences. */
  readonly warnings: readonly string[];
}

export interface FoldOptions {
  readonly bucket: Bucket;
  readonly prefix: string | undefined;
  readonly context: FleetContext;
  readonly event: FleetEvent;
  readonly signal: AbortSignal;
  readonly hasTime: () => boolean;
}

/** Returns the state without its histories, which take most of the memory and which transitions do not need. */
function withoutHistories(fleet: FleetState): FleetState {
  const databases = Object.entries(fleet.databases).map(([name, database]) => [
    name,
    { ...database, history: EMPTY_HISTORY, recent: [] },
  ]);
  return { ...fleet, databases: Object.fromEntries(databases) };
}

function warningsOf(
  missedDays: number,
  { unreadDays, refused, tooLarge }: ReadResult,
): readonly string[] {
  const [next] = unreadDays;
  return [
    ...(missedDays > 0
      ? [
          `No report was made for more than two weeks, and ${missedDays} days of the record were not read. Invoke the function with { "days": 400 } to read them.`,
        ]
      : []),
    ...(next !== undefined
      ? [
          `The time did not suffice for ${unreadDays.length} days up to ${next}. Invoke the function with { "days": ${unreadDays.length}, "before": "${dayAfter(next)}" } to read them.`,
        ]
      : []),
    ...(refused > 0 ? [`S3 refused ${refused} objects of the record; the page lists them.`] : []),
    ...(tooLarge > 0
      ? [
          `${tooLarge} folders of the record have more than ${MAX_OBJECTS} objects of one database and day, and the others were not read: a sender may be looping. The page lists the folders.`,
        ]
      : []),
  ];
}

function dayAfter(date: string): string {
  return new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);
}

/**
 * Returns the time before which everything has been read. A report that has not read everything, or that was asked for other
 * days, leaves it as it was, so that the next one begins there.
 */
function readUntilOf(
  before: string | undefined,
  { event, context }: Pick<FoldOptions, 'event' | 'context'>,
  { unreadDays, pending }: ReadResult,
  firstDay: string,
): string {
  const hasReadAll = unreadDays.length === 0 && pending.length <= MAX_PENDING;
  if (before === undefined) return hasReadAll ? context.now : `${firstDay}T00:00:00.000Z`;
  return hasReadAll && event.days === undefined ? context.now : before;
}

/**
 * Folds the new objects of the record into a state.
 *
 * @param take returns the state of the last report, and keeps no reference to it
 * @throws an error of the S3 client if a listing fails, or if no object can be read
 */
export async function foldRecord(
  take: () => StoredState | undefined,
  options: FoldOptions,
): Promise<Folded> {
  const { bucket, prefix, context, event, signal, hasTime } = options;
  let stored = take();
  const plan = planReading(stored, event, Date.parse(context.now));
  const earlier = stored && withoutHistories(stored.fleet);
  const readUntil = stored?.readUntil;
  const folding = startFold(stored && withoutReread(stored.fleet, plan), context);
  // The fold releases the histories of the earlier state one by one.
  stored = undefined;
  const otherKeys: OtherKeys = new Map();
  const { environment } = context;
  const reading = await readRecord({
    bucket,
    plan: { environment, prefix, ...plan },
    folding,
    signal,
    otherKeys,
    hasTime,
  });
  // Without a single run, every database would seem to be silent.
  if (reading.refused > 0 && reading.refused === reading.read) throw reading.refusal;
  const fleet = folding.finish();
  const firstPending = formatDay(dayOf(context.now) - PROBLEM_DAYS);
  const [newest = '', oldest = newest] = [plan.days[0], plan.days.at(-1)];
  return {
    fleet,
    readUntil: readUntilOf(readUntil, options, reading, oldest),
    pending: [...reading.pending, ...reading.unusable]
      .filter((key) => dateIn(key) >= firstPending)
      .slice(0, MAX_PENDING),
    transitions: transitions(earlier, fleet),
    reading,
    days: [oldest, newest],
    otherKeys,
    warnings: [
      ...warningsOf(plan.missedDays, reading),
      ...[widespreadSilence(fleet.counts)].filter((warning) => warning !== undefined),
    ],
  };
}
