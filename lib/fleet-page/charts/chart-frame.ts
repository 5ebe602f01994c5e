import { type ScaleLinear, type ScaleTime, scaleLinear, scaleUtc } from 'd3-scale';
import type { VNode } from 'preact';
import { DAY_MS } from '../../timescaledb/interval.ts';
import { formatNumber } from '../format.ts';
import { type Html, html } from '../html.ts';

/** Sizes of a chart, in units of its view box. One unit is one pixel at the width for which it is drawn. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
  /** Space for the labels on the right. */
  readonly right: number;
}

const LEFT = 34;
const TOP = 10;
const BOTTOM = 22;

export interface Frame {
  readonly x: ScaleTime<number, number>;
  readonly y: ScaleLinear<number, number>;
  readonly size: ChartSize;
}

/**
 * Returns the scales of a chart with one column for each day.
 *
 * @param dates the first and the last day, such as `2026-11-28`
 * @param most the largest value; 0 gives an axis from 0 to 1
 */
export function chartFrame(
  size: ChartSize,
  [first, last]: readonly [string, string],
  most: number,
): Frame {
  const { width, height, right } = size;
  return {
    size,
    x: scaleUtc(
      [new Date(Date.parse(first)), new Date(Date.parse(last) + DAY_MS)],
      [LEFT, width - right],
    ),
    y: scaleLinear([0, Math.max(1, most)], [height - BOTTOM, TOP]).nice(4),
  };
}

const DAY_LABEL = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

/** Returns the ticks of the time axis: days at midnight, far enough from each other for their labels. */
function timeTicks({ x, size }: Frame): readonly Date[] {
  const [start = 0, end = 0] = x.range();
  const ticks = x.ticks(Math.max(2, Math.floor((size.width - size.right) / 110)));
  return ticks.filter((time) => {
    const place = x(time);
    return time.getTime() % DAY_MS === 0 && place >= start && place <= end - 20;
  });
}

/** Draws the axes. */
export function axes(frame: Frame): Html {
  const { x, y, size } = frame;
  const [start = 0, end = 0] = x.range();
  const values = y.ticks(4).filter(Number.isInteger);
  return [
    html`<g class="grid">${values.map(
      (value) =>
        html`<g><line x1=${start} x2=${end} y1=${round(y(value))} y2=${round(y(value))} /><text x=${start - 6} y=${round(y(value) + 4)} text-anchor="end">${formatNumber(value)}</text></g>`,
    )}</g>`,
    html`<g class="grid">${timeTicks(frame).map(
      (time) =>
        html`<g><line x1=${round(x(time))} x2=${round(x(time))} y1=${size.height - BOTTOM} y2=${size.height - BOTTOM + 4} /><text x=${round(x(time))} y=${size.height - 5}>${DAY_LABEL.format(time)}</text></g>`,
    )}</g>`,
  ];
}

/** Rounds a coordinate to a tenth. */
export function round(coordinate: number): number {
  return Math.round(coordinate * 10) / 10;
}

/** A label at the right of a chart. */
export interface EdgeLabel {
  readonly text: string;
  /** Where it points to. */
  readonly at: number;
}

const LINE_HEIGHT = 14;

/** Moves labels apart, so that they do not overlap, and keeps their order. The topmost comes first. */
export function spreadLabels(wanted: readonly number[], bottom: number): readonly number[] {
  const places: number[] = [];
  for (const place of wanted) {
    places.push(Math.max(place, (places.at(-1) ?? -LINE_HEIGHT) + LINE_HEIGHT));
  }
  let limit = bottom;
  for (let index = places.length - 1; index >= 0; index -= 1) {
    places[index] = Math.min(places[index] ?? 0, limit);
    limit = (places[index] ?? 0) - LINE_HEIGHT;
  }
  return places;
}

/** Draws labels at the right of a chart, each with a line to the place that it names. */
export function edgeLabels({ x, size }: Frame, labels: readonly EdgeLabel[]): VNode {
  const end = x.range()[1] ?? 0;
  const sorted = labels.toSorted((one, other) => one.at - other.at);
  const places = spreadLabels(
    sorted.map(({ at }) => at),
    size.height - BOTTOM,
  );
  return html`<g class="edge">${sorted.map(({ text, at }, index) => {
    const place = places[index] ?? at;
    return html`<g><path d=${`M${round(end + 2)},${round(at)}L${round(end + 10)},${round(place)}`} /><text x=${round(end + 14)} y=${round(place + 4)}>${text}</text></g>`;
  })}</g>`;
}

/** Wraps a chart: its drawing for wide and for narrow screens, of which one is shown. */
export function figure(
  title: string,
  description: string,
  draw: (size: ChartSize) => Html,
  sizes: { readonly wide: ChartSize; readonly narrow: ChartSize },
  table: Html,
): VNode {
  const drawing = (name: 'wide' | 'narrow') => html`<svg class=${name} role="img"
    aria-label=${description} viewBox=${`0 0 ${sizes[name].width} ${sizes[name].height}`}>${draw(sizes[name])}</svg>`;
  return html`<figure><h2>${title}</h2>${drawing('wide')}${drawing('narrow')}${table}</figure>`;
}
