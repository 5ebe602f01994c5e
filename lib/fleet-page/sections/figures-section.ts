import type { VNode } from 'preact';
import type { DatabaseState } from '../../fleet/database-state.ts';
import { dayOf, formatDay, type Point, pointsOf } from '../../fleet/history.ts';
import { thin } from '../charts/chart-days.ts';
import { type SparkPoint, sparkline } from '../charts/sparkline.ts';
import { formatBytes, formatDate, formatNumber, visible } from '../format.ts';
import { type Html, html } from '../html.ts';

/** Maximum number of points of a sparkline. */
const MAX_POINTS = 45;

function formatRatio(ratio: number): string {
  return `${ratio.toFixed(1)} : 1`;
}

/** A figure over time, with its smallest, largest and last value. */
function figure(
  label: string,
  points: readonly SparkPoint[],
  format: (value: number) => string,
): Html {
  const last = points.at(-1);
  if (last === undefined) return null;
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return html`<tr><th scope="row">${label}</th><td class="number">${format(last[1])}</td><td>${sparkline(thin(points, MAX_POINTS), [120, 26], 'smallest')}</td><td class="for">${low === high ? 'constant' : `${format(low)} to ${format(high)}`}</td></tr>`;
}

function upgrades(points: readonly Point[]): Html {
  const changes = points.flatMap(({ day, version }, index) => {
    const before = points[index - 1]?.version;
    return version !== null && before !== undefined && before !== null && before !== version
      ? [{ day, before, version }]
      : [];
  });
  if (changes.length === 0) return null;
  return html`<p><span class="for">Version changes:</span> ${changes
    .slice(-5)
    .map(
      ({ day, before, version }) =>
        `${formatDate(formatDay(day))} from ${visible(before)} to ${visible(version)}`,
    )
    .join('; ')}</p>`;
}

/** Renders the figures of a database over time. Days later than the page's time are left out. */
export function figuresSection({ history }: DatabaseState, asOf: string): VNode {
  const today = dayOf(asOf);
  const points = pointsOf(history).filter(({ day }) => day <= today);
  const valuesOf = (value: (point: Point) => number | null): readonly SparkPoint[] =>
    points.flatMap((point): SparkPoint[] => {
      const found = value(point);
      return found === null ? [] : [[point.day, found]];
    });
  const rows = [
    figure(
      'Data volume',
      valuesOf(({ dataVolume }) => dataVolume),
      formatBytes,
    ),
    figure(
      'Chunks',
      valuesOf(({ chunks }) => chunks),
      formatNumber,
    ),
    figure(
      'Compression',
      valuesOf(({ ratio }) => ratio),
      formatRatio,
    ),
  ].filter((one) => one !== null);
  const first = points[0];
  return html`<section><h3>Figures over time</h3>
    ${
      rows.length === 0 || first === undefined
        ? html`<p class="none">No report has been read yet.</p>`
        : html`<table class="over-time"><caption class="for">Since ${formatDate(formatDay(first.day))}</caption><tbody>${rows}</tbody></table>`
    }
    ${upgrades(points)}</section>`;
}
