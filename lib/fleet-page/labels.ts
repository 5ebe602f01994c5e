import type { Condition, DatabaseState } from '../fleet/database-state.ts';

/** Names of the conditions in the page. */
export const CONDITION_LABELS: Readonly<Record<Condition, string>> = {
  broken: 'Broken',
  vulnerable: 'Vulnerable',
  silent: 'Silent',
  failed: 'Failed',
  'jobs-failing': 'Jobs failing',
  behind: 'Behind',
  withheld: 'Withheld',
  unknown: 'Not judged',
};

/** What each condition means, for the filter and the legend. */
export const CONDITION_MEANINGS: Readonly<Record<Condition, string>> = {
  broken: 'PostgreSQL breaks every scheduled job of the installed TimescaleDB',
  vulnerable: 'a published advisory affects the installed TimescaleDB',
  silent: 'no run was recorded for two ticks',
  failed: 'the last run failed',
  'jobs-failing': 'the last run of at least one scheduled job failed',
  behind: 'the version check recommends an upgrade',
  withheld: 'the database denies consent, so no report is sent',
  unknown: 'the installed version could not be compared, or was not read yet',
};

/** The conditions that the page counts, in the order of the page. */
export const COUNTED = ['vulnerable', 'broken', 'silent', 'behind', 'withheld'] as const;

/** Returns the label of a database's state: its worst condition. */
export function stateLabel({ conditions: [worst] }: DatabaseState): string {
  return worst === undefined ? 'OK' : CONDITION_LABELS[worst];
}
