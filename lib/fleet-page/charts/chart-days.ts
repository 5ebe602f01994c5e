import type { DailyFigures, FleetState } from '../../fleet/fleet-state.ts';

/** The days of the charts. */
export interface ChartDays {
  /** The oldest first. */
  readonly days: readonly DailyFigures[];
  /** Number of days that are not drawn: later than the state's time, or without a valid date. */
  readonly leftOut: number;
}

/** Returns the days that the charts show. */
export function chartDays({ daily, asOf }: Pick<FleetState, 'daily' | 'asOf'>): ChartDays {
  const end = asOf.slice(0, 10);
  const days = daily
    .filter(({ date }) => !Number.isNaN(Date.parse(date)) && date.slice(0, 10) <= end)
    .toSorted((one, other) => (one.date < other.date ? -1 : Number(one.date > other.date)));
  return { days, leftOut: daily.length - days.length };
}

/** Returns at most `most` of the values, at equal distances; the last one is among them. */
export function thin<T>(values: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.ceil(values.length / most));
  return values.filter((_, index) => (values.length - 1 - index) % step === 0);
}
