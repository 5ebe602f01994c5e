import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LEVELS } from '../../../lib/config/target.ts';
import type { ReadAnswer } from '../../../lib/worker/contract/answer.ts';
import { aServer } from '../../support/timescaledb/facts.ts';
import { FACTS, REPORT_TEXT, readAnswer, reportOf, TARGET_TEXT } from './answers.ts';
import { type RemoteRuns, startRemoteRuns } from './remote-run.ts';

let runs: RemoteRuns;
let answer: object;
let honest: ReadAnswer;

beforeAll(async () => {
  runs = await startRemoteRuns(() => answer);
  honest = await readAnswer();
});
afterAll(() => runs[Symbol.asyncDispose]());

/** Runs a tick whose worker gives this answer. Expects that nothing reaches the endpoint and no retry follows. */
async function expectUnused(tampered: object): Promise<void> {
  answer = tampered;
  const connections = runs.endpoint.connections();
  const schedules = runs.schedules.length;
  const { line, error } = await runs.run();
  expect(line).toMatchObject({
    outcome: 'failed',
    error: { code: 'WORKER_ANSWER_INVALID', retryable: false },
  });
  expect(line).not.toHaveProperty('report');
  expect(error?.message).toMatch(/^The answer of the worker is not used: .* Nothing was sent\.$/);
  expect(runs.endpoint.connections()).toBe(connections);
  expect(runs.schedules).toHaveLength(schedules);
}

test('the report of an honest worker is sent byte by byte', async () => {
  answer = honest;
  const { line } = await runs.run();
  expect(line).toMatchObject({
    outcome: 'sent',
    consent: { granted: true, level: 'basic' },
    uuid: JSON.parse(REPORT_TEXT).db_uuid,
    durationMs: { worker: expect.any(Number), connection: 5, database: 20 },
  });
  expect(runs.endpoint.reports.at(-1)?.body.toString('utf8')).toBe(REPORT_TEXT);
});

const OTHER_TEXT = REPORT_TEXT.replace('{', '{"mine": 1,');

describe('nothing is sent for an answer', () => {
  test.each<[string, (honest: ReadAnswer) => object]>([
    ['that grants what its facts deny', (one) => ({ ...one, facts: aServer({ restoring: true }) })],
    [
      'that denies what its facts grant',
      (one) => ({ ...one, consent: { ...one.consent, granted: false }, report: null }),
    ],
    ['of another rule', (one) => ({ ...one, consent: { ...one.consent, rule: 'level-set' } })],
    ['of another level', (one) => ({ ...one, consent: { ...one.consent, level: 'no_functions' } })],
    ['of another schedule', (one) => ({ ...one, due: { isDue: false } })],
    [
      'of another schedule, without a report',
      (one) => ({ ...one, due: { isDue: false }, report: null }),
    ],
    ['without the report that was requested', (one) => ({ ...one, report: null })],
    [
      'with a report of the extension that was not requested',
      (one) => ({ ...one, report: { ...one.report, source: 'function' } }),
    ],
    [
      'with a reason for a source that was not requested',
      (one) => ({ ...one, report: { ...one.report, fallback: 'it failed' } }),
    ],
    [
      'with another text than that of the hash',
      (one) => ({
        ...one,
        report: { ...one.report, text: REPORT_TEXT.replace('2.28.3', '2.28.2') },
      }),
    ],
    [
      'with another size than that of the text',
      (one) => ({ ...one, report: { ...one.report, bytes: REPORT_TEXT.length + 1 } }),
    ],
    ['with a field that is not published', (one) => ({ ...one, report: reportOf(OTHER_TEXT) })],
    [
      'with a field twice',
      (one) => ({
        ...one,
        report: reportOf(REPORT_TEXT.replace('{', '{"db_uuid": {"mine": 1}, ')),
      }),
    ],
    ['with a report that is not JSON', (one) => ({ ...one, report: reportOf('{"db_uuid"') })],
    [
      'with a report of another release',
      (one) => ({ ...one, facts: { ...one.facts, installedVersion: '1.7.5' } }),
    ],
    [
      'with a release that has no telemetry',
      (one) => ({ ...one, facts: { ...one.facts, installedVersion: '0.11.0' } }),
    ],
    ['of a change', (one) => ({ ...one, kind: 'change' })],
    ['without a kind', ({ kind: _, ...one }) => one],
  ])('%s', async (_what, tamper) => {
    await expectUnused(tamper(honest));
  });
});

