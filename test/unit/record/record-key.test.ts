import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayPrefix, parseRecordKey, recordKey } from '../../../lib/record/record-key.ts';

const RUN = {
  environment: 'prod',
  database: 'metrics',
  time: Date.parse('2026-11-28T04:05:00Z'),
  attempt: 0,
} as const;
const FOLDER = 'runs/environment=prod/date=2026-11-28/database=metrics/';

describe('a key', () => {
  test.each([
    ['a scheduled run', RUN, '20261128T040500Z-0.json.gz'],
    ['a retry', { ...RUN, attempt: 2 }, '20261128T040500Z-2.json.gz'],
    [
      'a run by hand',
      { ...RUN, time: RUN.time + 7, attempt: 'hand' as const },
      '20261128T040500007Z-hand.json.gz',
    ],
    [
      'a second invocation of a tick',
      { ...RUN, repeatedAt: RUN.time + 60_000 },
      '20261128T040500Z-0-repeat-20261128T040600000Z.json.gz',
    ],
  ])('of %s begins with the day of the tick', (_run, run, name) => {
    expect(recordKey(run)).toBe(FOLDER + name);
    expect(recordKey(run, 'a/b')).toBe(`a/b/${FOLDER}${name}`);
    expect(recordKey(run, 'a/b').startsWith(dayPrefix('prod', '2026-11-28', 'a/b'))).toBe(true);
  });

  test('is parsed to the run that it was made of', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
    const time = fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59.999Z') });
    const run = fc.record(
      {
        environment: name,
        database: name,
        time,
        attempt: fc.oneof(fc.nat(), fc.constant('hand' as const)),
        repeatedAt: time,
      },
      { requiredKeys: ['environment', 'database', 'time', 'attempt'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(run, fc.option(fc.constant('a/b'), { nil: undefined }), (one, prefix) => {
        expect(parseRecordKey(recordKey(one, prefix), prefix)).toStrictEqual(one);
      }),
    );
  });

  test.each([
    ['another day', `${FOLDER.replace('28', '27')}20261128T040500Z-0.json.gz`],
    ['no day', `${FOLDER.replace('28', '31')}20261131T040500Z-0.json.gz`],
    ['no time', `${FOLDER}20261128T250500Z-0.json.gz`],
    ['no time of a repeat', `${FOLDER}20261128T040500Z-0-repeat-20261128T990600000Z.json.gz`],
    ['a leading zero', `${FOLDER}20261128T040500Z-00.json.gz`],
    ['another folder', `other/${FOLDER}20261128T040500Z-0.json.gz`],
    ['a folder inside', `${FOLDER}database=other/20261128T040500Z-0.json.gz`],
    ['an invalid name', `${FOLDER.replace('metrics', '.metrics')}20261128T040500Z-0.json.gz`],
    ['a foreign object', `${FOLDER}notes.txt`],
    ['nothing', ''],
  ])('with %s is that of no run', (_problem, key) => {
    expect(parseRecordKey(key)).toBeUndefined();
  });

  test('without the prefix of the record is that of no run', () => {
    expect(parseRecordKey(recordKey(RUN), 'a/b')).toBeUndefined();
    expect(parseRecordKey(recordKey(RUN, 'a/b'))).toBeUndefined();
  });
});
