import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { VNode } from 'preact';
import { html } from '../html.ts';
import { round } from './chart-frame.ts';

/** A value on a day; days count from 1970-01-01. */
export type SparkPoint = readonly [day: number, value: number];

/**
 * Draws values over time, without axes: the text next to it names the smallest, largest and last value.
 *
 * @param from whether the bottom is 0 or slightly below the smallest value
 */
export function sparkline(
  points: readonly SparkPoint[],
  [width, height]: readonly [number, number],
  from: 'zero' | 'smallest',
): VNode | null {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return null;
  const values = points.map(([, value]) => value);
  const [low, high] = [from === 'zero' ? 0 : Math.min(...values), Math.max(...values)];
  // Equal values are drawn in the middle, and zeros at the bottom.
  const margin = high > low ? (high - low) * 0.08 : Math.abs(high) || 1;
  const x = scaleLinear([first[0], last[0]], [1, width - 3]);
  const y = scaleLinear([from === 'zero' ? 0 : low - margin, high + margin], [height - 1, 2]);
  const place = ([day, value]: SparkPoint) => [round(x(day)), round(y(value))] as const;
  const path = line<SparkPoint>(
    (point) => place(point)[0],
    (point) => place(point)[1],
  ).digits(1)(points);
  const [endX, endY] = place(last);
  return html`<svg class="spark" aria-hidden="true" viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height}><path class="below" d=${`${path}V${height}H${place(first)[0]}Z`} /><path class="line" d=${path ?? ''} /><circle cx=${endX} cy=${endY} r="2" /></svg>`;
}
