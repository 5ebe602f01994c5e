import { type DayOrders, FLAGS, GROUP_FLAGS } from '../history.ts';

/** The values that one run adds to a day. */
export interface DayFacts {
  /** Day of the run's tick. */
  readonly day: number;
  /** When the run was recorded, in milliseconds since 1970. */
  readonly order: number;
  readonly failed: boolean;
  readonly withheld?: boolean;
  readonly jobsFailing?: boolean;
  readonly version?: {
    readonly installed: string;
    readonly broken: boolean;
    readonly vulnerable: boolean;
    readonly behind: boolean;
    readonly unknown: boolean;
  };
  /** -1 for a value that the report does not have. */
  readonly figures?: {
    readonly dataVolume: number;
    readonly chunks: number;
    readonly ratio: number;
  };
}

export type MutableOrders = { -readonly [Key in keyof DayOrders]: DayOrders[Key] };

const NO_ORDERS: DayOrders = { run: -1, consent: -1, jobs: -1, version: -1, figures: -1 };

function flag(bit: number, holds: boolean): number {
  return holds ? bit : 0;
}

function flagsOfVersion({ broken, vulnerable, behind, unknown }: NonNullable<DayFacts['version']>) {
  return (
    FLAGS.versionKnown +
    flag(FLAGS.broken, broken) +
    flag(FLAGS.vulnerable, vulnerable) +
    flag(FLAGS.behind, behind) +
    flag(FLAGS.unknown, unknown)
  );
}

/** Compares two lists of values, so that of two runs with the same time the same one is chosen in any order. */
function isGreater(one: readonly (string | number)[], other: readonly (string | number)[]) {
  return JSON.stringify(one) > JSON.stringify(other);
}

/** Returns the index of the first day that is not before `day`. */
export function indexOfDay(days: readonly number[], day: number): number {
  let index = days.length;
  while (index > 0 && (days[index - 1] ?? 0) >= day) index -= 1;
  return index;
}

/** The columns of a history, decoded. */
export interface Columns {
  readonly names: string[];
  readonly days: number[];
  readonly versions: number[];
  readonly flags: number[];
  readonly dataVolumes: number[];
  readonly chunks: number[];
  readonly ratios: number[];
}

/** One day that is open, and the run that is added to it. */
interface Cell {
  readonly columns: Columns;
  readonly index: number;
  readonly orders: MutableOrders;
  readonly order: number;
}

/** Whether the run's values replace the present ones of a group: a later run's do. Then notes the run as their source. */
function choose(
  { orders, order }: Cell,
  group: keyof DayOrders,
  values: readonly (string | number)[],
  present: readonly (string | number)[],
): boolean {
  const isLater = order > orders[group];
  if (!isLater && !(order === orders[group] && isGreater(values, present))) return false;
  orders[group] = order;
  return true;
}

function replaceFlags({ columns: { flags }, index }: Cell, mask: number, bits: number): void {
  flags[index] = ((flags[index] ?? 0) & ~mask) | bits;
}

function setFlags(cell: Cell, group: keyof typeof GROUP_FLAGS, bits: number): void {
  const mask = GROUP_FLAGS[group];
  const present = (cell.columns.flags[cell.index] ?? 0) & mask;
  if (choose(cell, group, [bits], [present])) replaceFlags(cell, mask, bits);
}

function indexOfName(names: string[], name: string): number {
  const index = names.indexOf(name);
  return index < 0 ? names.push(name) - 1 : index;
}

function setVersion(cell: Cell, version: NonNullable<DayFacts['version']>): void {
  const { names, versions, flags } = cell.columns;
  const bits = flagsOfVersion(version);
  const presentName = names[versions[cell.index] ?? -1] ?? '';
  const presentBits = (flags[cell.index] ?? 0) & GROUP_FLAGS.version;
  if (!choose(cell, 'version', [version.installed, bits], [presentName, presentBits])) return;
  versions[cell.index] = indexOfName(names, version.installed);
  replaceFlags(cell, GROUP_FLAGS.version, bits);
}

function setFigures(cell: Cell, figures: NonNullable<DayFacts['figures']>): void {
  const { dataVolumes, chunks, ratios } = cell.columns;
  const present = [dataVolumes, chunks, ratios].map((column) => column[cell.index] ?? -1);
  const values = [figures.dataVolume, figures.chunks, figures.ratio];
  if (!choose(cell, 'figures', values, present)) return;
  dataVolumes[cell.index] = figures.dataVolume;
  chunks[cell.index] = figures.chunks;
  ratios[cell.index] = figures.ratio;
}

function insertDay(columns: Columns, index: number, day: number): void {
  columns.days.splice(index, 0, day);
  columns.flags.splice(index, 0, 0);
  const { versions, dataVolumes, chunks, ratios } = columns;
  for (const column of [versions, dataVolumes, chunks, ratios]) column.splice(index, 0, -1);
}

/** Adds the values of one run to its day, unless the day is closed. */
export function addFacts(
  columns: Columns,
  orders: Map<number, MutableOrders>,
  { day, order, failed, withheld, jobsFailing, version, figures }: DayFacts,
): void {
  const index = indexOfDay(columns.days, day);
  if (columns.days[index] !== day) {
    insertDay(columns, index, day);
    orders.set(day, { ...NO_ORDERS });
  }
  const dayOrders = orders.get(day);
  if (dayOrders === undefined) return;
  const cell: Cell = { columns, index, orders: dayOrders, order };
  setFlags(cell, 'run', flag(FLAGS.failed, failed));
  if (withheld !== undefined) {
    setFlags(cell, 'consent', FLAGS.consentKnown + flag(FLAGS.withheld, withheld));
  }
  if (jobsFailing !== undefined) {
    setFlags(cell, 'jobs', FLAGS.jobsKnown + flag(FLAGS.jobsFailing, jobsFailing));
  }
  if (version !== undefined) setVersion(cell, version);
  if (figures !== undefined) setFigures(cell, figures);
}
