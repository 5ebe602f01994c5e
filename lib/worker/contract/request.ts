import * as z from 'zod/mini';
import { readingTargetSchema } from '../../config/target.ts';
import { type Change, changeSchema } from '../../configure/event.ts';
import { durationSchema, textSchema } from './texts.ts';
import { versionShape } from './version.ts';

const timeSchema = z.number();

const readingShape = {
  time: timeSchema,
  retriedAt: z.exactOptional(timeSchema),
  report: z.enum(['never', 'when-due', 'when-consented', 'always']),
  isUntracked: z.boolean(),
  reserveMs: durationSchema,
};

const operationSchema = z.union([
  z.strictObject({ kind: z.enum(['read', 'check']), ...readingShape }),
  z.strictObject({ kind: z.literal('change'), change: changeSchema }),
]);

/** Schema of a request to the worker. */
export const requestSchema = z.strictObject({
  ...versionShape,
  target: readingTargetSchema,
  credentials: z.strictObject({
    host: textSchema,
    port: z.int().check(z.minimum(1), z.maximum(65_535)),
    user: textSchema,
    password: textSchema,
    database: textSchema,
    ca: z.exactOptional(textSchema),
  }),
  operation: operationSchema,
  spentMs: durationSchema,
  limitMs: durationSchema,
});

/**
 * A request to the worker: one operation on one database.
 *
 * @property target settings of the database, without the name of its secret
 * @property credentials and the place of the database; the only copy outside of the sender
 * @property operation.time the tick's nominal time, in milliseconds since 1970
 * @property operation.report as in the options of a reading
 * @property operation.reserveMs part of the run's time that is reserved for sending
 * @property spentMs time that the sender has spent on the run
 * @property limitMs time that the worker may take
 */
export type WorkerRequest = z.infer<typeof requestSchema>;

/** A reading that is requested. */
export type ReadOperation = Exclude<WorkerRequest['operation'], { readonly change: Change }>;
