import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../../lib/config/target.ts';
import type { Consent } from '../../../lib/consent/decide-consent.ts';
import type { Receipt } from '../../../lib/delivery/deliver.ts';
import { RunError } from '../../../lib/errors.ts';
import type { Report } from '../../../lib/report/build-report.ts';
import { toOutcome } from '../../../lib/run/outcome.ts';
import type { RunRecord } from '../../../lib/run/run-record.ts';
import type { Verdict } from '../../../lib/version-check/judge-version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';

const target = parseTarget({
  TARGET: '{"name":"orders","environment":"prod","secretId":"c4n4ry"}',
});
const event = { scheduledTime: '2026-11-22T04:05:00Z', attempt: 0 };
const durationMs = { credentials: 40, database: 300, delivery: 90, total: 431 };

const granted: Consent = {
  granted: true,
  level: 'basic',
  rule: 'level-set',
  where: 'database',
  sentence: 'Telemetry is on: level basic, set for this database.',
  warnings: [],
};
const denied: Consent = {
  granted: false,
  level: 'off',
  rule: 'level-off',
  where: 'database',
  sentence: 'Telemetry is off: level off, set for this database.',
  remedy: 'Do this.',
  warnings: [],
};
const report: Report = {
  source: 'catalog',
  body: new TextEncoder().encode('{"a": "ü"}'),
  sha256: 'f00d',
  estimatedRelations: 0,
  uuid: '0d1f4b4e-0000-4000-8000-000000000001',
};
const receipt: Receipt = {
  endpoint: 'telemetry.timescale.com',
  status: 200,
  at: '2026-11-22T04:05:01.000Z',
};
const upToDate: Verdict = {
  codes: ['up-to-date'],
  severity: 'INFO',
  message: 'the "timescaledb" extension is up-to-date',
  installed: '2.23.0',
  available: '2.24.0',
  sentence: 'orders: no action needed.',
  versionsBehind: 0,
  advisories: [],
  asOf: '2026-11-21',
};
const outdated: Verdict = {
  ...upToDate,
  codes: ['upgrade-package'],
  severity: 'WARN',
  sentence: 'The administrator upgrades.',
  versionsBehind: 6,
  reachable: '2.29.2',
  message: 'the "timescaledb" extension is not up-to-date',
  hint: 'The most up-to-date version is 2.29.2, the installed version is 2.23.0.',
  latest: '2.29.2',
};

const PLACE = { environment: 'prod', database: 'orders' };
const GRANTED = {
  granted: true,
  level: 'basic',
  rule: 'level-set',
  where: 'database',
  sentence: granted.sentence,
};
const REPORT = { source: 'catalog', bytes: 11, sha256: 'f00d' };
const VERSION = {
  installed: '2.23.0',
  available: '2.24.0',
  versionsBehind: 0,
  verdicts: ['up-to-date'],
  sentence: 'orders: no action needed.',
  asOf: '2026-11-21',
};

const sent: RunRecord = {
  event,
  target,
  facts: aServer(),
  consent: granted,
  report,
  receipt,
  verdict: upToDate,
  durationMs,
};

