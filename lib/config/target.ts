import * as z from 'zod/mini';
import { RunError } from '../errors.ts';
import { hostSchema } from './host.ts';
import { checkJson } from './validate.ts';
import { checkWorker, type WorkerVariables } from './worker-config.ts';

/** Telemetry levels, from the strictest to the loosest. */
export const LEVELS = ['off', 'no_functions', 'basic'] as const;

/** `timescaledb.telemetry_level`. */
export type Level = (typeof LEVELS)[number];

/** Sources of a report, and methods of measuring sizes. */
export const SOURCES = ['catalog', 'function'] as const;
export const SIZES = ['exact', 'estimated'] as const;

/** Intervals of a target's schedule in hours: the divisors of a day. */
export const TICK_HOURS = [1, 2, 3, 4, 6, 8, 12, 24] as const;

/** Schema of names, which appear in log lines, metrics and schedules. */
export const nameSchema = z
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
    serverName: z.optional(hostSchema),
  })
  .check(
    z.refine(
      ({ mode, caFile, serverName }) => mode !== 'disable' || (caFile ?? serverName) === undefined,
      "caFile and serverName have no effect with the mode 'disable'; remove them, or choose another mode",
    ),
  );

/** Settings for reading a database whose credentials are known. */
const readingShape = {
  name: nameSchema,
  environment: nameSchema,
  tls: z._default(tlsSchema, { mode: 'verify-full' }),
  levelWhenUnset: z._default(z.enum(LEVELS), 'off'),
  reportSource: z._default(z.enum(SOURCES), 'catalog'),
  sizes: z._default(z.enum(SIZES), 'exact'),
  tickHours: z._default(z.literal(TICK_HOURS), 24),
};

const targetSchema = z
  .strictObject({
    ...readingShape,
    secretId: textSchema,
    host: z.optional(hostSchema),
    port: z.optional(z.int().check(z.minimum(1), z.maximum(65_535))),
    database: z.optional(textSchema),
    versionData: z.optional(textSchema),
  })
  .check(
    z.refine(
      ({ reportSource, sizes }) => reportSource === 'catalog' || sizes === 'exact',
      "sizes 'estimated' excludes reportSource 'function', which opens every user relation",
    ),
  );

/**
 * One database, and the settings of this deployment for it.
 *
 * @property secretId name or ARN of the secret with the credentials
 * @property host, port, database take precedence over the secret
 * @property tls.serverName the name in the server's certificate, when it is not the host
 * @property levelWhenUnset the level for a server that was built without telemetry
 * @property reportSource `function` calls the extension's get_telemetry_report(), with its side effects: it writes missing
 *   identifiers, resets the counters of function calls (2.7.1), locks every relation (2.7) or, exclusively, catalog tables
 *   (1.5 to 2.5), and has crashed servers
 * @property sizes `estimated` reads `relpages` and opens no user relation
 * @property versionData JSON file with the operator's version data, relative to the function's code
 */
export type Target = z.infer<typeof targetSchema>;

/** Schema of the settings of a target without the place of its secret and of its database. */
export const readingTargetSchema = z.strictObject(readingShape);

/** The settings of a target for reading its database with credentials that are known. */
export type ReadingTarget = z.infer<typeof readingTargetSchema>;

/** Environment variables that would weaken a connection to the database. */
export interface ConnectionVariables {
  readonly NODE_TLS_REJECT_UNAUTHORIZED?: string | undefined;
  readonly PGREPLICATION?: string | undefined;
}

/** Environment variables of every function. */
export interface TargetSettings extends ConnectionVariables, WorkerVariables {
  readonly TARGET?: string | undefined;
}

const CONFIG_REMEDY =
  "Correct the function's environment variables; the deployment of this target's environment sets them.";

export function configError(problems: readonly string[]): RunError {
  return new RunError(
    'CONFIG_INVALID',
    `The function's configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems.join('; ')}.`,
    { remedy: CONFIG_REMEDY },
  );
}

/** Checks the variables of Node and node-postgres that would weaken a connection to the database. */
export function checkConnectionVariables(settings: ConnectionVariables, problems: string[]): void {
  if (settings.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    problems.push(
      'NODE_TLS_REJECT_UNAUTHORIZED: is 0, which turns off certificate verification; remove it',
    );
  }
  if ((settings.PGREPLICATION ?? '') !== '') {
    problems.push(
      'PGREPLICATION: is set, which turns the database connection into a replication connection; remove it',
    );
  }
}

/** Checks TARGET, WORKER, and the variables that would weaken them. */
export function checkTarget(settings: TargetSettings, problems: string[]): Target | undefined {
  const target = checkJson('TARGET', targetSchema, settings.TARGET, problems);
  checkWorker(settings, problems);
  checkConnectionVariables(settings, problems);
  return target;
}

/**
 * Parses TARGET, for functions that never send.
 *
 * @throws RunError CONFIG_INVALID with every problem at once
 */
export function parseTarget(settings: TargetSettings): Target {
  const problems: string[] = [];
  const target = checkTarget(settings, problems);
  if (target === undefined || problems.length > 0) throw configError(problems);
  return target;
}
