import * as z from 'zod/mini';
import { check } from '../config/validate.ts';
import { RunError } from '../errors.ts';
import { HISTORY_DAYS } from '../fleet/history.ts';

const eventSchema = z.strictObject({
  scheduledTime: z.optional(
    z.iso.datetime({
      offset: true,
      error: 'must be an ISO 8601 time such as 2026-11-22T23:58:00Z',
    }),
  ),
  days: z.optional(
    z
      .int()
      .check(
        z.minimum(1, 'must be at least 1'),
        z.maximum(HISTORY_DAYS, `must be at most ${HISTORY_DAYS}`),
      ),
  ),
  before: z.optional(z.iso.date({ error: 'must be a date such as 2026-11-22' })),
  digest: z.optional(z.boolean()),
});

/**
 * Event of one report. `{}` is a report by hand.
 *
 * @property scheduledTime nominal time of a scheduled report
 * @property days reads the whole record of so many days
 * @property before the day after the last one of these days; today and the days before it without it
 * @property digest sends the digest, also by hand
 */
export type FleetEvent = z.infer<typeof eventSchema>;

/**
 * Parses the event of a report.
 *
 * @throws RunError EVENT_INVALID with all its problems
 */
export function parseFleetEvent(event: unknown): FleetEvent {
  const problems: string[] = [];
  const parsed = check('event', eventSchema, event ?? {}, problems);
  if (parsed !== undefined) return parsed;
  throw new RunError('EVENT_INVALID', `The event is invalid: ${problems.join('; ')}.`, {
    remedy: `Send {} to read the new objects of the record, or { "days": 400 } to read older ones again. Nothing was read or written.`,
  });
}

/** Whether CloudWatch asks for the widget's documentation, or for the widget. */
export function widgetRequest(event: unknown): 'describe' | 'render' | undefined {
  if (typeof event !== 'object' || event === null) return undefined;
  if ('widgetContext' in event) return 'render';
  return 'describe' in event ? 'describe' : undefined;
}
