import type { VNode } from 'preact';
import type { DatabaseState } from '../../fleet/database-state.ts';
import type { FleetState } from '../../fleet/fleet-state.ts';
import { PRODUCT } from '../../product.ts';
import { formatCount, formatDate, formatTime, visible } from '../format.ts';
import { type Html, html } from '../html.ts';
import { displayName } from './row.ts';

/** Maximum number of removed databases that are listed. */
const MAX_REMOVED = 200;

function problems({ problems: all }: FleetState): Html {
  if (all.length === 0) return null;
  return html`<details><summary>${formatCount(all.length, 'object')} of the record not used</summary><ul>${all.map(
    ({ object, date, problem }) =>
      html`<li><code>${visible(object)}</code> (${formatDate(date)}): ${visible(problem)}</li>`,
  )}</ul></details>`;
}

function removed(databases: readonly DatabaseState[]): Html {
  if (databases.length === 0) return null;
  const more = databases.length - MAX_REMOVED;
  return html`<details><summary>${formatCount(databases.length, 'removed database')}</summary><ul>${databases
    .slice(0, MAX_REMOVED)
    .map(
      ({ name, lastRun, version }) =>
        html`<li><bdi>${displayName(name)}</bdi>${version !== null && `, TimescaleDB ${visible(version.installed)}`}${lastRun !== null && `, last run ${formatTime(lastRun.at)}`}</li>`,
    )}</ul>${more > 0 && html`<p>${formatCount(more, 'more')}</p>`}</details>`;
}

/** Renders what is not in the list: objects that could not be used, removed databases, and what made the page. */
export function footer(state: FleetState, gone: readonly DatabaseState[]): VNode {
  return html`<footer>${problems(state)}${removed(gone)}
    <p>Counts exclude removed databases; a count’s second number is that of the databases for which the answer is known. All times are UTC. Made by ${PRODUCT}.</p></footer>`;
}
