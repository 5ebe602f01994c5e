import type { DatabaseState } from './database-state.ts';
import type { FleetState } from './fleet-state.ts';
import { isMuted, openAdvisories } from './mutes.ts';

/** The conditions whose beginning and end are notified. */
export const NOTIFIED = ['broken', 'vulnerable', 'silent', 'withheld'] as const;
type NotifiedCondition = (typeof NOTIFIED)[number];

/** A condition that has begun or ended between two states. */
export interface Transition {
  readonly database: string;
  readonly condition: NotifiedCondition;
  readonly change: 'began' | 'ended';
  /** Names the database, and says what has changed and what to do. */
  readonly sentence: string;
}

function listed(items: readonly string[]): string {
  return items.join(', ');
}

const BEGUN: Readonly<Record<NotifiedCondition, (database: DatabaseState) => string>> = {
  broken: ({ version }) =>
    `PostgreSQL breaks every scheduled job of TimescaleDB ${version?.installed}`,
  vulnerable: (database) =>
    `TimescaleDB ${database.version?.installed} is affected by ${listed(openAdvisories(database))}`,
  silent: () => 'no run was recorded for two ticks',
  withheld: ({ consent }) =>
    `consent is now denied by the rule ${consent?.rule} (${consent?.where}), and no report is sent`,
};

const ENDED: Readonly<Record<NotifiedCondition, (database: DatabaseState) => string>> = {
  broken: ({ version }) => `the scheduled jobs of TimescaleDB ${version?.installed} work again`,
  vulnerable: ({ version }) =>
    `TimescaleDB ${version?.installed} is affected by no published advisory`,
  silent: () => 'runs are recorded again',
  withheld: () => 'consent is granted again',
};

/** Whether a condition holds that is not muted. */
function isOpen(database: DatabaseState, condition: NotifiedCondition): boolean {
  return database.conditions.includes(condition) && !isMuted(database, condition);
}

/** Whether an advisory affects the database that did not before. */
function hasNewAdvisory(before: DatabaseState, after: DatabaseState): boolean {
  const known = new Set(openAdvisories(before));
  return openAdvisories(after).some((advisory) => !known.has(advisory));
}

function changeOf(
  before: DatabaseState | undefined,
  after: DatabaseState,
  condition: NotifiedCondition,
): Transition['change'] | undefined {
  const was = before !== undefined && isOpen(before, condition);
  if (isOpen(after, condition)) {
    const isNews = !was || (condition === 'vulnerable' && hasNewAdvisory(before, after));
    return isNews ? 'began' : undefined;
  }
  // A condition that is now muted has not ended.
  return was && after.configured && !after.conditions.includes(condition) ? 'ended' : undefined;
}

/**
 * Returns the conditions that have begun or ended between two states, by name and the worst condition first. Two equal states
 * have none, so that each transition is notified once. Without an earlier state, every condition that holds has begun. A mute
 * suppresses both transitions; when it ends while the condition still holds, the condition begins. A database that was removed
 * from the environment has no transitions.
 */
export function transitions(
  before: FleetState | undefined,
  after: FleetState,
): readonly Transition[] {
  const earlier = new Map(Object.entries(before?.databases ?? {}));
  return Object.values(after.databases).flatMap((database) =>
    NOTIFIED.flatMap((condition) => {
      const change = changeOf(earlier.get(database.name), database, condition);
      if (change === undefined) return [];
      const clause = (change === 'began' ? BEGUN : ENDED)[condition](database);
      const action =
        change === 'began' && database.conditions[0] === condition ? ` ${database.action}` : '';
      return [
        {
          database: database.name,
          condition,
          change,
          sentence: `${database.name}: ${clause}.${action}`,
        },
      ];
    }),
  );
}
