import * as z from 'zod/mini';
import { LEVELS, SOURCES } from '../../config/target.ts';
import type { ChangeParts } from '../../configure/run-change.ts';
import { MAX_REPORT_BYTES } from '../../report/limits.ts';
import { MAX_JOBS } from '../../timescaledb/facts.ts';
import { WORKER_ERROR_CODES } from './error-codes.ts';
import { factsSchema } from './facts.ts';
import {
  durationSchema,
  sentenceSchema,
  shortTextSchema,
  textSchema,
  tokenSchema,
} from './texts.ts';
import { versionShape } from './version.ts';

/** Limit of an answer in bytes. Lambda's limit is 6 MB; a report has at most 1 MiB, which JSON at most doubles. */
export const MAX_ANSWER_BYTES = 5 * 1_048_576;

const MAX_EVENTS = 50;
/** Up to two for each telemetry job, and those for the level and the restart. */
const MAX_STATEMENTS = 2 * MAX_JOBS + 100;
const MAX_NOTES = 100;

const consentSchema = z.strictObject({
  granted: z.boolean(),
  level: z.enum(LEVELS),
  rule: shortTextSchema,
});

const reportSchema = z.strictObject({
  text: z.string().check(z.maxLength(MAX_REPORT_BYTES)),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  bytes: z.int().check(z.minimum(1), z.maximum(MAX_REPORT_BYTES)),
  source: z.enum(SOURCES),
  estimatedRelations: z.int().check(z.minimum(0)),
  fallback: z.exactOptional(sentenceSchema),
});

/** An event of a reading, and the milliseconds from the start of the worker to it. */
const eventSchema = z.strictObject({
  ms: durationSchema,
  type: z.enum([
    'connection-started',
    'name-resolved',
    'connected',
    'tls-established',
    'logged-in',
    'server-identified',
    'facts-read',
    'due-decided',
  ]),
  host: z.exactOptional(z.enum(['name', 'address', 'unix-socket'])),
  tls: z.exactOptional(
    z.strictObject({ protocol: z.nullable(tokenSchema), certificateValidTo: shortTextSchema }),
  ),
});
export type WorkerEvent = z.infer<typeof eventSchema>;

const notesSchema = z.array(sentenceSchema).check(z.maxLength(MAX_NOTES));

/** The parts of a change. Only the result, and not the log, contains the texts of the statements. */
const changeSchema: z.ZodMiniType<ChangeParts> = z.strictObject({
  facts: z.exactOptional(factsSchema),
  plan: z.exactOptional(
    z.strictObject({
      statements: z
        .array(z.strictObject({ sql: textSchema, title: sentenceSchema }))
        .check(z.maxLength(MAX_STATEMENTS)),
      notes: notesSchema,
    }),
  ),
  applyNotes: z.exactOptional(notesSchema),
  factsAfter: z.exactOptional(factsSchema),
});

const commonShape = {
  ...versionShape,
  durationMs: z.strictObject({
    connection: z.exactOptional(durationSchema),
    database: z.exactOptional(durationSchema),
    change: z.exactOptional(durationSchema),
    total: durationSchema,
  }),
};

const eventsSchema = z.exactOptional(z.array(eventSchema).check(z.maxLength(MAX_EVENTS)));

const readSchema = z.strictObject({
  ...commonShape,
  kind: z.literal('read'),
  facts: factsSchema,
  consent: consentSchema,
  due: z.strictObject({ isDue: z.boolean() }),
  report: z.nullable(reportSchema),
  events: eventsSchema,
});

const changedSchema = z.strictObject({
  ...commonShape,
  kind: z.literal('change'),
  change: changeSchema,
});

const failedSchema = z.strictObject({
  ...commonShape,
  kind: z.literal('error'),
  error: z.strictObject({
    code: z.enum(WORKER_ERROR_CODES),
    origin: z.exactOptional(tokenSchema),
    retryable: z.boolean(),
    message: sentenceSchema,
    remedy: sentenceSchema,
  }),
  facts: z.exactOptional(factsSchema),
  change: z.exactOptional(changeSchema),
  events: eventsSchema,
});

/**
 * An answer of the worker.
 *
 * @property kind `error` for an operation that failed
 * @property consent, due the worker's decisions, which the sender repeats from the facts
 * @property report the exact text, null without one
 * @property facts, change of an error: what was known before it
 * @property events of a check
 */
export type WorkerAnswer = ReadAnswer | ChangedAnswer | FailedAnswer;
export type ReadAnswer = z.infer<typeof readSchema>;
export type ChangedAnswer = z.infer<typeof changedSchema>;
export type FailedAnswer = z.infer<typeof failedSchema>;

const kindSchema = z.object({ kind: z.enum(['read', 'change', 'error']) });

/** Schemas of answers, by kind. */
export const ANSWER_SCHEMAS = {
  read: readSchema,
  change: changedSchema,
  error: failedSchema,
} as const;

/** The place of the first problem of an answer, such as `facts.jobs.0.id`; empty for the answer. Its keys are those of the schema. */
export interface AnswerProblem {
  readonly place: string;
}

/** Parses an answer by the schema of its kind. */
export function parseAnswerOfKind(value: unknown): WorkerAnswer | AnswerProblem {
  const kind = kindSchema.safeParse(value).data?.kind;
  if (kind === undefined) return { place: 'kind' };
  const { data, error } = ANSWER_SCHEMAS[kind].safeParse(value);
  if (data !== undefined) return data;
  return { place: error.issues[0]?.path.map(String).join('.') ?? '' };
}
