import type { RunError } from '../../errors.ts';
import type { FleetState } from '../../fleet/fleet-state.ts';
import type { Transition } from '../../fleet/transitions.ts';
import { notSent } from '../errors.ts';
import type { FleetEvent } from '../event.ts';
import type { FleetSettings } from '../settings.ts';
import { changeNotification, digestNotification, type Notification } from './notifications.ts';
import { publish, type Topic } from './publish.ts';
import type { Results } from './results.ts';

/** The day of the week after which the weekly digest is sent: Sunday. */
const WEEKLY_DAY = 0;

/**
 * Returns whether a report sends the digest. A scheduled report sends it once a day, or once a week, also if its event is
 * delivered twice.
 *
 * @param date day of the report, such as `2026-11-28`
 * @param digestDate day of the latest digest
 */
export function isDigestDue(
  { digest }: Pick<FleetSettings, 'digest'>,
  { scheduledTime, digest: byHand }: FleetEvent,
  date: string,
  digestDate: string | undefined,
): boolean {
  if (byHand !== undefined) return byHand;
  if (digest === 'off' || scheduledTime === undefined || date === digestDate) return false;
  return digest === 'daily' || new Date(date).getUTCDay() === WEEKLY_DAY;
}

/** Makes the messages of a report. Pure. */
export function notificationsOf(
  fleet: FleetState,
  transitions: readonly Transition[],
  { digest }: Pick<FleetSettings, 'digest'>,
  hasDigest: boolean,
  page: string,
): readonly Notification[] {
  const changes = changeNotification(transitions, fleet, page);
  return [
    ...(changes === undefined ? [] : [changes]),
    ...(hasDigest
      ? [digestNotification(fleet, digest === 'weekly' ? 'weekly' : 'daily', page)]
      : []),
  ];
}

/** What became of the messages. */
export interface Published {
  readonly sent: number;
  readonly error: RunError | undefined;
}

/**
 * Publishes the messages that earlier reports could not publish, and those of this report. The remaining messages are kept
 * for the next report.
 */
export async function publishAll(
  messages: readonly Notification[],
  topic: Topic,
  results: Pick<Results, 'readUnsent' | 'writeUnsent'>,
  signal: AbortSignal,
): Promise<Published> {
  const earlier = await results.readUnsent();
  const all = [...earlier, ...messages];
  let sent = 0;
  let failure: RunError | undefined;
  for (const message of all) {
    try {
      await publish(message, topic, signal);
      sent += 1;
    } catch (thrown) {
      failure = notSent(all.length - sent, thrown);
      break;
    }
  }
  if (earlier.length > 0 || failure !== undefined) await results.writeUnsent(all.slice(sent));
  return { sent, error: failure };
}
