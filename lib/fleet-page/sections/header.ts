import type { VNode } from 'preact';
import { CONDITIONS } from '../../fleet/database-state.ts';
import type { FleetState } from '../../fleet/fleet-state.ts';
import { widespreadSilence } from '../../fleet/widespread-silence.ts';
import type { ChartDays } from '../charts/chart-days.ts';
import { runsChart } from '../charts/runs-chart.ts';
import { versionChart } from '../charts/version-chart.ts';
import { formatCount, formatTime, visible } from '../format.ts';
import { html, renderHtml } from '../html.ts';
import { iconShapes } from '../icons.ts';
import { CONDITION_LABELS } from '../labels.ts';
import { counts } from './counts.ts';

/** Renders the part above the list: title, time, counts and charts. */
export function header(state: FleetState, days: ChartDays): VNode {
  const { environment, account, region, asOf } = state;
  const place = [account && `account ${visible(account)}`, region && visible(region)]
    .filter(Boolean)
    .join(' · ');
  const silence = widespreadSilence(state.counts);
  return html`<header>${iconShapes()}
    <h1><span class="for">TimescaleDB fleet</span> <bdi>${visible(environment)}</bdi></h1>
    <p class="as-of">As of <time datetime=${asOf}>${formatTime(asOf)}</time> · ${formatCount(state.counts.databases, 'database')}${place && ` · ${place}`}</p>
    <p class="stale" hidden role="status"></p>
    ${counts(state, days)}
    ${silence !== undefined && html`<p class="silence">${silence}</p>`}
    <div class="charts">${versionChart(days)}${runsChart(days)}</div>
    ${days.leftOut > 0 && html`<p class="note">${formatCount(days.leftOut, 'day')} of the history ${days.leftOut === 1 ? 'is' : 'are'} later than this page, or without a valid date: not drawn. Check the clocks of the functions.</p>`}
  </header>`;
}

const SORT_ORDERS = [
  ['worst', 'Worst first'],
  ['name', 'Name'],
  ['installed', 'Oldest version first'],
  ['run', 'Longest without a run first'],
  ['volume', 'Largest data volume first'],
] as const;

/** Renders search, filter and order, which the script shows, and the headings of the columns. */
function listHeading(total: number): VNode {
  return html`<div>
    <h2 id="databases" tabindex="-1">Databases</h2>
    <p class="note">Available: on the server’s disk. Reachable: the newest release that runs on the database’s PostgreSQL. <span class="arrow">↑</span> marks a version that is newer than the one before it.</p>
    <form class="controls" hidden role="search">
      <label>Search <input type="search" name="search" autocomplete="off" spellcheck="false" placeholder="name, version, advisory …" /></label>
      <label>Show <select name="show"><option value="">all</option><option value="any">with a condition</option>${CONDITIONS.map(
        (condition, bit) =>
          html`<option value=${bit}>${CONDITION_LABELS[condition].toLowerCase()}</option>`,
      )}</select></label>
      <label>Order <select name="order">${SORT_ORDERS.map(([value, label]) => html`<option value=${value}>${label}</option>`)}</select></label>
      <output role="status">${formatCount(total, 'database')}</output>
    </form>
    ${total === 0 && html`<p class="none">The environment has no database.</p>`}
    <div class="columns" aria-hidden="true"><span>State</span><span>Database</span><span>Installed</span><span>Available</span><span>Reachable</span><span>Last run</span></div>
  </div>`;
}

/** Renders the beginning of the list. */
export function listStart({ asOf }: FleetState, total: number): string {
  return `<main>${renderHtml(listHeading(total))}<ol class="list" data-as-of="${Date.parse(asOf)}">`;
}
