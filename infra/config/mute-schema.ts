import * as z from 'zod/mini';
import { nameSchema } from '../../lib/config/target.ts';

/** Limit of the texts of a mute, which messages and the page repeat. */
const MAX_REASON = 500;

/** A decision to accept a condition. */
export const muteSchema = z.strictObject({
  database: z.exactOptional(nameSchema),
  advisory: z.exactOptional(
    z
      .string()
      .check(
        z.regex(
          /^[\w.-]{1,100}$/,
          'must be the identifier of an advisory, such as GHSA-44jh-j22r-33wq',
        ),
      ),
  ),
  until: z.iso.date({ error: 'must be a date such as 2027-01-31' }),
  reason: z
    .string()
    .check(
      z.minLength(1, 'must not be empty'),
      z.maxLength(MAX_REASON, `must have at most ${MAX_REASON} characters`),
    ),
});