describe('a run that sent its report', () => {
  test('has consent, report, receipt and version', () => {
    expect(toOutcome(sent)).toStrictEqual({
      outcome: 'sent',
      severity: 'INFO',
      message: 'the "timescaledb" extension is up-to-date',
      ...PLACE,
      ...event,
      consent: GRANTED,
      uuid: '0d1f4b4e-0000-4000-8000-000000000001',
      report: REPORT,
      receipt,
      version: VERSION,
      durationMs,
    });
  });

  test('names the advisories of a known vulnerability', () => {
    const advisories = ['GHSA-hcfx-29v5-2rcw'];
    const outcome = toOutcome({ ...sent, verdict: { ...upToDate, advisories } });
    expect(outcome.version).toStrictEqual({ ...VERSION, advisories });
  });

  test('has no scheduled time and no attempt when invoked by hand', () => {
    const outcome = toOutcome({ ...sent, event: {} });
    expect(outcome).not.toHaveProperty('scheduledTime');
    expect(outcome).not.toHaveProperty('attempt');
    expect(outcome.outcome).toBe('sent');
  });

  test('is a warning with hint and latest version for an outdated server', () => {
    expect(toOutcome({ ...sent, verdict: outdated })).toStrictEqual({
      ...toOutcome(sent),
      severity: 'WARN',
      message: 'the "timescaledb" extension is not up-to-date',
      hint: 'The most up-to-date version is 2.29.2, the installed version is 2.23.0.',
      version: {
        ...VERSION,
        latest: '2.29.2',
        reachable: '2.29.2',
        versionsBehind: 6,
        verdicts: ['upgrade-package'],
        sentence: 'The administrator upgrades.',
      },
    });
  });

  test.each(['INFO', 'WARN', 'ERROR'] as const)(
    'takes the severity of its verdict: %s',
    (severity) => {
      expect(toOutcome({ ...sent, verdict: { ...upToDate, severity } })).toMatchObject({
        outcome: 'sent',
        severity,
      });
    },
  );

  test('keeps the severity ERROR beside a warning', () => {
    const warnings = ['The level set for this database is invalid and is treated as off.'];
    const verdict = { ...upToDate, severity: 'ERROR' as const };
    expect(toOutcome({ ...sent, verdict, consent: { ...granted, warnings } }).severity).toBe(
      'ERROR',
    );
  });

  test('is a warning if the consent has one', () => {
    const warnings = ['The level set for this database is invalid and is treated as off.'];
    const outcome = toOutcome({ ...sent, consent: { ...granted, warnings } });
    expect(outcome).toMatchObject({ severity: 'WARN', warnings });
    expect(outcome.consent).toStrictEqual(GRANTED);
  });

  test('marks a standby', () => {
    const outcome = toOutcome({ ...sent, facts: aServer({ standby: true }) });
    expect(outcome).toStrictEqual({ ...toOutcome(sent), standby: true });
  });

  test('counts the relations with estimated sizes', () => {
    const outcome = toOutcome({ ...sent, report: { ...report, estimatedRelations: 7 } });
    expect(outcome.report).toStrictEqual({ ...REPORT, estimatedRelations: 7 });
  });

  test('has a null for a version that is not on the disk', () => {
    const outcome = toOutcome({ ...sent, verdict: { ...upToDate, available: null } });
    expect(outcome.version).toStrictEqual({ ...VERSION, available: null });
  });
});

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
  const { report: _report, receipt: _receipt, ...story } = sent;

  test('has the verdict and no receipt', () => {
    const outcome = toOutcome({ ...story, verdict: outdated });
    expect(outcome).toMatchObject({ outcome: 'checked', severity: 'WARN', hint: outdated.hint });
    expect(outcome).not.toHaveProperty('receipt');
    expect(outcome).not.toHaveProperty('report');
  });

  test('is skipped without consent, and keeps the verdict', () => {
    const outcome = toOutcome({ ...story, consent: denied, verdict: outdated });
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
    remedy: 'It is tried again by itself.',
    origin: '53300',
    original: new Error('c4n4ry'),
  });
  const FAILED = {
    outcome: 'failed',
    severity: 'ERROR',
    message: 'The server accepts no connection.',
    remedy: 'It is tried again by itself.',
    error: { code: 'DATABASE_BUSY', origin: '53300', retryable: true },
    durationMs,
  };
  const facts = aServer();

  test.each<readonly [string, Partial<RunRecord>, object]>([
    ['before the settings are understood, names nothing', {}, {}],
    ['before the event is understood, names the target', { target }, PLACE],
    ['reading the secret', { target, event }, { ...PLACE, ...event }],
    ['reading the facts', { target, event, facts }, { ...PLACE, ...event }],
    [
      'reading the report, has the consent',
      { target, event, facts, consent: granted },
      { ...PLACE, ...event, consent: GRANTED },
    ],
    [
      'delivering, has the report and no receipt',
      { target, event, facts, consent: granted, report },
      { ...PLACE, ...event, consent: GRANTED, uuid: report.uuid, report: REPORT },
    ],
    [
      'after delivery, has the receipt too',
      { target, event, facts, consent: granted, report, receipt },
      { ...PLACE, ...event, consent: GRANTED, uuid: report.uuid, report: REPORT, receipt },
    ],
  ])('%s', (_when, story, known) => {
    const outcome = toOutcome({ ...story, error, durationMs });
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
