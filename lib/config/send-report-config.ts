import * as z from 'zod/mini';
import { RunError } from '../errors.ts';
import { toVersion } from '../version.ts';
import { ENDPOINT_FORM, isEndpoint } from './endpoint-url.ts';
import { type RecordSettings, recordSchema } from './record-config.ts';
import { checkTarget, configError, type Target, type TargetSettings } from './target.ts';
import { check, checkJson } from './validate.ts';

/** The endpoint of the built-in reporter. */
export const DEFAULT_ENDPOINT = 'https://telemetry.timescale.com/v1/metrics';

/** Schema of a version that can be compared. */
export const versionSchema = z
  .string()
  .check(
    z.refine(
      (text) => toVersion(text) !== undefined,
      'must be a version of TimescaleDB, such as 2.30.1',
    ),
  );

const deliverySchema = z
  .strictObject({
    endpoint: z.optional(z.string().check(z.refine(isEndpoint, ENDPOINT_FORM))),
    latestVersion: z.optional(versionSchema),
    versionCheckWhenOff: z.optional(z.boolean()),
  })
  .check(
    z.refine(
      ({ endpoint, latestVersion }) => endpoint === undefined || latestVersion === undefined,
      'endpoint and latestVersion exclude each other: endpoint sends reports, latestVersion sends nothing',
    ),
    z.refine(
      ({ latestVersion, versionCheckWhenOff }) =>
        versionCheckWhenOff !== true || latestVersion !== undefined,
      'versionCheckWhenOff requires latestVersion: only a target that sends nothing may check the version without consent',
    ),
  );

/** Destination of reports. */
export interface Delivery {
  readonly endpoint: string;
}

/**
 * Version check without sending a report: the operator names the latest version.
 *
 * @property whenOff check the version also when telemetry is off
 */
export interface VersionCheck {
  readonly latestVersion: string;
  readonly whenOff: boolean;
}

/** Content of the variable DELIVERY, which only `send-report` has. */
export type DeliveryOrCheck = Delivery | VersionCheck;

function toDelivery(delivery: z.infer<typeof deliverySchema>): DeliveryOrCheck {
  const { endpoint = DEFAULT_ENDPOINT, latestVersion, versionCheckWhenOff = false } = delivery;
  return latestVersion === undefined
    ? { endpoint }
    : { latestVersion, whenOff: versionCheckWhenOff };
}

const arnSchema = z.string().check(z.regex(/^arn:[^\s:]+:[^\s]+$/, 'must be an ARN'));

const retrySchema = z.strictObject({
  scheduleGroup: z
    .string()
    .check(z.regex(/^[0-9A-Za-z_.-]{1,64}$/, 'must be the name of a schedule group')),
  roleArn: arnSchema,
  deadLetterQueueArn: z.optional(arnSchema),
});

/**
 * Settings of the one-time schedules of retries, in the environment of `send-report`. Without them a failed run is not
 * retried before its next tick.
 *
 * @property scheduleGroup schedule group of this environment
 * @property roleArn role that EventBridge Scheduler assumes to invoke the function
 * @property deadLetterQueueArn SQS queue for retries that could not be delivered to the function
 */
export type RetrySettings = z.infer<typeof retrySchema>;

/** Length limit of a time, which the summary line and the retry repeat: nanoseconds and an offset. */
const MAX_TIME_LENGTH = '2026-11-22T04:05:00.123456789+00:00'.length;

const eventSchema = z.strictObject({
  scheduledTime: z.optional(
    z.iso
      .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-11-22T04:05:00Z' })
      .check(z.maxLength(MAX_TIME_LENGTH, 'must have at most nine decimals')),
  ),
  attempt: z.optional(z.int().check(z.minimum(0))),
  ignoreSchedule: z.optional(z.boolean()),
});

/** Event of one run. `{}` is a run by hand, for the current time. */
export type RunEvent = z.infer<typeof eventSchema>;

/** Environment variables of `send-report`. */
export interface Settings extends TargetSettings {
  readonly DELIVERY?: string | undefined;
  readonly RETRY?: string | undefined;
  readonly RECORD?: string | undefined;
  readonly DO_NOT_TRACK?: string | undefined;
  readonly NODE_USE_ENV_PROXY?: string | undefined;
}

export interface Assignment {
  readonly target: Target;
  readonly delivery: DeliveryOrCheck;
  readonly retry?: RetrySettings;
  readonly record?: RecordSettings;
}

/** Checks TARGET, DELIVERY, RETRY and RECORD, and adds their problems to `problems`. */
export function checkSettings(settings: Settings, problems: string[]): Assignment | undefined {
  const target = checkTarget(settings, problems);
  const delivery = checkJson('DELIVERY', deliverySchema, settings.DELIVERY, problems);
  const optional = <T>(name: 'RETRY' | 'RECORD', schema: z.ZodMiniType<T>) =>
    settings[name] ? checkJson(name, schema, settings[name], problems) : undefined;
  const retry = optional('RETRY', retrySchema);
  const record = optional('RECORD', recordSchema);
  if (settings.NODE_USE_ENV_PROXY === '1' && delivery?.endpoint?.startsWith('http:') === true) {
    problems.push(
      'DELIVERY endpoint: is http:, and a proxy (NODE_USE_ENV_PROXY) would send the report in plain text beyond loopback',
    );
  }
  if (target === undefined || delivery === undefined || problems.length > 0) return undefined;
  return {
    target,
    delivery: toDelivery(delivery),
    ...(retry && { retry }),
    ...(record && { record }),
  };
}

/**
 * Parses TARGET, DELIVERY, RETRY and RECORD.
 *
 * @throws RunError CONFIG_INVALID with all their problems
 */
export function parseSettings(settings: Settings): Assignment {
  const problems: string[] = [];
  const assignment = checkSettings(settings, problems);
  if (assignment === undefined) throw configError(problems);
  return assignment;
}

/**
 * Parses the event of a run.
 *
 * @throws RunError EVENT_INVALID with all its problems
 */
export function parseEvent(event: unknown): RunEvent {
  const problems: string[] = [];
  const parsed = check('event', eventSchema, event ?? {}, problems);
  if (parsed !== undefined) return parsed;
  throw new RunError('EVENT_INVALID', `The event is invalid: ${problems.join('; ')}.`, {
    remedy:
      'Send {} for a run now, { "scheduledTime": "<ISO 8601>" } for a scheduled run, or { "check": true }. Nothing was read or sent.',
  });
}
