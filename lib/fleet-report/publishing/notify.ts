import type { FleetState } from '../../fleet/fleet-state.ts';
import type { Transition } from '../../fleet/transitions.ts';
import type { FleetEvent } from '../event.ts';
import type { FleetSettings } from '../settings.ts';
import { changeNotification, digestNotification, type Notification } from './notifications.ts';

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
