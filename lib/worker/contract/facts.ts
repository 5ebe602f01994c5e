import * as z from 'zod/mini';
import {
  type Facts,
  HOLDERS,
  MAX_ITEMS,
  MAX_JOBS,
  MAX_VERSIONS,
  STORED_PLACES,
} from '../../timescaledb/facts.ts';
import { isVersionText } from '../../version.ts';
import { shortTextSchema, textSchema } from './texts.ts';

const versionSchema = z.string().check(z.refine(isVersionText, 'must be a version'));

const intervalSchema = z.strictObject({
  months: z.number(),
  days: z.number(),
  microseconds: z.number(),
});

const jobSchema = z.strictObject({
  id: z.int(),
  scheduled: z.boolean(),
  scheduleInterval: z.nullable(intervalSchema),
  maxRuntime: z.nullable(intervalSchema),
  maxRetries: z.int(),
  retryPeriod: z.nullable(intervalSchema),
  initialStart: z.nullable(textSchema),
  timezone: z.nullable(textSchema),
  nextStart: z.nullable(textSchema),
  lastRun: z.nullable(textSchema),
});

const countSchema = z.int().check(z.minimum(0));

const levelSchema = z.strictObject({
  session: z.nullable(textSchema),
  source: z.nullable(textSchema),
  reset: z.nullable(textSchema),
  stored: z
    .array(
      z.strictObject({
        place: z.enum(STORED_PLACES),
        holder: z.enum(HOLDERS),
        value: textSchema,
      }),
    )
    .check(z.maxLength(MAX_ITEMS)),
  configured: z.nullable(textSchema),
});

/** Schema of the facts in an answer, with a bound on every text and list. */
export const factsSchema: z.ZodMiniType<Facts> = z.strictObject({
  postgresqlVersion: z.string().check(z.regex(/^\d{1,3}(\.\d{1,4}){1,2}$/)),
  standby: z.boolean(),
  installedVersion: versionSchema,
  availableVersion: z.nullable(versionSchema),
  availableVersions: z.array(versionSchema).check(z.maxLength(MAX_VERSIONS)),
  isTemplate1: z.boolean(),
  builtWithTelemetry: z.boolean(),
  restoring: z.boolean(),
  level: levelSchema,
  jobs: z.array(jobSchema).check(z.maxLength(MAX_JOBS)),
  jobHealth: z.nullable(
    z.strictObject({
      scheduled: countSchema,
      failing: countSchema,
      oldestFailure: z.nullable(shortTextSchema),
    }),
  ),
  metadataKeys: z.array(textSchema).check(z.maxLength(MAX_ITEMS)),
  installedAt: z.nullable(textSchema),
});
