import * as z from 'zod/mini';

/** The place of the record, in the variables of the functions that write or read it. */
export const recordSchema = z.strictObject({
  bucket: z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be a bucket name')),
  prefix: z.optional(
    z
      .string()
      .check(
        z.regex(
          /^[A-Za-z0-9][\w.=-]*(\/[A-Za-z0-9][\w.=-]*)*$/,
          'must be a folder such as a/b, without a slash at its end',
        ),
      ),
  ),
});

/**
 * The place of the record.
 *
 * @property bucket bucket of the operator, in the function's region
 * @property prefix folder in the bucket
 */
export type RecordSettings = z.infer<typeof recordSchema>;
