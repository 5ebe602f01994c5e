import { setTimeout as sleep } from 'node:timers/promises';
import { suffixOf } from '../../aws/addresses.ts';
import { type AwsCaller, AwsError, requestAws } from '../../aws/aws-request.ts';
import type { Notification } from './notifications.ts';

const ATTEMPTS = 3;
const WAIT_MS = 500;
/** Limit of one attempt, in milliseconds. */
const ATTEMPT_MS = 10_000;

/** A topic of SNS, and as whom it is accessed. */
export interface Topic extends AwsCaller {
  readonly arn: string;
  /** Another endpoint than that of SNS in this region. */
  readonly endpoint?: string | undefined;
}

/**
 * Publishes a message, and tries up to three times. A message whose answer was lost may be published twice.
 *
 * @throws AwsError, or an error of the connection or of the signal
 */
export async function publish(
  { subject, body }: Notification,
  topic: Topic,
  signal: AbortSignal,
): Promise<void> {
  const { arn, endpoint, region } = topic;
  const form = new URLSearchParams({
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: arn,
    Subject: subject,
    Message: body,
  });
  const request = {
    service: 'sns',
    method: 'POST',
    url: new URL('/', endpoint ?? `https://sns.${region}.${suffixOf(region)}`),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: Buffer.from(form.toString()),
  } as const;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]);
      await requestAws(request, topic, limit);
      return;
    } catch (error) {
      const isFinal = error instanceof AwsError && !error.isTemporary;
      if (isFinal || attempt === ATTEMPTS || signal.aborted) throw error;
      await sleep(WAIT_MS * attempt, undefined, { signal });
    }
  }
}
