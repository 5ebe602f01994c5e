import { area, curveStepAfter, type SeriesPoint, stack, stackOrderNone } from 'd3-shape';
import type { VNode } from 'preact';
import type { DailyFigures } from '../../fleet/fleet-state.ts';
import { DAY_MS } from '../../timescaledb/interval.ts';
import { compareVersions, toVersion } from '../../version.ts';
import { formatDate, formatNumber, visible } from '../format.ts';
import { type Html, html } from '../html.ts';
import { type ChartDays, thin } from './chart-days.ts';
import {
  axes,
  type ChartSize,
  chartFrame,
  edgeLabels,
  type Frame,
  figure,
  round,
} from './chart-frame.ts';

/** Maximum number of bands; the oldest releases share one. */
const MAX_BANDS = 8;

/** Label of the texts that are no version, as lib/fleet writes it. */
const OTHER = 'other';
const OLDER = 'older';

/** Maximum number of days of the drawing and of the table. Of a longer history, every second, third … day is shown. */
const MAX_DAYS = 135;
const TABLE_DAYS = 8;

const SIZES = {
  wide: { width: 720, height: 250, right: 92 },
  narrow: { width: 330, height: 230, right: 84 },
} as const;

function countOf({ versions }: DailyFigures, release: string): number {
  return Object.hasOwn(versions, release) ? (versions[release] ?? 0) : 0;
}

function compareReleases(one: string, other: string): number {
  const [first, second] = [toVersion(one), toVersion(other)];
  if (first === undefined || second === undefined) {
    return Number(first !== undefined) - Number(second !== undefined) || (one < other ? -1 : 1);
  }
  return compareVersions(first, second);
}

/** Maps each band to its releases; the oldest releases come first. */
function toBands(days: readonly DailyFigures[]): ReadonlyMap<string, readonly string[]> {
  const releases = [...new Set(days.flatMap(({ versions }) => Object.keys(versions)))];
  const sorted = releases.filter((one) => one !== OTHER).toSorted(compareReleases);
  const others = releases.length - sorted.length;
  const oldest = sorted.length + others > MAX_BANDS ? sorted.length + others - MAX_BANDS + 1 : 0;
  const bands = new Map<string, readonly string[]>();
  if (others > 0) bands.set(OTHER, [OTHER]);
  if (oldest > 0) bands.set(OLDER, sorted.slice(0, oldest));
  for (const release of sorted.slice(oldest)) bands.set(release, [release]);
  return bands;
}

/** One day's number of databases by band. */
interface Step {
  readonly time: Date;
  readonly counts: ReadonlyMap<string, number>;
}

function toSteps(
  days: readonly DailyFigures[],
  bands: ReadonlyMap<string, readonly string[]>,
): readonly Step[] {
  const steps = days.map((day): Step => {
    const counts = [...bands].map(([band, releases]): [string, number] => [
      band,
      releases.reduce((sum, release) => sum + countOf(day, release), 0),
    ]);
    return { time: new Date(Date.parse(day.date)), counts: new Map(counts) };
  });
  const last = steps.at(-1);
  // The last day is as wide as the others.
  return last === undefined
    ? []
    : [...steps, { ...last, time: new Date(last.time.getTime() + DAY_MS) }];
}

/** Leaves out the points that change nothing: a step is drawn where a value changes. */
function isNeeded(
  point: SeriesPoint<Step>,
  before: SeriesPoint<Step> | undefined,
  isLast: boolean,
): boolean {
  return isLast || before === undefined || point[0] !== before[0] || point[1] !== before[1];
}

/** Index of the band's colour: 7 for the newest release, counting down; `x` for texts that are no version. */
function colourOf(index: number, bands: readonly string[]): string {
  return bands[index] === OTHER ? 'x' : String(Math.max(0, MAX_BANDS - (bands.length - index)));
}

function drawBands(frame: Frame, steps: readonly Step[], bands: readonly string[]): Html {
  const { x, y } = frame;
  const series = stack<unknown, Step, string>()
    .keys(bands)
    .order(stackOrderNone)
    .value(({ counts }, band) => counts.get(band) ?? 0)(steps);
  const shape = area<SeriesPoint<Step>>()
    .curve(curveStepAfter)
    .x(({ data }) => round(x(data.time)))
    .y0((point) => round(y(point[0])))
    .y1((point) => round(y(point[1])))
    .digits(1);
  const labels = series.flatMap((band, index) => {
    const last = band.at(-1);
    const [low = 0, high = 0] = last ?? [];
    const text = `${visible(bands[index] ?? '')} · ${formatNumber(high - low)}`;
    return high > low ? [{ text, at: y((low + high) / 2) }] : [];
  });
  return [
    ...series.map((band, index) => {
      const points = band.filter((point, at) =>
        isNeeded(point, band[at - 1], at === band.length - 1),
      );
      return html`<path class=${`band b${colourOf(index, bands)}`} d=${shape(points) ?? ''}><title>${visible(bands[index] ?? '')}</title></path>`;
    }),
    edgeLabels(frame, labels),
  ];
}

function draw(size: ChartSize, days: readonly DailyFigures[]): Html {
  const bands = toBands(days);
  const steps = toSteps(days, bands);
  const most = Math.max(
    ...steps.map(({ counts }) => [...counts.values()].reduce((a, b) => a + b, 0)),
  );
  const frame = chartFrame(size, [days[0]?.date ?? '', days.at(-1)?.date ?? ''], most);
  const names = [...bands.keys()];
  return [axes(frame), drawBands(frame, steps, names)];
}

/** Shows the figures of the chart, for readers who do not see it. */
function table(days: readonly DailyFigures[]): VNode {
  const bands = [...toBands(days)].toReversed();
  const shown = thin(days, TABLE_DAYS);
  return html`<details class="figures"><summary>Figures of this chart</summary><div class="scroll" tabindex="0" role="group" aria-label="Databases by release"><table>
    <thead><tr><th scope="col">Release</th>${shown.map(({ date }) => html`<th scope="col">${formatDate(date)}</th>`)}</tr></thead>
    <tbody>${bands.map(
      ([band, releases]) =>
        html`<tr><th scope="row">${band === OLDER ? `${visible(releases.join(', '))}` : visible(band)}</th>${shown.map(
          (day) =>
            html`<td>${formatNumber(releases.reduce((sum, release) => sum + countOf(day, release), 0))}</td>`,
        )}</tr>`,
    )}</tbody></table></div></details>`;
}

/** Draws the number of databases by minor release of TimescaleDB over time, stacked, the newest release on top. */
export function versionChart({ days: all }: ChartDays): VNode {
  const days = thin(all, MAX_DAYS);
  const title = 'TimescaleDB versions over time';
  const last = days.findLast(({ versions }) => Object.keys(versions).length > 0);
  if (last === undefined) {
    return html`<figure><h2>${title}</h2><p class="none">No version has been read yet.</p></figure>`;
  }
  const description = `Number of databases by minor release, from ${formatDate(days[0]?.date ?? '')} to ${formatDate(days.at(-1)?.date ?? '')}. The figures follow in a table.`;
  return figure(title, description, (size) => draw(size, days), SIZES, table(days));
}
