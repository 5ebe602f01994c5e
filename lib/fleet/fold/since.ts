import type { Condition, DatabaseState } from '../database-state.ts';
import { FLAGS, formatDay, type Point, pointsOf } from '../history.ts';

type Since = DatabaseState['since'];

const FLAG_BY_CONDITION: Readonly<Partial<Record<Condition, number>>> = {
  broken: FLAGS.broken,
  vulnerable: FLAGS.vulnerable,
  failed: FLAGS.failed,
  'jobs-failing': FLAGS.jobsFailing,
  behind: FLAGS.behind,
  withheld: FLAGS.withheld,
  unknown: FLAGS.unknown,
};

/** Returns the first of the latest points in a row that have a property; undefined if the last point does not have it. */
function startOf(points: readonly Point[], has: (point: Point) => boolean): string | undefined {
  const before = points.findLastIndex((point) => !has(point));
  const first = points[before + 1];
  return first && formatDay(first.day);
}

function isGranted({ flags }: Point): boolean {
  return (flags & FLAGS.consentKnown) !== 0 && (flags & FLAGS.withheld) === 0;
}

/** Returns since when each condition holds, apart from `silent`, and since when the version is installed. */
export function sinceOf(
  { history, version }: Pick<DatabaseState, 'history' | 'version'>,
  conditions: readonly Condition[],
): Since {
  const points = pointsOf(history);
  const found = conditions.flatMap((condition) => {
    const flag = FLAG_BY_CONDITION[condition];
    const start = flag && startOf(points, ({ flags }) => (flags & flag) !== 0);
    return start ? [[condition, start] as const] : [];
  });
  const installed = version && startOf(points, (point) => point.version === version.installed);
  const granted = startOf(points, isGranted);
  return {
    ...Object.fromEntries(found),
    ...(installed && { installed }),
    ...(granted && { granted }),
  };
}
