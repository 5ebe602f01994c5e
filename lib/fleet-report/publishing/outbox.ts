import { setTimeout as sleep } from 'node:timers/promises';
import type { RunError } from '../../errors.ts';
import { notSent } from '../errors.ts';
import { editStored, type OutboxMessage, type Stored } from '../reading/stored-state.ts';
import type { Notification } from './notifications.ts';
import { publish, type Topic } from './publish.ts';
import type { Results, StateObject } from './results.ts';

/**
 * Messages pass through the state: they are written with the conditions that they are about, published, and then removed. A
 * report that ends in between leaves them to the next one, so that each is published at least once.
 */

/**
 * Time in which the report that has written a message is the only one that publishes it, in milliseconds. Lambda invokes a failed
 * report again after one and after two minutes, so that its third attempt publishes what the first one has left.
 */
const CLAIM_MS = 150_000;

/** Part of that time in which nothing is published any more, for clocks that differ. */
const MARGIN_MS = 30_000;

/** Messages that are kept: a topic that accepts none for a month. */
const MAX_MESSAGES = 30;

/** Attempts to remove messages while other reports write their states, and the wait between them in milliseconds. */
const ATTEMPTS = 6;
const WAIT_MS = 200;

/**
 * Returns the messages of the next state: those of the state before, and the new ones. The report takes all that no other one
 * is publishing.
 *
 * @param writer identifies the report
 * @param now in milliseconds since 1970
 */
export function takeMessages(
  earlier: readonly OutboxMessage[],
  messages: readonly Notification[],
  writer: string,
  now: number,
): readonly OutboxMessage[] {
  const claim = { by: writer, until: new Date(now + CLAIM_MS).toISOString() };
  const isFree = (message: OutboxMessage): boolean =>
    message.claim === undefined || Date.parse(message.claim.until) <= now;
  return [
    ...earlier.map((message) => (isFree(message) ? { ...message, claim } : message)),
    ...messages.map((message, index) => ({ id: `${writer}-${index}`, ...message, claim })),
  ].slice(-MAX_MESSAGES);
}

/** Returns the warning about messages that are not kept any more; none if all are. */
export function warnOfLost(
  earlier: readonly OutboxMessage[],
  messages: readonly Notification[],
): readonly string[] {
  const lost = earlier.length + messages.length - MAX_MESSAGES;
  return lost > 0
    ? [
        `The topic has accepted no notification for a long time, and ${lost} of them were deleted without being published. The page has the present state.`,
      ]
    : [];
}

/** What became of the messages that a report has taken. */
export interface Published {
  readonly sentIds: ReadonlySet<string>;
  readonly error: RunError | undefined;
}

/**
 * Publishes the messages that a report has taken, one after the other, until one fails.
 *
 * @param now in milliseconds since 1970
 */
export async function publishTaken(
  { outbox, writer }: Pick<Stored, 'outbox' | 'writer'>,
  topic: Topic,
  now: number,
  signal: AbortSignal,
): Promise<Published> {
  const sentIds = new Set<string>();
  const taken = outbox.filter(({ claim }) => claim?.by === writer);
  const until = Date.parse(taken[0]?.claim?.until ?? '') - MARGIN_MS;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, until - now))]);
  for (const message of taken) {
    try {
      limited.throwIfAborted();
      await publish(message, topic, limited);
      sentIds.add(message.id);
    } catch (thrown) {
      return { sentIds, error: notSent(taken.length - sentIds.size, thrown) };
    }
  }
  return { sentIds, error: undefined };
}

/** Returns the messages without those that were published, and releases the others. */
function settle(
  outbox: readonly OutboxMessage[],
  writer: string,
  { sentIds }: Published,
): readonly OutboxMessage[] {
  return outbox
    .filter(({ id }) => !sentIds.has(id))
    .map((message) => {
      const { claim, ...rest } = message;
      return claim?.by === writer ? rest : message;
    });
}

/**
 * Removes the messages that were published from the state, also from that of another report that was written meanwhile, and
 * releases those that could not be published.
 *
 * @param written the state that the report has written
 * @returns whether the state has been updated
 * @throws an error of the S3 client
 */
export async function settleOutbox(
  written: StateObject,
  writer: string,
  published: Published,
  results: Pick<Results, 'readStateObject' | 'replaceState'>,
  signal: AbortSignal,
): Promise<boolean> {
  let present: StateObject | undefined = written;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) {
      await sleep(WAIT_MS * attempt, undefined, { signal });
      present = await results.readStateObject();
    }
    // The state was deleted, or the answer to the first attempt was lost.
    if (present === undefined) return true;
    let isSettled = true;
    const body = await editStored(present.body, (stored) => {
      isSettled = !stored.outbox.some(
        ({ id, claim }) => published.sentIds.has(id) || claim?.by === writer,
      );
      return { ...stored, outbox: settle(stored.outbox, writer, published) };
    });
    if (body === undefined || isSettled) return true;
    if ((await results.replaceState(body, present.etag)) !== undefined) return true;
  }
  return false;
}
