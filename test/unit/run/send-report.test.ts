import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../../lib/config/target.ts';
import { decideConsent } from '../../../lib/consent/decide-consent.ts';
import { RunError } from '../../../lib/errors.ts';
import type { DatabaseReader, ReadOptions } from '../../../lib/run/database-reader.ts';
import { getReport } from '../../../lib/run/get-report.ts';
import type { RecordDependencies } from '../../../lib/run/record-run.ts';
import { sendReport } from '../../../lib/run/send-report.ts';
import type { OneTimeSchedule } from '../../../lib/schedule/plan-retry.ts';
import { aServer } from '../../support/timescaledb/facts.ts';

const TARGET = '{"name":"orders","environment":"prod","secretId":"s"}';
const DELIVERY = '{"endpoint":"http://127.0.0.1:9/"}';
const RETRY = '{"scheduleGroup":"g","roleArn":"arn:aws:iam::000000000000:role/scheduler"}';
const TICK = { scheduledTime: '2026-11-22T04:05:00Z' };

const UNREACHABLE = new RunError('DATABASE_UNREACHABLE', 'It cannot be reached.', {
  remedy: 'Reach it.',
});

/** A reader without a database, which records its options. */
function readerThat(read: () => void): DatabaseReader & { asked: ReadOptions[] } {
  const asked: ReadOptions[] = [];
  return {
    asked,
    async read(target, options, { emit }) {
      asked.push(options);
      read();
      const facts = aServer();
      const consent = decideConsent(facts, target);
      const due = { isDue: false, nextDue: null, every: '24 hours', notes: [] };
      emit({ type: 'facts-read', facts });
      emit({ type: 'consent-decided', consent });
      emit({ type: 'due-decided', due });
      return { facts, consent, due, report: undefined };
    },
  };
}

const healthy = () => readerThat(() => undefined);
const failing = (thrown: unknown) =>
  readerThat(() => {
    throw thrown;
  });

function dependenciesOf(reader: DatabaseReader) {
  const schedules: OneTimeSchedule[] = [];
  const recorded: Parameters<RecordDependencies['writeRecord']>[] = [];
  return {
    schedules,
    recorded,
    reader,
    secretsOf: () => ({ read: () => Promise.reject(new TypeError('No secret is needed.')) }),
    functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
    createSchedule: async (schedule: OneTimeSchedule) => void schedules.push(schedule),
    writeRecord: async (...run: (typeof recorded)[number]) => void recorded.push(run),
    limitMs: 20_000,
    now: () => Date.parse('2026-11-22T04:05:30Z'),
  };
}

describe('a run over any reader', () => {
  test('puts the events of the reader into the outcome', async () => {
    const dependencies = dependenciesOf(healthy());
    const { line, result, error } = await sendReport(TICK, { TARGET, DELIVERY }, dependencies);
    expect(line).toMatchObject({ outcome: 'skipped', ...TICK, consent: { granted: true } });
    expect(line.durationMs).toEqual({ total: expect.any(Number) });
    expect(result).toBe(line);
    expect(error).toBeUndefined();
  });

  test('has a result when a retry follows its failure, so that Lambda counts no error', async () => {
    const dependencies = dependenciesOf(failing(UNREACHABLE));
    const ending = await sendReport(TICK, { TARGET, DELIVERY, RETRY }, dependencies);
    expect(ending).toMatchObject({ error: UNREACHABLE, result: ending.line });
    expect(ending.line).toMatchObject({ outcome: 'failed', severity: 'WARN' });
    expect(dependencies.schedules).toHaveLength(1);
  });

  test('has no result when its failure is final, so that the function throws', async () => {
    const dependencies = dependenciesOf(failing(UNREACHABLE));
    const ending = await sendReport(TICK, { TARGET, DELIVERY }, dependencies);
    expect(ending).toMatchObject({ error: UNREACHABLE, result: undefined });
    expect(ending.line).toMatchObject({ outcome: 'failed', severity: 'ERROR' });
  });

  test('converts a defect of the reader into INTERNAL instead of throwing', async () => {
    const dependencies = dependenciesOf(failing(new TypeError('a defect')));
    const { error } = await sendReport({}, { TARGET, DELIVERY }, dependencies);
    expect(error).toMatchObject({ code: 'INTERNAL', origin: 'TypeError' });
  });

  test('reads nothing under DO_NOT_TRACK', async () => {
    const reader = healthy();
    const settings = { TARGET, DELIVERY, DO_NOT_TRACK: '1' };
    const { line } = await sendReport(TICK, settings, dependenciesOf(reader));
    expect(line).toMatchObject({ outcome: 'skipped', consent: { rule: 'do-not-track' } });
    expect(reader.asked).toEqual([]);
  });
});

