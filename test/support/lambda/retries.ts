import { expect, inject } from 'vitest';
import { type Invocation, invoke } from '../../../emulator/lambda/invoke.ts';
import type { ScheduleRequest, Scheduler } from '../aws/scheduler.ts';
import { createDatabase, type TestDatabase } from '../postgres/databases.ts';
import {
  type Settings,
  secretFor,
  startWorld,
  type World,
  type WorldOptions,
} from '../run/world.ts';
import type { Json } from '../timescaledb/reports.ts';
import { linesOf, metricsOf, summariesOf } from './invocations.ts';

/** The variable RETRY, which names the scheduler's resources. */
export const RETRY = {
  scheduleGroup: 'telemetry',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
  deadLetterQueueArn: 'arn:aws:sqs:us-east-1:000000000000:dlq',
};
export const HOUR_MS = 3_600_000;

/** Creates a consenting database with the default job: every 24 h, with retries after 1 h and increasing intervals. */
export async function createConsenting(sql = ''): Promise<TestDatabase> {
  const database = await createDatabase({ release: '2.28.3', level: 'basic' });
  if (sql !== '') await database.admin.query(sql);
  return database;
}

/** Answers a report with status 503, after which a run is retried. */
export const answerUnavailable: NonNullable<WorldOptions['answer']> = (response) => {
  response.writeHead(503).end();
};

/** Starts a world whose endpoint answers 503. */
export function startFailing(database: TestDatabase, options: WorldOptions = {}): Promise<World> {
  return startWorld({ secret: secretFor(database), answer: answerUnavailable, ...options });
}

export type RetryParts = Settings & {
  readonly timeoutMs?: number;
  readonly bundleFile?: string;
};

/** Invokes the bundle of send-report with retries set up. */
export function invokeWithRetries(
  world: World,
  scheduler: Scheduler,
  {
    event,
    timeoutMs,
    bundleFile = inject('bundles')['send-report'].file,
    environment = {},
    ...settings
  }: RetryParts,
): Promise<Invocation> {
  return invoke(
    bundleFile,
    event,
    {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
      ...world.environment({
        ...settings,
        environment: { RETRY: JSON.stringify(RETRY), ...environment },
      }),
    },
    timeoutMs,
  );
}

/** Returns a time in whole seconds, as EventBridge Scheduler sends it. */
export function inSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/**
 * Returns the time of a tick that has just fired. It is close to the real clock, because a retry in the past would be moved
 * into the next minute.
 */
export function tickNow(): string {
  return inSeconds(Date.now());
}

export function hoursAfter(tick: string, hours: number): string {
  return inSeconds(Date.parse(tick) + hours * HOUR_MS);
}

/** Returns the event of a schedule. */
export function eventOf(schedule: ScheduleRequest | undefined): unknown {
  const target = schedule?.body['Target'] as { readonly Input: string } | undefined;
  return JSON.parse(target?.Input ?? 'null');
}

/** Returns the time of a schedule. */
export function timeOf(schedule: ScheduleRequest | undefined): string {
  const [, time] = /^at\((.*)\)$/.exec(String(schedule?.body['ScheduleExpression'])) ?? [];
  return `${time}Z`;
}

/** Expects that the function has returned, with one warning that names the time of the retry. */
export function expectRetry(
  invocation: Invocation,
  retry: Json,
  code = 'ENDPOINT_UNAVAILABLE',
): void {
  const outcome = { outcome: 'failed', error: { code, retryable: true }, retry };
  expect(invocation).toMatchObject({ value: outcome, exitCode: 0 });
  expect(summariesOf(invocation)).toMatchObject([{ level: 'WARN', ...outcome }]);
  expect(metricsOf(invocation)).toMatchObject([{ Failed: 1, FinalFailures: 0, Sent: 0 }]);
  expect(linesOf(invocation)).toHaveLength(2);
}

/** Expects that the function has thrown, with one error line and without a retry. */
export function expectNoRetry(invocation: Invocation, code = 'ENDPOINT_UNAVAILABLE'): void {
  expect(invocation).toMatchObject({ error: { name: 'RunError' }, exitCode: 0 });
  const [summary, ...others] = summariesOf(invocation);
  expect(summary).toMatchObject({ level: 'ERROR', outcome: 'failed', error: { code } });
  expect(summary).not.toHaveProperty('retry');
  expect(others).toEqual([]);
  expect(metricsOf(invocation)).toMatchObject([{ Failed: 1, FinalFailures: 1, Sent: 0 }]);
  expect(linesOf(invocation)).toHaveLength(2);
}
