import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { AwsVariables } from '../aws/aws-request.ts';
import { recordSchema } from '../config/record-config.ts';
import { configError, nameSchema, TICK_HOURS } from '../config/target.ts';
import { check, checkJson } from '../config/validate.ts';
import { errorCodeOf } from '../errors.ts';
import type { ConfiguredDatabase, FleetContext } from '../fleet/fleet-state.ts';

/** How often the state of the fleet is sent to the topic. */
export const DIGESTS = ['daily', 'weekly', 'off'] as const;

const dateSchema = z.iso.date({ error: 'must be a date such as 2027-01-31' });

const fleetSchema = z.strictObject({
  ...recordSchema.shape,
  environment: nameSchema,
  account: z.optional(z.string()),
  topic: z.optional(
    z
      .string()
      .check(z.regex(/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}$/, 'must be the ARN of a topic')),
  ),
  digest: z._default(z.enum(DIGESTS), 'off'),
  file: z.optional(z.string().check(z.minLength(1, 'must not be empty'))),
});

/**
 * Content of the variable FLEET.
 *
 * @property bucket bucket of the record, in the function's region
 * @property topic ARN of the SNS topic for notifications
 * @property file JSON file with the databases and the mutes, relative to the function's code
 */
export type FleetSettings = z.infer<typeof fleetSchema>;

const muteSchema = z.strictObject({
  database: z.exactOptional(z.string()),
  advisory: z.exactOptional(z.string()),
  until: z.exactOptional(dateSchema),
  reason: z.string(),
});

const fileSchema = z.strictObject({
  databases: z.array(z.strictObject({ name: nameSchema, tickHours: z.literal(TICK_HOURS) })),
  mute: z._default(z.array(muteSchema), []),
});

/** Content of the file: what does not fit into a variable. */
export interface FleetFile {
  readonly databases: readonly ConfiguredDatabase[];
  readonly mute: NonNullable<FleetContext['mutes']>;
}

/** The variables of the function. */
export interface FleetVariables extends AwsVariables {
  readonly FLEET?: string | undefined;
  /** Folder of the function's code, as Lambda sets it. */
  readonly LAMBDA_TASK_ROOT?: string | undefined;
  /** Another endpoint than that of SNS, as the AWS SDK reads it. */
  readonly AWS_ENDPOINT_URL_SNS?: string | undefined;
}

/**
 * Parses FLEET.
 *
 * @throws RunError CONFIG_INVALID with all its problems
 */
export function parseFleetSettings({ FLEET }: FleetVariables): FleetSettings {
  const problems: string[] = [];
  const settings = checkJson('FLEET', fleetSchema, FLEET, problems);
  if (settings === undefined) throw configError(problems);
  return settings;
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/**
 * Reads the databases and the mutes of the environment; undefined without a file.
 *
 * @throws RunError CONFIG_INVALID
 */
export async function readFleetFile(
  { file }: FleetSettings,
  { LAMBDA_TASK_ROOT = '.' }: FleetVariables,
): Promise<FleetFile | undefined> {
  if (file === undefined) return undefined;
  const path = file.startsWith('/') ? file : `${LAMBDA_TASK_ROOT}/${file}`;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw configError([`FLEET file: cannot be read (${errorCodeOf(error)})`]);
  });
  const problems: string[] = [];
  const content = check('the file of FLEET', fileSchema, parseJson(text), problems);
  if (content === undefined) throw configError(problems);
  return content;
}
