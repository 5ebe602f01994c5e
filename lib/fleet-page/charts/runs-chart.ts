import { line } from 'd3-shape';
import type { VNode } from 'preact';
import type { DailyFigures } from '../../fleet/fleet-state.ts';
import { DAY_MS } from '../../timescaledb/interval.ts';
import { formatCount, formatDate, formatNumber } from '../format.ts';
import { type Html, html } from '../html.ts';
import type { ChartDays } from './chart-days.ts';
import { axes, type ChartSize, chartFrame, edgeLabels, figure, round } from './chart-frame.ts';

const SIZES = {
  wide: { width: 440, height: 250, right: 104 },
  narrow: { width: 330, height: 180, right: 104 },
} as const;

/** Number of days of the chart. */
const DAYS = 60;

function bar(x: number, width: number, top: number, bottom: number): string {
  return `M${round(x)},${round(bottom)}V${round(top)}h${round(width)}V${round(bottom)}z`;
}

function draw(size: ChartSize, days: readonly DailyFigures[]): Html {
  const most = Math.max(...days.map(({ databases, reported }) => Math.max(databases, reported)));
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return null;
  const frame = chartFrame(size, [first.date, last.date], most);
  const { x, y } = frame;
  const bars = (value: (day: DailyFigures) => readonly [number, number]): string =>
    days
      .map((day) => {
        const start = x(Date.parse(day.date));
        const width = (x(Date.parse(day.date) + DAY_MS) - start) * 0.8;
        const [from, to] = value(day);
        return to > from ? bar(start, width, y(to), y(from)) : '';
      })
      .join('');
  const total = line<readonly [number, number]>(
    ([time]) => round(x(time)),
    ([, value]) => round(y(value)),
  ).digits(1);
  const ends = days.flatMap(({ date, databases }): [number, number][] => [
    [Date.parse(date), databases],
    [Date.parse(date) + DAY_MS, databases],
  ]);
  return [
    axes(frame),
    html`<path class="ran" d=${bars(({ failed, reported }) => [failed, reported])} />`,
    html`<path class="failed" d=${bars(({ failed }) => [0, failed])} />`,
    html`<path class="total" d=${total(ends) ?? ''} />`,
    edgeLabels(frame, [
      { text: formatCount(last.databases, 'database'), at: y(last.databases) },
      {
        text: `${formatNumber(last.reported)} with a run`,
        at: y((last.failed + last.reported) / 2),
      },
      { text: `${formatNumber(last.failed)} failed`, at: y(last.failed / 2) },
    ]),
  ];
}

function table(days: readonly DailyFigures[]): VNode {
  return html`<details class="figures"><summary>Figures of this chart</summary><div class="scroll" tabindex="0" role="group" aria-label="Runs by day"><table>
    <thead><tr><th scope="col">Day</th><th scope="col">Databases</th><th scope="col">With a run</th><th scope="col">Last run failed</th></tr></thead>
    <tbody>${days
      .slice(-14)
      .toReversed()
      .map(
        ({ date, databases, reported, failed }) =>
          html`<tr><th scope="row">${formatDate(date)}</th><td>${formatNumber(databases)}</td><td>${formatNumber(reported)}</td><td>${formatNumber(failed)}</td></tr>`,
      )}</tbody></table></div></details>`;
}

/** Draws for each day how many databases had a run, and how many of those runs failed. */
export function runsChart({ days }: ChartDays): VNode {
  const title = 'Databases with a run, by day';
  const shown = days.slice(-DAYS);
  if (shown.length === 0) {
    return html`<figure><h2>${title}</h2><p class="none">No run has been recorded yet.</p></figure>`;
  }
  const description = `Number of databases with a run on each day until ${formatDate(shown.at(-1)?.date ?? '')}, and of those with a failed last run. The figures follow in a table.`;
  return figure(title, description, (size) => draw(size, shown), SIZES, table(shown));
}
