import * as z from 'zod/mini';
import { LEVELS, type Level } from '../config/target.ts';
import { check } from '../config/validate.ts';
import { RunError } from '../errors.ts';

/** What may be done about the telemetry job. */
export const JOB_ACTIONS = ['keep', 'add', 'pause', 'remove'] as const;
export type JobAction = (typeof JOB_ACTIONS)[number];

const nameSchema = z.string().check(
  z.minLength(1, 'must not be empty'),
  z.refine((name) => !name.includes('\0'), 'must not contain a null character'),
);

/** Numbers with units alone, so that zero is the only one that is not positive. */
const INTERVAL =
  /^\d{1,6} ?(minutes?|min|hours?|h|days?|d|weeks?|w|months?|mons?)( \d{1,6} ?(minutes?|min|hours?|h|days?|d|weeks?|w|months?|mons?))*$/i;

/** PostgreSQL refuses a unit that comes twice, whatever it is called. */
function hasUnitTwice(text: string): boolean {
  const units = (text.toLowerCase().match(/[a-z]+/g) ?? []).map((unit) =>
    /^mo/.test(unit) ? 'month' : unit.charAt(0),
  );
  return new Set(units).size < units.length;
}

const eventSchema = z.strictObject({
  action: z.enum(['enable', 'disable']),
  scope: z.union(
    [
      z.enum(['instance', 'database']),
      z.strictObject({ role: nameSchema, inDatabase: z.optional(nameSchema) }),
    ],
    {
      error:
        'must be "instance", "database", or { "role": <name>, "inDatabase": <name, if it is for one database> }',
    },
  ),
  level: z.optional(z.enum(LEVELS)),
  job: z.optional(z.enum(JOB_ACTIONS)),
  scheduleInterval: z.optional(
    z.string().check(
      z.regex(
        INTERVAL,
        'must be whole numbers with units, such as "12 hours", "7 days" or "1 month"',
      ),
      z.refine((text) => !INTERVAL.test(text) || /[1-9]/.test(text), 'must be longer than nothing'),
      z.refine((text) => !hasUnitTwice(text), 'must not have a unit twice'),
    ),
  ),
  dryRun: z._default(z.boolean(), false),
});

type ConfigureEvent = z.infer<typeof eventSchema>;

/** Where the level is set. */
export type Scope =
  | { readonly kind: 'instance' | 'database' }
  | { readonly kind: 'role'; readonly role: string; readonly inDatabase?: string | undefined };

/** What is asked for. */
export interface Change {
  readonly action: ConfigureEvent['action'];
  readonly scope: Scope;
  /** `reset` takes away what is set there: a role can only tighten, so that for a role this is the way back. */
  readonly level: Level | 'reset';
  /** Undefined: what `action` means in the release at hand. */
  readonly job: JobAction | undefined;
  readonly scheduleInterval: string | undefined;
  readonly dryRun: boolean;
}

/** What cannot be meant: every contradiction in the event. */
function contradictionsIn({
  action,
  scope,
  level,
  job,
  scheduleInterval,
}: ConfigureEvent): readonly string[] {
  const isForRole = typeof scope === 'object';
  const checks: readonly (readonly [isThere: boolean, problem: string])[] = [
    [
      action === 'disable' && level !== undefined && level !== 'off',
      `level: is ${level}, and disable means off`,
    ],
    [
      action === 'enable' && level === 'off',
      'level: is off, and enable means basic or no_functions',
    ],
    [action === 'disable' && job === 'add', 'job: is add, which disable cannot mean'],
    [
      action === 'enable' && (job === 'pause' || job === 'remove'),
      `job: is ${job}, which enable cannot mean`,
    ],
    [
      isForRole && job !== undefined && job !== 'keep',
      `job: is ${job}, and the job is the database's and no role's; use the scope "database"`,
    ],
    [
      scheduleInterval !== undefined &&
        (action !== 'enable' || isForRole || (job !== undefined && job !== 'add')),
      'scheduleInterval: is of a job that is added or already there, which needs the action "enable", the scope "database" or "instance", and the job "add"',
    ],
  ];
  return checks.filter(([isThere]) => isThere).map(([, problem]) => `event ${problem}`);
}

function levelOf({ action, scope, level }: ConfigureEvent): Change['level'] {
  if (action === 'disable') return 'off';
  return level ?? (typeof scope === 'object' ? 'reset' : 'basic');
}

/** The event of `configure`; adds what is wrong with it to `problems`, and is undefined when anything is. */
export function checkChange(event: unknown, problems: string[]): Change | undefined {
  const parsed = check('event', eventSchema, event ?? undefined, problems);
  if (parsed === undefined) return undefined;
  const contradictions = contradictionsIn(parsed);
  problems.push(...contradictions);
  if (contradictions.length > 0) return undefined;
  const { action, scope, job, scheduleInterval, dryRun } = parsed;
  return {
    action,
    scope: typeof scope === 'object' ? { kind: 'role', ...scope } : { kind: scope },
    level: levelOf(parsed),
    job: typeof scope === 'object' ? 'keep' : job,
    scheduleInterval,
    dryRun,
  };
}

/**
 * The event of `configure`.
 *
 * @throws RunError EVENT_INVALID with every problem at once
 */
export function parseChange(event: unknown): Change {
  const problems: string[] = [];
  const change = checkChange(event, problems);
  if (change !== undefined) return change;
  throw new RunError('EVENT_INVALID', `The event is invalid: ${problems.join('; ')}.`, {
    remedy:
      'Send for example { "action": "disable", "scope": "database", "dryRun": true }. Nothing was read or changed.',
  });
}
