/** The data of the page that its script reads, from compressed blocks of JSON. */

/** Name of the block with an `IndexEntry` for each database, the worst first. */
export const INDEX_BLOCK = 'index';

/** What the page's script searches, filters and sorts by. */
export type IndexEntry = readonly [
  name: string,
  /** Texts that the search finds beside the name, in lower case. */
  search: string,
  /** Bit n is set if condition n of `CONDITIONS` holds. */
  conditions: number,
  /** Position of the installed version among all, the oldest being 0; -1 if it is not known. */
  installed: number,
  /** Tick of the last run, in minutes since 1970; -1 without a run. */
  lastRun: number,
  /** In megabytes; -1 if it is not known. */
  dataVolume: number,
];

/** Databases in a block of their rows, and in a block of their details. Both blocks are arrays of HTML texts. */
const ROWS_IN_BLOCK = 200;
const DETAILS_IN_BLOCK = 20;

const SIZES = { row: ROWS_IN_BLOCK, details: DETAILS_IN_BLOCK } as const;
export type BlockKind = keyof typeof SIZES;

export function blockSize(kind: BlockKind): number {
  return SIZES[kind];
}

export function blockName(kind: BlockKind, index: number): string {
  return `${kind}-${index}`;
}

/**
 * Returns the block that has the row or the details of a database, and the place in it.
 *
 * @param position position among the databases that the list of the document does not contain
 */
export function placeOf(kind: BlockKind, position: number): { block: string; index: number } {
  const size = blockSize(kind);
  return { block: blockName(kind, Math.floor(position / size)), index: position % size };
}
