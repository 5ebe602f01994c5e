import { describe, expect, test } from 'vitest';
import type { CheckLine } from '../../lib/diagnostics/check-result.ts';
import { RETRYABLE_BY_CODE } from '../../lib/errors.ts';
import type { FleetLine } from '../../lib/fleet-report/line.ts';
import { FLEET_METRICS, METRICS } from '../../lib/naming.ts';
import type { Phase } from '../../lib/run/deadline.ts';
import type { Outcome, VersionSummary } from '../../lib/run/outcome.ts';
import { namesInTables } from '../support/repo/pages.ts';
import { readPage, section } from './page-sections.ts';

const LOG = readPage('log-and-metrics');

describe('docs/log-and-metrics.md', () => {
  const codes = section(LOG, 'Error codes');

  test.each(Object.entries(RETRYABLE_BY_CODE))('has %s, retryable %s', (code, retryable) => {
    const row = codes.split('\n').find((line) => line.startsWith(`| \`${code}\` |`));
    expect(row?.split('|')[2]?.trim()).toBe(retryable ? 'yes' : '');
  });

  test('has no error code that does not exist', () => {
    const named = namesInTables(codes).filter((code) => !(code in RETRYABLE_BY_CODE));
    expect(named).toEqual([]);
  });

  test('has every metric, and no other', () => {
    expect(namesInTables(section(LOG, 'Metrics')).toSorted()).toEqual(METRICS.toSorted());
  });

  test('has every metric of the fleet, and no other', () => {
    const named = namesInTables(section(LOG, 'Metrics of the fleet'));
    expect(named.toSorted()).toEqual(FLEET_METRICS.toSorted());
  });

  test('has every field of the summary line of fleet-report', () => {
    const fields: Readonly<Record<Exclude<keyof FleetLine, 'severity' | 'message'>, true>> = {
      outcome: true,
      environment: true,
      scheduledTime: true,
      asOf: true,
      counts: true,
      days: true,
      objects: true,
      problems: true,
      notifications: true,
      page: true,
      warnings: true,
      remedy: true,
      error: true,
      durationMs: true,
    };
    const named = [
      ...namesInTables(section(LOG, 'The log of `fleet-report`')),
      ...namesInTables(section(LOG, 'Fields of the summary line')),
    ];
    expect(Object.keys(fields).filter((field) => !named.includes(field))).toEqual([]);
  });

  test('has every field of the summary line', () => {
    const fields: Readonly<Record<Exclude<keyof Outcome, 'severity' | 'message'>, true>> = {
      outcome: true,
      environment: true,
      database: true,
      scheduledTime: true,
      attempt: true,
      hint: true,
      remedy: true,
      standby: true,
      jobs: true,
      uuid: true,
      consent: true,
      warnings: true,
      notes: true,
      nextDue: true,
      report: true,
      receipt: true,
      version: true,
      retry: true,
      error: true,
      durationMs: true,
    };
    const named = namesInTables(section(LOG, 'Fields of the summary line'));
    expect(Object.keys(fields).filter((field) => !named.includes(field))).toEqual([]);
  });

  test('has every field of version', () => {
    const fields: Readonly<Record<keyof VersionSummary, true>> = {
      installed: true,
      postgresql: true,
      available: true,
      latest: true,
      reachable: true,
      fix: true,
      versionsBehind: true,
      verdicts: true,
      sentence: true,
      advisories: true,
      asOf: true,
    };
    const row = LOG.text.split('\n').find((line) => line.startsWith('| `version` '));
    expect(Object.keys(fields).filter((field) => !row?.includes(`\`${field}\``))).toEqual([]);
  });

  test('has every phase of durationMs', () => {
    const phases: Readonly<Record<Phase | 'total', true>> = {
      credentials: true,
      worker: true,
      connection: true,
      database: true,
      change: true,
      delivery: true,
      endpoint: true,
      retry: true,
      record: true,
      total: true,
    };
    const row = LOG.text.split('\n').find((line) => line.startsWith('| `durationMs` '));
    expect(Object.keys(phases).filter((phase) => !row?.includes(`\`${phase}\``))).toEqual([]);
  });

  test('has every outcome of a run and of a check', () => {
    // `shown` is the outcome of a preview, not of a run.
    type Documented = Exclude<Outcome['outcome'], 'shown'> | CheckLine['outcome'];
    const outcomes: Readonly<Record<Documented, true>> = {
      sent: true,
      checked: true,
      skipped: true,
      failed: true,
      'checked-only': true,
    };
    const named = namesInTables(section(LOG, 'Outcomes'));
    expect(Object.keys(outcomes).filter((outcome) => !named.includes(outcome))).toEqual([]);
  });
});
