import * as z from 'zod/mini';
import { RunError } from './errors.ts';
import { check, checkJson } from './input.ts';

/** Ordered from the strictest to the loosest, as TimescaleDB's own enum is. */
export const LEVELS = ['off', 'no_functions', 'basic'] as const;

/** `timescaledb.telemetry_level`. */
export type Level = (typeof LEVELS)[number];

/** Where a report's figures come from, and how its sizes are found. */
export const SOURCES = ['catalog', 'function'] as const;
export const SIZES = ['exact', 'estimated'] as const;

/** Names end up in log lines, metrics and schedules, so they are plain. */
const nameSchema = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
      'must be 1 to 63 letters, digits, dots, hyphens or underscores, the first a letter or digit',
    ),
  );

const textSchema = z.string().check(z.minLength(1, 'must not be empty'));

const tlsSchema = z
  .strictObject({
    mode: z._default(z.enum(['verify-full', 'verify-ca', 'disable']), 'verify-full'),
    caFile: z.optional(textSchema),
    serverName: z.optional(textSchema),
  })
  .check(
    z.refine(
      ({ mode, caFile, serverName }) => mode !== 'disable' || (caFile ?? serverName) === undefined,
      "caFile and serverName say how to verify TLS, and mode 'disable' says that there is none",
    ),
  );

const targetSchema = z
  .strictObject({
    name: nameSchema,
    environment: nameSchema,
    secretId: textSchema,
    host: z.optional(textSchema),
    port: z.optional(z.int().check(z.minimum(1), z.maximum(65_535))),
    database: z.optional(textSchema),
    tls: z._default(tlsSchema, { mode: 'verify-full' }),
    levelWhenUnset: z._default(z.enum(LEVELS), 'off'),
    reportSource: z._default(z.enum(SOURCES), 'catalog'),
    sizes: z._default(z.enum(SIZES), 'exact'),
    tickHours: z._default(z.literal([1, 2, 3, 4, 6, 8, 12, 24]), 24),
  })
  .check(
    z.refine(
      ({ reportSource, sizes }) => reportSource === 'catalog' || sizes === 'exact',
      "sizes 'estimated' promises that no user relation is opened, and reportSource 'function' opens them all",
    ),
  );

/**
 * One database, and how this deployment wants it treated.
 *
 * @property secretId name or ARN of the secret with the credentials
 * @property host, port, database override what the secret says
 * @property tls.serverName the name the server's certificate must carry, when it is not the host
 * @property levelWhenUnset the level of a server that was built without telemetry, and of no other
 * @property reportSource `function` calls the extension's own get_telemetry_report(), with its side effects: it writes
 *   missing identifiers, sets the counters of function calls to zero (2.7.1), takes a lock on every relation (2.7) or an
 *   exclusive one on catalog tables (1.5 to 2.5), and has crashed servers
 * @property sizes `estimated` reads `relpages` and opens no user relation
 */
export type Target = z.infer<typeof targetSchema>;

/** A URL's hostname that never leaves the machine. */
export const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** https, or http on loopback; without credentials or fragment. */
export function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}

const deliverySchema = z.strictObject({
  endpoint: z._default(
    z
      .string()
      .check(
        z.refine(
          isEndpoint,
          'must be an https:// URL without credentials or fragment (http:// on loopback only)',
        ),
      ),
    'https://telemetry.timescale.com/v1/metrics',
  ),
});

/** Where reports go. In the environment of `send-report` alone. */
export type Delivery = z.infer<typeof deliverySchema>;

const eventSchema = z.strictObject({
  scheduledTime: z.optional(
    z.iso.datetime({
      offset: true,
      error: 'must be an ISO 8601 time such as 2026-11-22T04:05:00Z',
    }),
  ),
  attempt: z.optional(z.int().check(z.minimum(0))),
  ignoreSchedule: z.optional(z.boolean()),
});

/** What the schedule, or a person, asks of one run. `{}` by hand means now. */
export type RunEvent = z.infer<typeof eventSchema>;

/** What the function's environment holds for us; read at the edge, parsed here. */
export interface Settings {
  readonly TARGET?: string | undefined;
  readonly DELIVERY?: string | undefined;
  readonly DO_NOT_TRACK?: string | undefined;
  readonly NODE_TLS_REJECT_UNAUTHORIZED?: string | undefined;
  readonly NODE_USE_ENV_PROXY?: string | undefined;
  readonly PGREPLICATION?: string | undefined;
}

export interface Assignment {
  readonly target: Target;
  readonly delivery: Delivery;
}

const CONFIG_REMEDY =
  "Correct the function's environment; it is set by the deployment of this target's environment.";

function configError(problems: readonly string[]): RunError {
  return new RunError(
    'CONFIG_INVALID',
    `The function's configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems.join('; ')}.`,
    { remedy: CONFIG_REMEDY },
  );
}

/** Variables of Node and node-postgres that would undo what TARGET and DELIVERY promise. */
function dangersOf(settings: Settings, delivery: Delivery | undefined): string[] {
  const dangers: readonly (readonly [isThere: boolean, danger: string])[] = [
    [
      settings.NODE_TLS_REJECT_UNAUTHORIZED === '0',
      'NODE_TLS_REJECT_UNAUTHORIZED: is 0, which switches off the verification of every certificate; remove it',
    ],
    [
      settings.NODE_USE_ENV_PROXY === '1' && delivery?.endpoint.startsWith('http:') === true,
      'DELIVERY endpoint: is http:, which a proxy (NODE_USE_ENV_PROXY) would carry off loopback in plain text',
    ],
    [
      (settings.PGREPLICATION ?? '') !== '',
      'PGREPLICATION: is set, which makes the database connection one for replication; remove it',
    ],
  ];
  return dangers.filter(([isThere]) => isThere).map(([, danger]) => danger);
}

/**
 * TARGET and DELIVERY, parsed and checked.
 *
 * @throws RunError CONFIG_INVALID with every problem of both at once
 */
export function parseSettings(settings: Settings): Assignment {
  const problems: string[] = [];
  const target = checkJson('TARGET', targetSchema, settings.TARGET, problems);
  const delivery = checkJson('DELIVERY', deliverySchema, settings.DELIVERY, problems);
  problems.push(...dangersOf(settings, delivery));
  if (target === undefined || delivery === undefined || problems.length > 0) {
    throw configError(problems);
  }
  return { target, delivery };
}

/**
 * TARGET alone, for what reads and never sends.
 *
 * @throws RunError CONFIG_INVALID with every problem at once
 */
export function parseTarget(text: string | undefined): Target {
  const problems: string[] = [];
  const target = checkJson('TARGET', targetSchema, text, problems);
  if (target === undefined) throw configError(problems);
  return target;
}

/**
 * The event of a run.
 *
 * @throws RunError EVENT_INVALID with every problem at once
 */
export function parseEvent(event: unknown): RunEvent {
  const problems: string[] = [];
  const parsed = check('event', eventSchema, event ?? {}, problems);
  if (parsed !== undefined) return parsed;
  throw new RunError('EVENT_INVALID', `The event cannot be understood: ${problems.join('; ')}.`, {
    remedy:
      'Send {} for a run now, or { "scheduledTime": "<ISO 8601>" } as the schedule does. Nothing was read or sent.',
  });
}
