import { describe, expect, test } from 'vitest';
import type { Consent } from '../../../lib/consent/decide-consent.ts';
import { RunError } from '../../../lib/errors.ts';
import { toOutcome } from '../../../lib/run/outcome.ts';
import type { RunRecord } from '../../../lib/run/run-record.ts';
import { aServer } from '../../support/timescaledb/facts.ts';
import {
  durationMs,
  event,
  GRANTED,
  granted,
  JOBS,
  outdated,
  PLACE,
  REPORT,
  receipt,
  report,
  sent,
  target,
} from './records.ts';

const denied: Consent = {
  granted: false,
  level: 'off',
  rule: 'level-off',
  where: 'database',
  sentence: 'Telemetry is off: level off, set for this database.',
  remedy: 'Do this.',
  warnings: [],
};

describe('a run that was skipped', () => {
  const skipped: RunRecord = { event, target, facts: aServer(), consent: denied, durationMs };

  test('has the reason and the remedy, and neither report nor receipt', () => {
    expect(toOutcome(skipped)).toStrictEqual({
      outcome: 'skipped',
      severity: 'INFO',
      message: 'Telemetry is off: level off, set for this database.',
      remedy: 'Do this.',
      ...PLACE,
      ...event,
      jobs: JOBS,
      consent: {
        granted: false,
        level: 'off',
        rule: 'level-off',
        where: 'database',
        sentence: 'Telemetry is off: level off, set for this database.',
      },
      durationMs,
    });
  });

  test('has no remedy where none is needed', () => {
    const outcome = toOutcome({ ...skipped, consent: granted });
    expect(outcome.message).toBe(granted.sentence);
    expect(outcome).not.toHaveProperty('remedy');
  });

  test('is a warning if the level is invalid', () => {
    const warnings = ['The level set for this database is invalid and is treated as off.'];
    expect(toOutcome({ ...skipped, consent: { ...denied, warnings } })).toStrictEqual({
      ...toOutcome(skipped),
      severity: 'WARN',
      warnings,
    });
  });
});

describe('a run that only checked the version', () => {
  const { report: _report, receipt: _receipt, ...record } = sent;

  test('has the verdict and no receipt', () => {
    const outcome = toOutcome({ ...record, verdict: outdated });
    expect(outcome).toMatchObject({ outcome: 'checked', severity: 'WARN', hint: outdated.hint });
    expect(outcome).not.toHaveProperty('receipt');
    expect(outcome).not.toHaveProperty('report');
  });

  test('is skipped without consent, and keeps the verdict', () => {
    const outcome = toOutcome({ ...record, consent: denied, verdict: outdated });
    expect(outcome).toMatchObject({
      outcome: 'skipped',
      severity: 'WARN',
      message: denied.sentence,
      remedy: denied.remedy,
      version: { verdicts: ['upgrade-package'] },
    });
  });
});

describe('a run that failed', () => {
  const error = new RunError('DATABASE_BUSY', 'The server accepts no connection.', {
    remedy: 'The run will be retried automatically.',
    origin: '53300',
    original: new Error('c4n4ry'),
  });
  const FAILED = {
    outcome: 'failed',
    severity: 'ERROR',
    message: 'The server accepts no connection.',
    remedy: 'The run will be retried automatically.',
    error: { code: 'DATABASE_BUSY', origin: '53300', retryable: true },
    durationMs,
  };
  const facts = aServer();

  test.each<readonly [string, Partial<RunRecord>, object]>([
    ['before the settings are parsed, names nothing', {}, {}],
    ['before the event is parsed, names the target', { target }, PLACE],
    ['reading the secret, names target and event', { target, event }, { ...PLACE, ...event }],
    [
      'reading the facts, names target and event',
      { target, event, facts },
      { ...PLACE, ...event, jobs: JOBS },
    ],
    [
      'reading the report, has the consent',
      { target, event, facts, consent: granted },
      { ...PLACE, ...event, jobs: JOBS, consent: GRANTED },
    ],
    [
      'delivering, has the report and no receipt',
      { target, event, facts, consent: granted, report },
      { ...PLACE, ...event, jobs: JOBS, consent: GRANTED, uuid: report.uuid, report: REPORT },
    ],
    [
      'after delivery, also has the receipt',
      { target, event, facts, consent: granted, report, receipt },
      {
        ...PLACE,
        ...event,
        jobs: JOBS,
        consent: GRANTED,
        uuid: report.uuid,
        report: REPORT,
        receipt,
      },
    ],
  ])('%s', (_when, record, known) => {
    const outcome = toOutcome({ ...record, error, durationMs });
    expect(outcome).toStrictEqual({ ...FAILED, ...known });
    expect(JSON.stringify(outcome)).not.toContain('c4n4ry');
  });

  test('omits an origin that is unknown', () => {
    const plain = new RunError('CONFIG_INVALID', 'Wrong.', { remedy: 'Correct it.' });
    expect(toOutcome({ error: plain, durationMs })).toStrictEqual({
      ...FAILED,
      message: 'Wrong.',
      remedy: 'Correct it.',
      error: { code: 'CONFIG_INVALID', retryable: false },
    });
  });

  test('stays an error beside a warning', () => {
    const consent = {
      ...granted,
      warnings: ['The level set for this database is invalid and is treated as off.'],
    };
    const outcome = toOutcome({ target, consent, error, durationMs });
    expect(outcome).toMatchObject({ severity: 'ERROR', warnings: consent.warnings });
  });
});
