import type { DatabaseState } from '../../fleet/database-state.ts';
import { formatCount } from '../format.ts';
import { renderHtml } from '../html.ts';
import { shortRow } from './row.ts';

/**
 * The databases that the list does not contain, as a table without details. Only browsers without JavaScript show it; for the
 * others it is a text, which costs no layout.
 */
export interface ShortTable {
  /** Returns the size of the table of all databases from a position on, in bytes. */
  readonly bytesFrom: (position: number) => number;
  /** Returns the table of all databases from a position on, as far as they fit into a number of bytes. */
  readonly from: (position: number, bytes: number) => string;
}

const START =
  '<noscript><p class="note">The list above has the databases that need attention first. The others follow without details; with JavaScript, the page shows the details of all.</p><div class="scroll" tabindex="0" role="group" aria-label="Other databases"><table class="short"><thead><tr><th scope="col">Database</th><th scope="col">Installed</th><th scope="col">Available</th><th scope="col">Reachable</th><th scope="col">State</th></tr></thead><tbody>';

function end(leftOut: number): string {
  const note =
    leftOut > 0 ? `<p class="note">${formatCount(leftOut, 'further database')}.</p>` : '';
  return `</tbody></table></div>${note}</noscript>`;
}

const FRAME_BYTES = START.length + end(1_000_000).length;

export function shortTable(databases: readonly DatabaseState[]): ShortTable {
  const rows = databases.map((database) => renderHtml(shortRow(database)));
  // sums[n] is the size of the rows from n on.
  const sums: number[] = Array.from({ length: rows.length + 1 }, () => 0);
  for (let n = rows.length - 1; n >= 0; n -= 1) {
    sums[n] = (sums[n + 1] ?? 0) + Buffer.byteLength(rows[n] ?? '');
  }
  const bytesFrom = (position: number): number =>
    position >= rows.length ? 0 : FRAME_BYTES + (sums[position] ?? 0);
  return {
    bytesFrom,
    from: (position, bytes) => {
      if (position >= rows.length) return '';
      const room = bytes - FRAME_BYTES;
      const start = sums[position] ?? 0;
      const fitting = rows
        .slice(position)
        .filter((_, n) => start - (sums[position + n + 1] ?? 0) <= room);
      return `${START}${fitting.join('')}${end(rows.length - position - fitting.length)}`;
    },
  };
}
