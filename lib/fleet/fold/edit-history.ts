import { firstDayOf, HISTORY_DAYS, type History, OPEN_DAYS } from '../history.ts';
import { decodeColumn, encodeColumn } from './columns.ts';
import {
  addFacts,
  type Columns,
  type DayFacts,
  indexOfDay,
  type MutableOrders,
} from './day-facts.ts';

/** A history that is being changed. */
export interface HistoryEditor {
  add(facts: DayFacts): void;
  /** Returns the history without the days that are too old on `today`, and without the orders of closed days. */
  finish(today: number): History;
}

/** Runs that are kept until they are added together: the columns are decoded and encoded for all of them at once. */
const MAX_PENDING = 24;

/** Keeps the names that are still used, in the order of the days: it does not depend on that of the runs. */
function normalizeNames(names: readonly string[], versions: readonly number[]) {
  const used = [...new Set(versions.filter((version) => version >= 0))];
  return {
    names: used.map((version) => names[version] ?? ''),
    versions: versions.map((version) => used.indexOf(version)),
  };
}

function decode(history: History): Columns {
  return {
    names: [...history.names],
    days: decodeColumn(history.days),
    versions: decodeColumn(history.versions),
    flags: decodeColumn(history.flags),
    dataVolumes: decodeColumn(history.dataVolumes),
    chunks: decodeColumn(history.chunks),
    ratios: decodeColumn(history.ratios),
  };
}

/** Encodes the days from an index on. */
function encode(columns: Columns, first: number, orders: History['orders']): History {
  const { names, versions } = normalizeNames(columns.names, columns.versions.slice(first));
  return {
    names,
    days: encodeColumn(columns.days.slice(first)),
    versions: encodeColumn(versions),
    flags: encodeColumn(columns.flags.slice(first)),
    dataVolumes: encodeColumn(columns.dataVolumes.slice(first)),
    chunks: encodeColumn(columns.chunks.slice(first)),
    ratios: encodeColumn(columns.ratios.slice(first)),
    orders,
  };
}

/** The first day that is kept, and whether a day may still receive runs. */
interface Limits {
  readonly firstDay: number;
  readonly isOpen: (day: number) => boolean;
}

/** Returns a history with the facts of runs. */
function change(
  history: History,
  runs: readonly DayFacts[],
  { firstDay, isOpen }: Limits,
): History {
  const columns = decode(history);
  const orders = new Map<number, MutableOrders>(
    Object.entries(history.orders).map(([day, dayOrders]) => [Number(day), { ...dayOrders }]),
  );
  for (const facts of runs) addFacts(columns, orders, facts);
  const open = [...orders].filter(([day]) => isOpen(day)).toSorted(([one], [other]) => one - other);
  return encode(columns, indexOfDay(columns.days, firstDay), Object.fromEntries(open));
}

function limitsOn(today: number): Limits {
  return { firstDay: today - HISTORY_DAYS + 1, isOpen: (day) => day >= today - OPEN_DAYS };
}

/**
 * Opens a history for changes; the given one stays as it is.
 *
 * @param isOpen whether a day may still receive runs
 */
export function editHistory(history: History, isOpen: (day: number) => boolean): HistoryEditor {
  let current = history;
  let pending: DayFacts[] = [];
  return {
    add(facts) {
      pending.push(facts);
      if (pending.length < MAX_PENDING) return;
      current = change(current, pending, { firstDay: Number.NEGATIVE_INFINITY, isOpen });
      pending = [];
    },
    finish: (today) => change(current, pending, limitsOn(today)),
  };
}

/** Returns the history without the days and the orders that are too old on `today`; the same object if there are none. */
export function trimHistory(history: History, today: number): History {
  const limits = limitsOn(today);
  const isCurrent =
    (firstDayOf(history) ?? today) >= limits.firstDay &&
    Object.keys(history.orders).every((day) => limits.isOpen(Number(day)));
  return isCurrent ? history : change(history, [], limits);
}
