import type { IndexEntry } from '../data/page-data.ts';

/** What the reader has chosen. */
export interface Query {
  /** Words that all have to occur. */
  readonly search: string;
  /** Position of a condition among `CONDITIONS`; `any` for databases with at least one; empty for all. */
  readonly show: string;
  /** `worst`, `name`, `installed`, `run` or `volume`. */
  readonly order: string;
}

function shows(conditions: number, show: string): boolean {
  if (show === '') return true;
  if (show === 'any') return conditions !== 0;
  return ((conditions >> Number(show)) & 1) === 1;
}

const collator = new Intl.Collator('en', { numeric: true });

/** Compares by a number; databases for which it is not known are the last. */
function compareKnown(one: number, other: number): number {
  return Number(one < 0) - Number(other < 0) || one - other;
}

const ORDERS: Readonly<Record<string, (one: IndexEntry, other: IndexEntry) => number>> = {
  name: ([one], [other]) => collator.compare(one, other),
  installed: ([, , , one], [, , , other]) => compareKnown(one, other),
  // A database without a run is the first.
  run: ([, , , , one], [, , , , other]) => one - other,
  volume: ([, , , , , one], [, , , , , other]) => other - one,
};

/** Returns the positions of the databases that match, in the chosen order; equal ones stay in that of the index. */
export function runQuery(
  index: readonly IndexEntry[],
  { search, show, order }: Query,
): readonly number[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = index.flatMap((entry, position) => {
    const [name, texts, conditions] = entry;
    const text = `${name.toLowerCase()} ${texts}`;
    const isFound = shows(conditions, show) && words.every((word) => text.includes(word));
    return isFound ? [{ entry, position }] : [];
  });
  const compare = ORDERS[order];
  if (compare !== undefined) found.sort((one, other) => compare(one.entry, other.entry));
  return found.map(({ position }) => position);
}
