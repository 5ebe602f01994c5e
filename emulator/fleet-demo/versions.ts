import { compareVersions, toVersion } from '../../lib/version.ts';
import { addDays, newestOn } from './knowledge.ts';
import type { DemoDatabase } from './plan.ts';

function newer(one: string, other: string): string {
  const [first, second] = [toVersion(one), toVersion(other)];
  if (first === undefined || second === undefined) return one;
  return compareVersions(first, second) >= 0 ? one : other;
}

/** Returns the version whose packages are on the server on a date. */
function packageOn(database: DemoDatabase, date: string): string {
  const { installed, lagDays, upgrades = {}, major } = database;
  const upgraded = Object.entries(upgrades)
    .filter(([from]) => from <= date)
    .map(([, version]) => version);
  const followed = lagDays === undefined ? [] : [newestOn(addDays(date, -lagDays), major)];
  return [...upgraded, ...followed].reduce(newer, installed);
}

/** Returns the version of the database and that of the server's disk on a date. */
export function versionsOn(
  database: DemoDatabase,
  date: string,
): { readonly installed: string; readonly available: string } {
  return {
    installed: packageOn(database, addDays(date, -(database.pendingDays ?? 0))),
    available: packageOn(database, date),
  };
}

/** Day of PostgreSQL's minor releases that break the jobs of TimescaleDB. */
const PATCH_DATE = '2026-11-12';

const MINORS: Readonly<Record<DemoDatabase['major'], readonly [before: string, after: string]>> = {
  '12': ['12.22', '12.22'],
  '14': ['14.23', '14.23'],
  '15': ['15.19', '15.20'],
  '16': ['16.15', '16.16'],
  '17': ['17.11', '17.12'],
  '18': ['18.6', '18.7'],
};

/** Whether PostgreSQL's minor release of November 2026 is installed on a date. */
export function hasBreakingPatch({ patchDays }: DemoDatabase, date: string): boolean {
  return patchDays !== undefined && date >= addDays(PATCH_DATE, patchDays);
}

/** Returns PostgreSQL's version on a date. */
export function postgresqlOn(database: DemoDatabase, date: string): string {
  const [before, after] = MINORS[database.major];
  return hasBreakingPatch(database, date) ? after : before;
}
