import * as z from 'zod/mini';
import { LEVELS, type Level } from '../config/target.ts';
import { check } from '../config/validate.ts';
import { RunError } from '../errors.ts';

/** Actions on the telemetry job. */
export const JOB_ACTIONS = ['keep', 'add', 'pause', 'remove'] as const;
export type JobAction = (typeof JOB_ACTIONS)[number];

const nameSchema = z.string().check(
  z.minLength(1, 'must not be empty'),
  z.refine((name) => !name.includes('\0'), 'must not contain a null character'),
);

/** Numbers with units only, so that zero is the only interval that is not positive. */
const INTERVAL =
  /^\d{1,6} ?(minutes?|min|hours?|h|days?|d|weeks?|w|months?|mons?)( \d{1,6} ?(minutes?|min|hours?|h|days?|d|weeks?|w|months?|mons?))*$/i;

/** PostgreSQL rejects a unit that occurs twice, also under two names. */
function hasUnitTwice(text: string): boolean {
  const units = (text.toLowerCase().match(/[a-z]+/g) ?? []).map((unit) =>
    /^mo/.test(unit) ? 'month' : unit.charAt(0),
  );
  return new Set(units).size < units.length;
}

const intervalSchema = z.string().check(
  z.regex(INTERVAL, 'must be whole numbers with units, such as "12 hours", "7 days" or "1 month"'),
  z.refine((text) => !INTERVAL.test(text) || /[1-9]/.test(text), 'must be longer than nothing'),
  z.refine((text) => !hasUnitTwice(text), 'must not have a unit twice'),
);

const actionSchema = z.enum(['enable', 'disable']);

const eventSchema = z.strictObject({
  action: actionSchema,
  scope: z.union(
    [
      z.enum(['instance', 'database']),
      z.strictObject({ role: nameSchema, inDatabase: z.optional(nameSchema) }),
    ],
    {
      error:
        'must be "instance", "database", or { "role": <name>, "inDatabase": <name, optional> }',
    },
  ),
  level: z.optional(z.enum(LEVELS)),
  job: z.optional(z.enum(JOB_ACTIONS)),
  scheduleInterval: z.optional(intervalSchema),
  dryRun: z._default(z.boolean(), false),
});

type ConfigureEvent = z.infer<typeof eventSchema>;

/** Where the level is set. */
export type Scope =
  | { readonly kind: 'instance' | 'database' }
  | { readonly kind: 'role'; readonly role: string; readonly inDatabase?: string | undefined };

/** The requested change. */
export interface Change {
  readonly action: ConfigureEvent['action'];
  readonly scope: Scope;
  /** `reset` removes the setting. A role can only tighten the level, so this is how a role enables telemetry. */
  readonly level: Level | 'reset';
  /** Undefined: the default of `action` for the installed release. */
  readonly job?: JobAction | undefined;
  readonly scheduleInterval?: string | undefined;
  readonly dryRun: boolean;
}

/** Schema of a change that another function has parsed from its event. */
export const changeSchema: z.ZodMiniType<Change> = z.strictObject({
  action: actionSchema,
  scope: z.union([
    z.strictObject({ kind: z.enum(['instance', 'database']) }),
    z.strictObject({
      kind: z.literal('role'),
      role: nameSchema,
      inDatabase: z.optional(nameSchema),
    }),
  ]),
  level: z.enum([...LEVELS, 'reset']),
  job: z.optional(z.enum(JOB_ACTIONS)),
  scheduleInterval: z.optional(intervalSchema),
  dryRun: z.boolean(),
});

/** Returns every contradiction in the event. */
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
      `level: is ${level}, but disable sets off`,
    ],
    [
      action === 'enable' && level === 'off',
      'level: is off, but enable needs basic or no_functions',
    ],
    [action === 'disable' && job === 'add', 'job: is add, which contradicts disable'],
    [
      action === 'enable' && (job === 'pause' || job === 'remove'),
      `job: is ${job}, which contradicts enable`,
    ],
    [
      isForRole && job !== undefined && job !== 'keep',
      `job: is ${job}, but the job belongs to the database, not to a role; use the scope "database"`,
    ],
    [
      scheduleInterval !== undefined &&
        (action !== 'enable' || isForRole || (job !== undefined && job !== 'add')),
      'scheduleInterval: needs the action "enable", the scope "database" or "instance", and the job "add"',
    ],
  ];
  return checks.filter(([isThere]) => isThere).map(([, problem]) => `event ${problem}`);
}

function levelOf({ action, scope, level }: ConfigureEvent): Change['level'] {
  if (action === 'disable') return 'off';
  return level ?? (typeof scope === 'object' ? 'reset' : 'basic');
}

/** Checks the event of `configure`. Adds its problems to `problems`; undefined if there are any. */
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
 * Parses the event of `configure`.
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
