import { describe, expect, test } from 'vitest';
import { toOutcome } from '../../../lib/run/outcome.ts';
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
  upToDate,
} from './records.ts';

const VERSION = {
  installed: '2.23.0',
  postgresql: '17.5',
  available: '2.24.0',
  versionsBehind: 0,
  verdicts: ['up-to-date'],
  sentence: 'orders: no action needed.',
  asOf: '2026-11-21',
};

describe('a run that sent its report', () => {
  test('has consent, report, receipt and version', () => {
    expect(toOutcome(sent)).toStrictEqual({
      outcome: 'sent',
      severity: 'INFO',
      message: 'the "timescaledb" extension is up-to-date',
      ...PLACE,
      ...event,
      jobs: JOBS,
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

  test('names the failing jobs, which change neither its severity nor its message', () => {
    const jobHealth = { scheduled: 14, failing: 12, oldestFailure: '2026-11-17T03:04:05.000Z' };
    const outcome = toOutcome({ ...sent, facts: aServer({ jobHealth }) });
    expect(outcome).toStrictEqual({ ...toOutcome(sent), jobs: jobHealth });
  });

  test('has no numbers of jobs if the role may not read their statistics', () => {
    const { jobs: _jobs, ...rest } = toOutcome(sent);
    expect(toOutcome({ ...sent, facts: aServer({ jobHealth: null }) })).toStrictEqual(rest);
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
