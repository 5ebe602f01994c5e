import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Circumstances } from '../../emulator/lambda/invoke.ts';
import { fromTable, type SecretAnswer } from '../../emulator/secrets-manager.ts';
import { startScheduler } from '../support/aws/scheduler.ts';
import {
  deployIn,
  expectFailed,
  expectLines,
  expectNoneOpen,
  expectSent,
  onceThenUsual,
  startConsenting,
  TIMEOUT_MS,
} from '../support/lambda/deployed-function.ts';
import { deployFunction, type LambdaFunction } from '../support/lambda/lambda-function.ts';
import type { Misbehaviour } from '../support/lambda/misbehave.ts';
import { serveSockets } from '../support/network/sockets.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { SECRET_ID, secretFor, startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

const RETRY = {
  scheduleGroup: 'telemetry',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
};
const MISBEHAVE = join(import.meta.dirname, '..', 'support', 'lambda', 'misbehave.ts');
const RECORD_TIMERS = join(import.meta.dirname, '..', 'support', 'lambda', 'record-timers.ts');
const HANG_IMPORT = join(import.meta.dirname, '..', 'support', 'lambda', 'hang-import.ts');

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3', level: 'basic', label: 'runtime' });
});
afterAll(() => database[Symbol.asyncDispose]());

/** Returns the event of a tick that has just fired. */
function tick(): { readonly scheduledTime: string } {
  return { scheduledTime: `${new Date().toISOString().slice(0, 19)}Z` };
}

function answerUnavailable(response: ServerResponse): void {
  response.writeHead(503).end();
}

describe('after an invocation that fails', () => {
  test('returns the error and works again, without a retry', async () => {
    await using world = await startConsenting(database, {
      answer: onceThenUsual(answerUnavailable),
    });
    await using deployed = deployIn(world);
    const failed = await deployed.invoke();
    expectFailed(failed, true, 'ENDPOINT_UNAVAILABLE');
    expect(failed).toMatchObject({ error: { message: expect.stringContaining('503') } });
    await expectNoneOpen(world, database);
    expectSent(await deployed.invoke(), false);
    expect(deployed.coldStarts()).toBe(1);
  });

  test('returns the outcome and runs the retry, if one is scheduled', async () => {
    await using world = await startConsenting(database, {
      answer: onceThenUsual(answerUnavailable),
    });
    await using scheduler = await startScheduler();
    await using deployed = deployIn(world, {
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
      RETRY: JSON.stringify(RETRY),
    });
    const failed = await deployed.invoke(tick());
    expect(failed).toMatchObject({ value: { outcome: 'failed', retry: { attempt: 1 } } });
    expectLines(failed, true, { level: 'WARN', outcome: 'failed', retry: { attempt: 1 } });
    expect(scheduler.schedules).toHaveLength(1);
    await expectNoneOpen(world, database);
    const target = Object(scheduler.schedules[0]?.body['Target']);
    expectSent(await deployed.invoke(JSON.parse(target.Input)), false);
  });

  test.each([['text'], [{ force: true }], [{ scheduledTime: 'yesterday' }]])(
    'works again after the event %j',
    async (event) => {
      await using world = await startConsenting(database);
      await using deployed = deployIn(world);
      expectFailed(await deployed.invoke(event), true, 'EVENT_INVALID');
      expect(world.secrets.connections()).toBe(0);
      expectSent(await deployed.invoke(), false);
    },
  );

  test('returns the error of the initialization if the bundle is missing', async () => {
    await using deployed = deployFunction(
      join(inject('folder'), 'nowhere', 'index.mjs'),
      {},
      TIMEOUT_MS,
    );
    expect(await deployed.invoke()).toMatchObject({
      error: {
        name: 'Runtime.ImportModuleError',
        message: expect.stringContaining("Cannot find module 'index'"),
      },
    });
  });
});

