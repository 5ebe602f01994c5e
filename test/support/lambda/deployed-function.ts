import { expect, inject } from 'vitest';
import type { Answered, Circumstances } from '../../../emulator/lambda/invoke.ts';
import { answerWithVersion } from '../../../emulator/telemetry-endpoint.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { secretFor, startWorld, type World, type WorldOptions } from '../run/world.ts';
import { linesOf, metricsOf, summariesOf } from './invocations.ts';
import { deployFunction, type LambdaFunction } from './lambda-function.ts';

/** The function's time limit in milliseconds, as the deployment sets it. */
export const TIMEOUT_MS = 120_000;

/** Starts a world without a fault. */
export function startConsenting(
  database: TestDatabase,
  options: WorldOptions = {},
): Promise<World> {
  return startWorld({ secret: secretFor(database), ...options });
}

export function environmentIn(
  world: World,
  environment: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
    ...world.environment({ environment }),
  };
}

/** Deploys send-report as it ships. */
export function deployIn(
  world: World,
  environment: Readonly<Record<string, string>> = {},
  { timeoutMs = TIMEOUT_MS, ...circumstances }: Circumstances & { timeoutMs?: number } = {},
): LambdaFunction {
  return deployFunction(
    inject('bundles')['send-report'].file,
    environmentIn(world, environment),
    timeoutMs,
    circumstances,
  );
}

/** Answers the first report with `first`, and the others as usual. */
export function onceThenUsual(
  first: NonNullable<WorldOptions['answer']>,
): NonNullable<WorldOptions['answer']> {
  let isFirst = true;
  return (response) => {
    const answer = isFirst ? first : answerWithVersion('2.30.1');
    isFirst = false;
    return answer(response);
  };
}

/** Expects one summary line and one line of metrics of this invocation, and no other line. */
export function expectLines(answered: Answered, isCold: boolean, expected: object): void {
  expect(summariesOf(answered)).toMatchObject([
    { function_request_id: answered.requestId, cold_start: isCold, ...expected },
  ]);
  expect(metricsOf(answered)).toHaveLength(1);
  expect(linesOf(answered)).toHaveLength(2);
}

/** Expects that the report was sent, and that result and summary line agree. */
export function expectSent(answered: Answered, isCold: boolean): void {
  expect(answered).toMatchObject({ value: { outcome: 'sent' } });
  // The severity is the level of the line.
  const { severity, ...outcome } = 'value' in answered ? Object(answered.value) : {};
  expectLines(answered, isCold, { level: severity, ...outcome });
  expect(answered.runtimeLog).toEqual([]);
}

export function expectFailed(answered: Answered, isCold: boolean, code: unknown): void {
  expect(answered).toMatchObject({ error: { name: 'RunError' } });
  expectLines(answered, isCold, { outcome: 'failed', error: { code } });
  // Lambda's runtime also logs the error, with all its properties.
  expect(answered.runtimeLog).toHaveLength(1);
}

function sessionsOf({ admin, role }: TestDatabase): Promise<number> {
  const sql = 'select pg_stat_clear_snapshot(), 1 from pg_stat_activity where usename = $1';
  return admin.query(sql, [role]).then(({ rowCount }) => rowCount ?? 0);
}

/** Expects no open connection to the endpoint, the database or Secrets Manager. */
export async function expectNoneOpen(world: World, database: TestDatabase): Promise<void> {
  await expect.poll(() => world.endpoint.openConnections()).toBe(0);
  await expect.poll(() => sessionsOf(database)).toBe(0);
  await expect.poll(() => world.secrets.openConnections()).toBe(0);
}
