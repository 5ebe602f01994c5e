import stringWidth from 'fast-string-width';
import type { Condition } from '../../../lib/fleet/database-state.ts';
import type { FleetCounts } from '../../../lib/fleet/fleet-state.ts';
import type { FleetRow } from '../../fleet/row.ts';
import { toPrintableLine } from '../terminal/printable.ts';
import type { Mark } from '../terminal/terminal.ts';
import { cutToWidth, padToWidth } from '../terminal/wrap.ts';
import { shortAction } from './short-action.ts';

const MARKS: Readonly<Record<FleetRow['severity'], Mark>> = {
  error: '✖',
  warning: '▲',
  notice: '–',
  ok: '✔',
};

/** A row of the table as text, with the mark that decides its colour. */
export interface TableLine {
  readonly mark: Mark | ' ';
  readonly text: string;
}

interface Column {
  readonly title: string;
  readonly cell: (row: FleetRow) => string;
  /** Width that the column keeps on a narrow terminal. */
  readonly minWidth: number;
}

const UNKNOWN = '–';

function versions({ installed, reachable }: FleetRow): string {
  if (installed === null) return UNKNOWN;
  return reachable === null || reachable === installed ? installed : `${installed} → ${reachable}`;
}

function conditionsOf({ conditions }: FleetRow): string {
  const [first, ...others] = conditions.filter((one, index) => index === 0 || one !== 'unknown');
  if (first === undefined) return 'ok';
  return others.length === 0 ? first : `${first} +${others.length}`;
}

const COLUMNS: readonly Column[] = [
  { title: 'database', cell: ({ name }) => name, minWidth: 12 },
  { title: 'state', cell: conditionsOf, minWidth: 8 },
  { title: 'PG', cell: ({ postgresql }) => postgresql ?? UNKNOWN, minWidth: 2 },
  { title: 'installed', cell: versions, minWidth: 9 },
  { title: 'action', cell: ({ action }) => action, minWidth: 8 },
];
/** The columns that shrink when the table is too wide, in this order: the name, the action, the versions, the state. */
const SHRINKING = [0, 4, 3, 1];

/** Blanks between two columns. */
const GAP = 2;
/** Two blanks, the mark and a blank. */
const MARGIN = 4;

function fitTo(text: string, width: number): string {
  if (stringWidth(text) <= width) return padToWidth(text, width);
  return padToWidth(`${cutToWidth(text, width - 1)}…`, width);
}

function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0);
}

/** Reduces widths to the available one, as far as their least widths allow. */
function shrink(natural: readonly number[], available: number): readonly number[] {
  const widths = [...natural];
  for (const index of SHRINKING) {
    const width = widths[index] ?? 0;
    const least = Math.min(width, COLUMNS[index]?.minWidth ?? 0);
    widths[index] = Math.max(least, width - Math.max(0, sum(widths) - available));
  }
  return widths;
}

/** The texts of all cells, and the width of each column. */
function layOut(rows: readonly FleetRow[]) {
  const cells = [
    COLUMNS.map(({ title }) => title),
    ...rows.map((row) => COLUMNS.map(({ cell }) => toPrintableLine(cell(row)))),
  ];
  const widths = COLUMNS.map((_, index) =>
    Math.max(...cells.map((row) => stringWidth(row[index] ?? ''))),
  );
  return { cells, widths };
}

/**
 * Formats the rows as a table, one line each. Where the sentences of the actions do not fit, it has a few words instead.
 *
 * @param columns width of the terminal; infinite when the output is not a terminal
 */
export function formatTable(rows: readonly FleetRow[], columns: number): readonly TableLine[] {
  const available = columns - MARGIN - GAP * (COLUMNS.length - 1);
  const full = layOut(rows);
  const isWide = sum(full.widths) <= available;
  const { cells, widths } = isWide
    ? full
    : // The action names the version to install.
      layOut(rows.map((row) => ({ ...row, reachable: null, action: shortAction(row) })));
  const fitted = shrink(widths, available);
  return cells.map((row, index) => ({
    mark: index === 0 ? ' ' : MARKS[rows[index - 1]?.severity ?? 'ok'],
    text: row
      .map((text, column) => fitTo(text, fitted[column] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  }));
}

/** Conditions that have a count of their own. */
const COUNTED = [
  'vulnerable',
  'broken',
  'behind',
  'silent',
  'withheld',
] as const satisfies readonly Condition[];

/** Returns the counts, each with the number of databases for which the answer is known. */
export function formatCounts(counts: FleetCounts, isLive: boolean): string {
  // Nothing is known of earlier runs when the databases are read now.
  const shown = COUNTED.filter((condition) => !isLive || condition !== 'silent');
  return shown
    .map((condition) => {
      const { count, of } = counts[condition];
      return `${count} of ${of} ${condition}`;
    })
    .join(' · ');
}
