import { describe, expect, test } from 'vitest';
import { problemsOf } from '../../support/aws/problems.ts';
import { anEnvironment, checked } from '../../support/aws/synthesis.ts';

const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';

describe('the key record', () => {
  test('creates a bucket by default, whose name depends on environment, account and region', () => {
    const { record, recordDays } = checked();
    expect(record).toEqual({ name: 'timescaledb-telemetry-test-5f1b6219f193', isCreated: true });
    expect(recordDays).toBe(400);
    expect(checked({ record: true }).record).toEqual(record);
    const names = [
      checked(),
      checked({ region: 'eu-west-1' }),
      checked({ account: '210987654321' }),
      checked({}, 'prod'),
      checked({}, 'x'.repeat(24)),
    ].map((one) => one.record?.name ?? '');
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{2,62}$/);
  });

  test('turns the record off with false', () => {
    expect(checked({ record: false })).not.toHaveProperty('record');
  });

  test('accepts a bucket of the operator with a folder', () => {
    const record = { bucket: 'company.telemetry', prefix: 'telemetry/prod' };
    expect(checked({ record }).record).toEqual({
      name: 'company.telemetry',
      isCreated: false,
      prefix: 'telemetry/prod',
    });
  });

  test.each([
    ['an id', KEY_ID],
    ['an ARN', `arn:aws:kms:eu-central-1:123456789012:key/${KEY_ID}`],
  ])('accepts a key by %s, also for the created bucket', (_what, kmsKey) => {
    expect(checked({ record: { kmsKey } }).record).toEqual({
      name: 'timescaledb-telemetry-test-5f1b6219f193',
      isCreated: true,
      keyArn: `arn:aws:kms:eu-central-1:123456789012:key/${KEY_ID}`,
    });
  });

  test.each<[what: string, changes: object, problem: RegExp]>([
    ['a text', { record: 'company' }, /^record: must be true, false, or an object with bucket/],
    ['null', { record: null }, /^record: must be true, false, or an object with bucket/],
    [
      'an unknown key',
      { record: { buckt: 'x' } },
      /^record: unknown key "buckt" \(did you mean "bucket"\?\)/,
    ],
    [
      'a URL',
      { record: { bucket: 's3://company' } },
      /^record bucket: must be the name of a bucket/,
    ],
    ['an ARN', { record: { bucket: 'arn:aws:s3:::x' } }, /^record bucket: must be the name/],
    ['a wildcard', { record: { bucket: 'company-*' } }, /^record bucket: must be the name/],
    ['an address', { record: { bucket: '10.0.0.1' } }, /^record bucket: must be the name/],
    ['two dots', { record: { bucket: 'company..x' } }, /^record bucket: must be the name/],
    ['capital letters', { record: { bucket: 'Company' } }, /^record bucket: must be the name/],
    ['a folder alone', { record: { prefix: 'x' } }, /^record: prefix needs bucket/],
    ...['/x', 'x/', 'a//b', '..', 'a/../b', 'a b', 'a*', `\${aws:x}`, `x${'/y'.repeat(100)}`].map(
      (prefix): [string, object, RegExp] => [
        `the folder ${prefix}`,
        { record: { bucket: 'company', prefix } },
        /^record prefix: must be the path of a folder .* without a slash at either end/,
      ],
    ),
    ['an alias', { record: { kmsKey: 'alias/x' } }, /^record kmsKey: must be the ARN of a key/],
    [
      'a key of another region',
      { record: { kmsKey: `arn:aws:kms:us-east-1:123456789012:key/${KEY_ID}` } },
      /^record kmsKey: is in us-east-1, but the bucket is in eu-central-1; use the key in that/,
    ],
    [
      'a key of another partition',
      { record: { kmsKey: `arn:aws-cn:kms:eu-central-1:123456789012:key/${KEY_ID}` } },
      /^record kmsKey: its ARN begins with arn:aws-cn:/,
    ],
    ['no days', { recordDays: 0 }, /^environment recordDays: must be at least 1/],
    ['half a day', { recordDays: 0.5 }, /^environment recordDays: must be a whole number/],
    ['eleven years', { recordDays: 4_000 }, /^environment recordDays: must be at most 3653/],
  ])('reports %s, and nothing else', (_what, changes, problem) => {
    expect(problemsOf({ ...anEnvironment(), ...changes })).toEqual([
      expect.stringMatching(problem),
    ]);
  });
});

describe('the key alarms', () => {
  test('is database by default', () => {
    expect(checked().alarms).toBe('database');
  });

  test('rejects an unknown value, and suggests a known one', () => {
    expect(problemsOf({ ...anEnvironment(), alarms: 'enviroment' })).toEqual([
      expect.stringMatching(/^environment alarms: must be one of .* mean "environment"\?\)/),
    ]);
  });

  test('rejects environment without the record, from which missing runs are detected', () => {
    expect(problemsOf(anEnvironment({ alarms: 'environment', record: false }))).toEqual([
      expect.stringMatching(/^alarms: 'environment' detects missing runs from the record, .* set/),
    ]);
    expect(problemsOf(anEnvironment({ alarms: 'environment' }))).toEqual([]);
  });
});