describe('the record', () => {
  const RECORD = '{"bucket":"records","prefix":"a/b"}';
  const settings = { TARGET, DELIVERY, RECORD };

  test('has the summary line with the total duration, but not the duration of the record', async () => {
    const dependencies = dependenciesOf(healthy());
    const { line } = await sendReport(TICK, settings, dependencies);
    const [[run, to, now] = []] = dependencies.recorded;
    expect(run).toMatchObject({ line: { outcome: 'skipped', ...TICK }, report: null });
    expect(run?.startedAt).toBe(dependencies.now());
    expect([to, now]).toEqual([{ bucket: 'records', prefix: 'a/b' }, dependencies.now()]);
    expect(line.durationMs).toEqual({ record: expect.any(Number), total: expect.any(Number) });
    expect(line).not.toHaveProperty('warnings');
  });

  test('contains a failed run and its retry', async () => {
    const dependencies = dependenciesOf(failing(UNREACHABLE));
    await sendReport(TICK, { ...settings, RETRY }, dependencies);
    expect(dependencies.recorded.map(([run]) => run)).toMatchObject([
      { line: { outcome: 'failed', retry: { attempt: 1 } }, report: null },
    ]);
  });

  test('contains a run whose event is invalid', async () => {
    const dependencies = dependenciesOf(healthy());
    await sendReport({ scheduledTime: 'now' }, settings, dependencies);
    expect(dependencies.recorded.map(([run]) => run)).toMatchObject([
      { line: { database: 'orders', error: { code: 'EVENT_INVALID' } } },
    ]);
  });

  test.each([
    ['that is not configured', { TARGET, DELIVERY }],
    ['with an invalid target', { ...settings, TARGET: '{}' }],
    ['with an invalid bucket', { ...settings, RECORD: '{"bucket":"No Bucket"}' }],
    [
      'with a prefix that leaves its folder',
      { ...settings, RECORD: '{"bucket":"records","prefix":"a/../b"}' },
    ],
  ])('%s is not written', async (_what, withoutRecord) => {
    const dependencies = dependenciesOf(healthy());
    const { line } = await sendReport(TICK, withoutRecord, dependencies);
    expect(dependencies.recorded).toEqual([]);
    expect(line.durationMs).not.toHaveProperty('record');
  });

  test('that fails is a warning, and the outcome stays the same', async () => {
    const original = new Error('denied');
    original.name = 'AccessDenied';
    const dependencies = {
      ...dependenciesOf(healthy()),
      writeRecord: () => Promise.reject(original),
    };
    const { line, result, error, recordError } = await sendReport(TICK, settings, dependencies);
    expect(line).toMatchObject({
      outcome: 'skipped',
      severity: 'WARN',
      warnings: [
        expect.stringMatching(
          /^The run could not be recorded in the bucket\. \(RECORD_NOT_WRITTEN, AccessDenied\) Check /,
        ),
      ],
    });
    expect([result, error]).toEqual([line, undefined]);
    expect(recordError).toMatchObject({ code: 'RECORD_NOT_WRITTEN', original });
  });

  test('that takes too long is a warning within its limit', async () => {
    const dependencies = {
      ...dependenciesOf(healthy()),
      limitMs: 400,
      writeRecord: () => new Promise<never>(() => undefined),
    };
    const { recordError } = await sendReport(TICK, settings, dependencies);
    expect(recordError).toMatchObject({ code: 'RECORD_NOT_WRITTEN', origin: 'TIME_LIMIT' });
  });
});

describe('the report that is requested from the reader', () => {
  test.each([
    ['a tick', TICK, DELIVERY, 'when-due'],
    [
      'an invocation that ignores the schedule',
      { ignoreSchedule: true },
      DELIVERY,
      'when-consented',
    ],
    ['a target that sends nothing', TICK, '{"latestVersion":"2.30.1"}', 'never'],
  ] as const)('of %s', async (_what, event, delivery, report) => {
    const reader = healthy();
    await sendReport(event, { TARGET, DELIVERY: delivery }, dependenciesOf(reader));
    expect(reader.asked).toMatchObject([{ report }]);
  });

  test.each([
    [{}, 'when-consented'],
    [{ alwaysDisplayReport: true }, 'always'],
  ] as const)('of a preview with the event %j', async (event, report) => {
    const reader = healthy();
    await getReport(event, { TARGET }, dependenciesOf(reader));
    expect(reader.asked).toMatchObject([{ report }]);
  });
});

test('a preview that fails has a line and an error, and does not throw', async () => {
  const ending = await getReport({}, { TARGET }, dependenciesOf(failing(UNREACHABLE)));
  expect(ending).toMatchObject({ error: UNREACHABLE, result: undefined });
  expect(ending.line).toMatchObject({ outcome: 'failed', database: parseTarget({ TARGET }).name });
});

test('only read-database.ts of lib/run imports code that reaches the database', () => {
  const folder = join(import.meta.dirname, '..', '..', '..', 'lib', 'run');
  const reaching = globSync('*.ts', { cwd: folder }).filter((file) =>
    /^import (?!type)[^;]*'(\.\.\/(postgres|credentials|report)\/|\.\/read-database\.ts)/m.test(
      readFileSync(join(folder, file), 'utf8'),
    ),
  );
  expect(reaching).toEqual(['read-database.ts']);
});