/** Returns the path of every value in an object. */
function pathsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    [...path, key],
    ...pathsIn(child, [...path, key]),
  ]);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((one, key) => Object(one)[key], value);
}

/** Changes a copy of the value at a path. */
function changeAt(
  value: object,
  path: readonly string[],
  change: (parent: Record<string, unknown>, key: string) => void,
): object {
  const copy: Record<string, unknown> = structuredClone({ ...value });
  change(Object(valueAt(copy, path.slice(0, -1))), path.at(-1) ?? '');
  return copy;
}

/** Each run invokes the worker once. */
const RUNS = { numRuns: 50 };

const NULLABLE = new Set([
  ...['availableVersion', 'session', 'source', 'reset', 'configured', 'jobHealth', 'oldestFailure'],
  ...['scheduleInterval', 'maxRuntime', 'retryPeriod', 'initialStart', 'timezone', 'nextStart'],
  ...['lastRun', 'installedAt', 'report'],
]);

describe('nothing is sent for any answer', () => {
  const paths = () =>
    pathsIn(honest).filter(
      ([first, second]) =>
        !['version', 'productVersion'].includes(first ?? '') &&
        !(first === 'durationMs' && second !== 'total'),
    );

  test('without one of its values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths()), async (path) => {
        const isItem = /^\d+$/.test(path.at(-1) ?? '');
        fc.pre(!isItem);
        await expectUnused(changeAt(honest, path, (parent, key) => delete parent[key]));
      }),
      RUNS,
    );
  });

  test('with a value of another type', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths()),
        fc.constantFrom<unknown>(null, {}, [[]], -0.5, true, { length: 1 }),
        async (path, wrong) => {
          fc.pre(wrong !== null || !NULLABLE.has(path.at(-1) ?? ''));
          const tampered = changeAt(honest, path, (parent, key) => {
            fc.pre(typeof parent[key] !== typeof wrong || wrong === null || Array.isArray(wrong));
            parent[key] = wrong;
          });
          await expectUnused(tampered);
        },
      ),
      RUNS,
    );
  });

  test('with an unknown key', async () => {
    const objects = [[], ...paths()].filter((path) => {
      const value = valueAt(honest, path);
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...objects),
        fc.constantFrom('mine', '', ' ', '$ref', 'toJSON', 'a\u0000b', '\u202e', '"'),
        fc.jsonValue(),
        async (path, key, value) => {
          await expectUnused(
            changeAt(honest, [...path, key], (parent) => {
              parent[key] = value;
            }),
          );
        },
      ),
      RUNS,
    );
  });

  test('with another consent', async () => {
    const anyConsent = fc.record({
      granted: fc.boolean(),
      level: fc.constantFrom(...LEVELS),
      rule: fc.oneof(fc.constantFrom('level-default', 'level-set', 'level-off'), fc.string()),
    });
    await fc.assert(
      fc.asyncProperty(anyConsent, fc.boolean(), async (consent, hasReport) => {
        fc.pre(JSON.stringify(consent) !== JSON.stringify(honest.consent) || !hasReport);
        await expectUnused({ ...honest, consent, report: hasReport ? honest.report : null });
      }),
      RUNS,
    );
  });

  test('with another text, hash or size of the report', async () => {
    const change = fc.oneof(
      fc.record({ at: fc.nat(REPORT_TEXT.length - 1), to: fc.string({ maxLength: 3 }) }),
      fc.record({ sha256: fc.stringMatching(/^[0-9a-f]{64}$/) }),
      fc.record({ bytes: fc.oneof(fc.nat(2 * REPORT_TEXT.length), fc.double()) }),
    );
    await fc.assert(
      fc.asyncProperty(change, async (changed) => {
        const report =
          'at' in changed
            ? {
                ...honest.report,
                text:
                  REPORT_TEXT.slice(0, changed.at) + changed.to + REPORT_TEXT.slice(changed.at + 1),
              }
            : { ...honest.report, ...changed };
        fc.pre(JSON.stringify(report) !== JSON.stringify(honest.report));
        await expectUnused({ ...honest, report });
      }),
      RUNS,
    );
  });

  test('of any other JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), expectUnused),
      RUNS,
    );
  });
});

test('no text of a tampered answer is repeated', async () => {
  answer = { ...honest, c4n4ry: 'c4n4ry', facts: { ...FACTS, c4n4ry: 1 } };
  const { line, error } = await runs.run({ target: TARGET_TEXT });
  expect(JSON.stringify([line, error?.message, error?.remedy])).not.toContain('c4n4ry');
});
