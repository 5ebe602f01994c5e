import * as z from 'zod/mini';
import { EnvironmentError } from '../../infra/config/environment-error.ts';
import { readEnvironment } from '../../infra/config/load.ts';
import { check } from '../../lib/config/validate.ts';
import type { ConfiguredDatabase, FleetContext } from '../../lib/fleet/fleet-state.ts';
import { recordBucketOf } from '../../lib/naming.ts';
import { CommandError, EXIT } from '../command.ts';

const tickHours = z.optional(z.int());

/** The parts of an environment that the fleet needs. The deployment checks all of it. */
const environmentSchema = z.object({
  account: z.string(),
  region: z.string(),
  databases: z.array(z.object({ name: z.string(), tickHours })),
  defaults: z.optional(z.object({ tickHours })),
  record: z.optional(
    z.union([
      z.boolean(),
      z.object({ bucket: z.optional(z.string()), prefix: z.optional(z.string()) }),
    ]),
  ),
  mute: z._default(
    z.array(
      z.object({
        database: z.exactOptional(z.string()),
        advisory: z.exactOptional(z.string()),
        until: z.string(),
        reason: z.string(),
      }),
    ),
    [],
  ),
});

/** An environment, as far as the fleet needs it. */
export interface FleetEnvironment {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly databases: readonly ConfiguredDatabase[];
  readonly mutes: NonNullable<FleetContext['mutes']>;
  /** The place of the record; undefined if it is turned off. */
  readonly record: { readonly bucket: string; readonly prefix: string | undefined } | undefined;
}

const DEFAULT_TICK_HOURS = 24;

/**
 * Reads an environment from the folder of the environments.
 *
 * @throws CommandError if it does not exist or cannot be used
 */
export async function readFleetEnvironment(
  name: string,
  folder: string,
): Promise<FleetEnvironment> {
  const written = await readEnvironment(name, folder).catch((error: unknown) => {
    if (!(error instanceof EnvironmentError)) throw error;
    throw unusable(`The environment ${name} cannot be used: ${error.problems.join('; ')}.`);
  });
  const problems: string[] = [];
  const settings = check('environment', environmentSchema, written.settings, problems);
  if (settings === undefined)
    throw unusable(`The environment ${name} cannot be used: ${problems.join('; ')}.`);
  const { account, region, databases, defaults, record = true, mute } = settings;
  const own = typeof record === 'boolean' ? {} : record;
  return {
    name,
    account,
    region,
    databases: databases.map((database) => ({
      name: database.name,
      tickHours: database.tickHours ?? defaults?.tickHours ?? DEFAULT_TICK_HOURS,
    })),
    mutes: mute,
    record:
      record === false
        ? undefined
        : {
            bucket: own.bucket ?? recordBucketOf(name, account, region),
            prefix: own.prefix,
          },
  };
}

function unusable(message: string): CommandError {
  return new CommandError(
    message,
    'Correct the environment, or name the folder of the environments with --environments.',
    EXIT.usage,
  );
}
