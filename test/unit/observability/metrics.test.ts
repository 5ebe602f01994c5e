import { expect, test } from 'vitest';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import type { Outcome } from '../../../lib/run/outcome.ts';
import { captured } from '../../support/process/captured.ts';

const SENT: Outcome = {
  outcome: 'sent',
  severity: 'INFO',
  message: 'message',
  environment: 'prod',
  database: 'orders',
  durationMs: { total: 7 },
};

const VERSION: NonNullable<Outcome['version']> = {
  installed: '2.28.3',
  postgresql: '17.5',
  available: '2.28.5',
  verdicts: ['alter-extension'],
  sentence: 'sentence',
  asOf: '2026-11-21',
};

function metricsOf(changes: Partial<Outcome>): Readonly<Record<string, unknown>> {
  return JSON.parse(captured(() => createMetrics().write({ ...SENT, ...changes })));
}

interface Emf {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly { readonly Dimensions: readonly (readonly string[])[] }[];
  };
}

function dimensionsOf(line: string): readonly (readonly string[])[] {
  const { _aws }: Emf = JSON.parse(line);
  return _aws.CloudWatchMetrics.flatMap(({ Dimensions }) => Dimensions);
}

test('metrics are written per database and per environment', () => {
  const dimensions = dimensionsOf(captured(() => createMetrics().write(SENT)));
  expect(dimensions).toEqual([
    ['service', 'environment'],
    ['service', 'environment', 'database'],
  ]);
});

test('metrics of the environment alone have no dimension database, and name it in the line', () => {
  const metrics = createMetrics({ METRICS: 'environment' });
  const lines = [SENT, { ...SENT, database: 'metrics' }].map((outcome) =>
    captured(() => metrics.write(outcome)),
  );
  for (const line of lines) expect(dimensionsOf(line)).toEqual([['service', 'environment']]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ database: 'orders', Sent: 1 });
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ database: 'metrics', Sent: 1 });
});

test('JobsBroken is 1 with the verdict jobs-broken, and 0 with other verdicts', () => {
  const version = { ...VERSION, verdicts: ['jobs-broken', 'alter-extension'] as const };
  expect(metricsOf({ version })).toMatchObject({ JobsBroken: 1, UpdatePending: 1 });
  expect(metricsOf({ version: VERSION })).toMatchObject({ JobsBroken: 0, UpdatePending: 1 });
});

test('JobsBroken is absent without a verdict', () => {
  expect(metricsOf({})).not.toHaveProperty('JobsBroken');
});

test.each([0, 12])('FailingJobs is the number of failing jobs: %d', (failing) => {
  const jobs = { scheduled: 14, failing, oldestFailure: null };
  expect(metricsOf({ jobs })).toMatchObject({ FailingJobs: failing, Sent: 1 });
});

test('FailingJobs is absent if the number is unknown', () => {
  expect(metricsOf({ version: VERSION })).not.toHaveProperty('FailingJobs');
});
