import type { VNode } from 'preact';
import { severityOf } from '../../fleet/conditions.ts';
import { CONDITIONS } from '../../fleet/database-state.ts';
import type { Count, FleetState } from '../../fleet/fleet-state.ts';
import { dayOf } from '../../fleet/history.ts';
import { type ChartDays, thin } from '../charts/chart-days.ts';
import { sparkline } from '../charts/sparkline.ts';
import { formatCount, formatNumber } from '../format.ts';
import { html } from '../html.ts';
import { icon } from '../icons.ts';
import { CONDITION_LABELS, CONDITION_MEANINGS, COUNTED } from '../labels.ts';

/** Number of days of a count's sparkline. */
const DAYS = 60;

/** Compares a count with the day before. */
function change({ count }: Count, before: Count | undefined): string {
  if (before === undefined) return '';
  const difference = count - before.count;
  if (difference === 0) return 'as yesterday';
  return `${difference > 0 ? '+' : '−'}${formatNumber(Math.abs(difference))} since yesterday`;
}

/** Renders the five counts, each with the number of databases for which the answer is known. */
export function counts({ counts: now, asOf }: FleetState, { days }: ChartDays): VNode {
  const today = asOf.slice(0, 10);
  const before = days.findLast(({ date }) => date < today);
  const isYesterday = before !== undefined && dayOf(before.date) === dayOf(today) - 1;
  return html`<ul class="counts">${COUNTED.map((condition) => {
    const { count, of } = now[condition];
    const severity = count === 0 ? 'ok' : severityOf([condition]);
    const unknown = now.databases - of;
    const points = thin(days.slice(-DAYS), DAYS).map(
      (day) => [dayOf(day.date), day[condition].count] as const,
    );
    return html`<li class=${`count ${severity}`}><a href="#databases" data-show=${CONDITIONS.indexOf(condition)} title=${`${CONDITION_LABELS[condition]}: ${CONDITION_MEANINGS[condition]}`}>
      <span class="label">${icon(severity)}${CONDITION_LABELS[condition]}</span>
      <span class="value"><b>${formatNumber(count)}</b> of ${formatNumber(of)}</span>${' '}
      <span class="change">${isYesterday ? change(now[condition], before[condition]) : ''}${unknown > 0 && html`<span class="unknown">${formatCount(unknown, 'database')} not known</span>`}</span>
      ${sparkline(points, [64, 22], 'zero')}</a></li>`;
  })}</ul>`;
}
