import { type Change, JOB_ACTIONS, type Scope } from '../../../lib/configure/event.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import { aJob } from '../timescaledb/facts.ts';

const SCOPES: readonly Scope[] = [
  { kind: 'instance' },
  { kind: 'database' },
  { kind: 'role', role: "a 'role'" },
  { kind: 'role', role: 'role', inDatabase: 'a "database"' },
];

const WISHES = [
  { action: 'enable', level: 'basic', scheduleInterval: undefined },
  { action: 'enable', level: 'basic', scheduleInterval: '12 hours' },
  { action: 'enable', level: 'reset', scheduleInterval: undefined },
  { action: 'disable', level: 'off', scheduleInterval: undefined },
] as const;

/** Every kind of change. */
export const CHANGES: readonly Change[] = SCOPES.flatMap((scope) =>
  [undefined, ...JOB_ACTIONS].flatMap((job) =>
    WISHES.map((wish) => ({ ...wish, scope, job, dryRun: false })),
  ),
);

/** Returns the identifiers and literals of a change as a server would quote them. */
export function serverContextOf({ scope, scheduleInterval }: Change) {
  return {
    database: '"this database"',
    isTemplate: false,
    isSuperuser: true,
    levelIsRegistered: false,
    extensionOwner: "'postgres'",
    role: scope.kind === 'role' ? '"a role"' : undefined,
    inDatabase: scope.kind === 'role' && scope.inDatabase ? '"a database"' : undefined,
    scheduleInterval: scheduleInterval && `'${scheduleInterval}'`,
  };
}

/** Job catalogs: without a job, with the default one, and with a paused one. */
export const JOBS: readonly Facts['jobs'][] = [
  [],
  [aJob()],
  [aJob({ scheduled: false })],
  [aJob({ nextStart: 'infinity' })],
];
