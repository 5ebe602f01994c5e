import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startWarm } from '../../bench/warm/warm-lambda.ts';
import type { Weight } from '../../bench/warm/weigh.ts';
import { shiftClock } from '../support/lambda/clock.ts';
import {
  deployIn,
  environmentIn,
  expectNoneOpen,
  expectSent,
  startConsenting,
} from '../support/lambda/deployed-function.ts';
import { summariesOf } from '../support/lambda/invocations.ts';
import { TEST_CIRCUMSTANCES } from '../support/lambda/lambda-function.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { scaled } from '../support/vitest/time-limits.ts';

/** Options that turn off V8's compilers and caches, which grow with the number of calls. */
const STEADY_HEAP = [
  '--no-opt',
  '--no-sparkplug',
  '--no-maglev',
  '--no-lazy-feedback-allocation',
  '--no-flush-bytecode',
];

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3', level: 'basic', label: 'runtime' });
});
afterAll(() => database[Symbol.asyncDispose]());

describe('a process of the function', () => {
  test('neither writes nor connects before its first invocation', async () => {
    await using world = await startConsenting(database);
    await using deployed = deployIn(world);
    const sandbox = await deployed.sandbox();
    await sandbox.untilIdle();
    expect(world.secrets.connections()).toBe(0);
    expectSent(await deployed.invoke(), true);
  });

  test('answers one invocation after the other, and leaves no connection open between them', async () => {
    await using world = await startConsenting(database);
    await using deployed = deployIn(world);
    for (const isCold of [true, false, false]) {
      expectSent(await deployed.invoke(), isCold);
      await expectNoneOpen(world, database);
    }
    expect(world.endpoint.reports).toHaveLength(3);
    expect(deployed.coldStarts()).toBe(1);
  });

  test('runs in six processes at once, each with one invocation at a time', async () => {
    await using world = await startConsenting(database);
    await using stack = new AsyncDisposableStack();
    const processes = Array.from({ length: 6 }, () => stack.use(deployIn(world)));
    for (const isCold of [true, false]) {
      const all = await Promise.all(processes.map((deployed) => deployed.invoke()));
      for (const answered of all) expectSent(answered, isCold);
    }
    expect(world.endpoint.reports).toHaveLength(12);
    expect(processes.map((deployed) => deployed.coldStarts())).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('keeps no handle, no socket and no memory of its runs', async () => {
    await using world = await startConsenting(database);
    await using warm = await startWarm(
      inject('bundles')['send-report'].file,
      environmentIn(world),
      { ...TEST_CIRCUMSTANCES, nodeOptions: STEADY_HEAP },
    );
    const runs = async (count: number): Promise<Weight> => {
      for (let i = 0; i < count; i += 1) {
        expect(await warm.invoke({}, {})).toMatchObject({ value: { outcome: 'sent' } });
      }
      return warm.weigh();
    };
    const before = await runs(10);
    const after = await runs(50);
    expect(after.handles.toSorted()).toEqual(before.handles.toSorted());
    // One connection may be about to close.
    expect(after.openFiles - before.openFiles).toBeLessThanOrEqual(1);
    const kept = (weight: Weight): number => weight.heapBytes + weight.externalBytes;
    // Node's pool of buffers is 64 kB. A leak of 1 kB per run would add 50 kB.
    expect(kept(after) - kept(before)).toBeLessThan(100_000);
  });
});

describe('a process that is frozen and thawed', () => {
  const HOUR_MS = 3_600_000;

  test.each([
    ['a quarter of an hour', HOUR_MS / 4],
    ['five hours', 5 * HOUR_MS],
  ])(
    'works as before after %s, when the servers have closed its connections',
    async (_time, frozenMs) => {
      await using world = await startConsenting(database, { secretsManager: { keepAliveMs: 50 } });
      const clock = shiftClock();
      await using deployed = deployIn(world, clock.environment, clock.circumstances);
      expectSent(await deployed.invoke(), true);
      const sandbox = await deployed.sandbox();
      for (let round = 0; round < 2; round += 1) {
        sandbox.freeze();
        await expect.poll(() => world.secrets.openConnections()).toBe(0);
        clock.jump(frozenMs);
        sandbox.thaw();
        const answered = await deployed.invoke();
        expectSent(answered, false);
        const [summary] = summariesOf(answered);
        expect(Date.parse(String(summary?.['timestamp']))).toBeGreaterThan(
          Date.now() + frozenMs / 2,
        );
        await expectNoneOpen(world, database);
      }
      expect(deployed.coldStarts()).toBe(1);
    },
  );

  test('has its whole time limit for the next invocation', async () => {
    await using world = await startConsenting(database);
    const clock = shiftClock();
    await using deployed = deployIn(world, clock.environment, {
      ...clock.circumstances,
      timeoutMs: scaled(20_000),
    });
    expectSent(await deployed.invoke(), true);
    const sandbox = await deployed.sandbox();
    sandbox.freeze();
    clock.jump(HOUR_MS);
    sandbox.thaw();
    expectSent(await deployed.invoke(), false);
  });
});
