import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { lambdaError } from '../../emulator/lambda/invoke-api.ts';
import {
  check,
  createCheckedDatabase,
  failureOf,
  REPORT_STAGES,
  SPLIT_READING_STAGES,
  stagesWith,
} from '../support/lambda/checks.ts';
import {
  createRecordedWorker,
  type RecordedWorker,
  workerLines,
} from '../support/lambda/recorded-worker.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { secretFor, startWorld } from '../support/run/world.ts';

/** A database that no test changes. */
let healthy: TestDatabase;
let worker: RecordedWorker;

beforeAll(async () => {
  healthy = await createCheckedDatabase();
  worker = createRecordedWorker();
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await healthy[Symbol.asyncDispose]();
});

describe('a check with a worker', () => {
  test.each(['send-report', 'get-report'] as const)(
    'of %s has the stage worker, and the stages that ran there with their times',
    async (name) => {
      await using world = await worker.startWorld(healthy);
      const { value, connections } = await check(world, {}, name);
      expect(value.ok).toBe(true);
      const stages = value.stages.map(({ stage }) => stage);
      expect(stages.slice(0, 11)).toStrictEqual([...SPLIT_READING_STAGES, ...REPORT_STAGES]);
      expect(stagesWith(value.stages, 'skipped').slice(0, 2)).toStrictEqual(['dns', 'tls']);
      for (const { status, ms } of value.stages) {
        expect(ms).toStrictEqual(status === 'ok' ? expect.any(Number) : undefined);
        expect(ms ?? 0).toBeGreaterThanOrEqual(0);
      }
      expect(connections).not.toContain(`127.0.0.1:${healthy.port}`);
      expect(workerLines(world, healthy)).toMatchObject([{ operation: 'check' }]);
    },
  );

  test('names the function that fails: the worker cannot be invoked', async () => {
    await using world = await startWorld({
      secret: secretFor(healthy),
      split: { interfere: () => lambdaError(403, 'AccessDeniedException') },
    });
    expect(failureOf(await check(world))).toBe('worker WORKER_DENIED');
  });

  test.each<[string, string, () => Promise<string> | string]>([
    [
      'a closed port',
      'tcp DATABASE_UNREACHABLE',
      async () => secretFor(healthy, { port: await freePort() }),
    ],
    [
      'a database that does not exist',
      'login DATABASE_MISSING',
      () => secretFor(healthy, { dbname: 'canary_missing' }),
    ],
    [
      'a wrong password',
      'login DATABASE_AUTHENTICATION',
      () => secretFor({ ...healthy, password: 'a-wrong-canary' }),
    ],
  ])('names the function that fails: the worker finds %s', async (_what, failure, secret) => {
    await using world = await startWorld({ secret: await secret(), split: true });
    const checked = await check(world);
    expect(failureOf(checked)).toBe(failure);
    expect(checked.value.sentence).toMatch(/^The stage "\w+" failed in the worker: /);
    expect(stagesWith(checked.value.stages, 'ok').slice(0, 2)).toStrictEqual(['secret', 'worker']);
  });

  test('names the worker if its answer contradicts its facts', async () => {
    await using world = await startWorld({
      secret: secretFor(healthy),
      split: {
        async interfere({ run }) {
          const answer = await run();
          return { ...answer, body: answer.body.replace('"granted":true', '"granted":false') };
        },
      },
    });
    expect(failureOf(await check(world))).toBe('worker WORKER_ANSWER_INVALID');
  });
});