/** Deploys a function that misbehaves in its first invocation, as soon as it is connected to the server of its first secret. */
async function deployMisbehaving(
  stack: AsyncDisposableStack,
  misbehaviour: Misbehaviour,
  circumstances: Circumstances & { timeoutMs?: number } = {},
): Promise<LambdaFunction> {
  const trap = stack.use(await serveSockets(() => undefined));
  let isFirst = true;
  const secrets: SecretAnswer = (...asked) => {
    const SecretString = secretFor(database, isFirst ? { port: trap.port } : {});
    isFirst = false;
    return fromTable({ [SECRET_ID]: { AWSCURRENT: { VersionId: 'v1', SecretString } } })(...asked);
  };
  const world = stack.use(await startWorld({ secrets }));
  const environment = { MISBEHAVIOUR: misbehaviour, MISBEHAVE_AT_PORT: String(trap.port) };
  return stack.use(deployIn(world, environment, { ...circumstances, preload: [MISBEHAVE] }));
}

describe('a process that ends', () => {
  test.each([
    ['an error outside the handler', 'throwError', /exit status 1$/],
    ['an unhandled rejection', 'rejectPromise', /exit status 1$/],
  ] as const)(
    'because of %s is replaced, and the next invocation works',
    async (_cause, misbehaviour, message) => {
      await using stack = new AsyncDisposableStack();
      const deployed = await deployMisbehaving(stack, misbehaviour);
      expect(await deployed.invoke()).toMatchObject({
        error: { name: 'Runtime.ExitError', message: expect.stringMatching(message) },
      });
      expectSent(await deployed.invoke(), true);
      expect(deployed.coldStarts()).toBe(2);
    },
  );

  test('is replaced if its event loop is blocked at the deadline', async () => {
    await using stack = new AsyncDisposableStack();
    const timeoutMs = scaled(4_000);
    const deployed = await deployMisbehaving(stack, 'blockEventLoop', { timeoutMs, graceMs: 0 });
    const timedOut = await deployed.invoke();
    const seconds = (timeoutMs / 1_000).toFixed(2);
    expect(timedOut).toMatchObject({
      error: {
        name: 'Sandbox.Timedout',
        message: `RequestId: ${timedOut.requestId} Error: Task timed out after ${seconds} seconds`,
      },
    });
    expect(timedOut.log).toEqual([]);
    expectSent(await deployed.invoke(), true);
    expect(deployed.coldStarts()).toBe(2);
  });
});

describe('when the time limit is near', () => {
  test('ends a phase that hangs with a summary line, and works again', async () => {
    await using world = await startConsenting(database, { answer: onceThenUsual(() => undefined) });
    await using deployed = deployIn(world, {}, { timeoutMs: scaled(6_000) });
    const code = expect.stringMatching(/^(TIME_LIMIT|ENDPOINT_TIMEOUT)$/);
    expectFailed(await deployed.invoke(), true, code);
    await expectNoneOpen(world, database);
    expectSent(await deployed.invoke(), false);
    expect(deployed.coldStarts()).toBe(1);
  });

  test('ends code that hangs outside every phase 500 ms before the deadline', async () => {
    await using world = await startConsenting(database);
    const timeoutMs = scaled(4_000);
    const environment = { HANG_IMPORT: 'deliver-' };
    await using deployed = deployIn(world, environment, {
      timeoutMs,
      preload: [HANG_IMPORT, RECORD_TIMERS],
    });
    const ended = await deployed.invoke();
    expect(ended).toMatchObject({ error: { name: 'TimeoutError' } });
    const [, delayMs] = /^SETS A TIMER OF (\d+) MS$/.exec(ended.log.join('\n')) ?? [];
    expect(Number(delayMs)).toBeLessThanOrEqual(timeoutMs - 500);
    expect(world.endpoint.connections()).toBe(0);
    expect((await deployed.sandbox()).isAlive()).toBe(true);
    await expectNoneOpen(world, database);
  });
});
