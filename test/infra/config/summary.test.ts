import { join } from 'node:path';
import { expect, test } from 'vitest';
import { estimateMonthlyCost } from '../../../infra/config/cost.ts';
import type { DatabaseSettings } from '../../../infra/config/environment.ts';
import { summaryLines } from '../../../infra/config/summary.ts';
import { aDatabase, checked, loadEnvironment } from '../../support/aws/synthesis.ts';
import { ROOT, readOwn } from '../../support/repo/pages.ts';

function costOf(databases: readonly DatabaseSettings[]) {
  return estimateMonthlyCost(checked({ databases, stacks: 99 }));
}

function fleet(size: number, changes: Partial<DatabaseSettings> = {}): readonly DatabaseSettings[] {
  return Array.from({ length: size }, (_, index) => aDatabase(`db-${index}`, changes));
}

test('an environment without databases costs its alarms and its dashboard', () => {
  expect(costOf([])).toEqual({
    alarms: expect.closeTo(0.5),
    metrics: 0,
    dashboard: 3,
    runs: 0,
    record: 0,
    fleet: expect.closeTo(0.066, 3),
    total: expect.closeTo(3.566, 3),
  });
});

test('a database with a daily tick costs about 0.28 USD per month', () => {
  const cost = costOf(fleet(1));
  expect(cost.alarms).toBeCloseTo(0.6);
  // 14 metrics in one hour of the day: the database's, and the environment's.
  expect(cost.metrics).toBeCloseTo(0.35);
  expect(cost.runs).toBeCloseTo(0.000536, 6);
  // With many databases the environment's own share is small, and its metrics are written in every hour.
  const [small, large] = [costOf(fleet(500)), costOf(fleet(501))];
  expect(large.total - small.total).toBeCloseTo(0.28, 2);
  expect(small.metrics).toBeCloseTo(500 * 0.175 + 14 * 0.3);
});

test.each([
  [1, 4.2],
  [6, 0.7],
  [24, 0.175],
] as const)('metrics of a tick every %d h cost %d USD per month and database', (tickHours, usd) => {
  const metrics = (size: number) => costOf(fleet(size, { tickHours })).metrics;
  expect(metrics(301) - metrics(300)).toBeCloseTo(usd);
});

test('the total is the sum of the parts', () => {
  const { total, ...parts } = costOf(fleet(7, { tickHours: 2 }));
  const { alarms, metrics, dashboard, runs, record, fleet: report } = parts;
  expect(record).toBeGreaterThan(0);
  expect(total).toBeCloseTo(alarms + metrics + dashboard + runs + record + report, 9);
});

test('the summary counts databases, functions, alarms and stacks, and estimates the cost', async () => {
  expect(summaryLines(await loadEnvironment('prod'))).toEqual([
    'environment prod, in account 333333333333, region eu-central-1',
    'databases   5',
    'delivery    telemetry.timescale.com',
    `networks    "main", egress 'vpc', databases: 3; "warehouse", egress 'vpc', databases: 1; without a VPC, databases: 1`,
    'access      in network "main", "warehouse": interface endpoints for Secrets Manager and EventBridge Scheduler, a gateway endpoint for S3 (free), or a NAT gateway; for reports a NAT gateway or a proxy',
    'functions   12',
    'alarms      10',
    'record      s3://timescaledb-telemetry-prod-2bf770c23da3, 400 days',
    'stacks      5 (1 shared, 4 for databases)',
    expect.stringMatching(
      /^cost {8}about 13\.\d\d USD per month: alarms 1\.00, metrics 9\.10, dashboard 3\.00 \(an account's first three are free\), runs 0\.02, record 0\.01, fleet 0\.\d\d; list prices of us-east-1, without secrets \(0\.40 each\), NAT gateways and interface endpoints$/,
    ),
    'note        with egress: \'none\' network "main", "warehouse" would need no NAT gateway and no endpoints; see docs/networks.md',
  ]);
});

test('docs/deploying.md has the summary of examples/private-subnets.ts', async () => {
  const environment = await loadEnvironment('private-subnets', join(ROOT, 'examples'));
  expect(readOwn('docs/deploying.md')).toContain(
    `\`\`\`\n${summaryLines(environment).join('\n')}\n\`\`\``,
  );
});

test('the summary names the bucket of the record and its folder, or that nothing is recorded', () => {
  const rowOf = (changes: Parameters<typeof checked>[0]) =>
    summaryLines(checked(changes)).find((line) => line.startsWith('record'));
  expect(rowOf({ record: false })).toBe('record      off');
  expect(rowOf({ record: { bucket: 'company', prefix: 'a/b' } })).toBe(
    'record      s3://company/a/b',
  );
  expect(rowOf({ recordDays: 30 })).toMatch(/^record {6}s3:\/\/timescaledb-\S+, 30 days$/);
});

test('the summary counts no alarm per database with alarms: environment', () => {
  const environment = checked({ databases: fleet(7), alarms: 'environment' });
  expect(summaryLines(environment)).toContain('alarms      5');
});

test('the summary says where reports of each database are sent', () => {
  const endpoint = 'https://collector.example.com:8443/v1';
  const environment = checked({
    delivery: { endpoint },
    databases: [
      aDatabase('first'),
      aDatabase('air-gapped', { delivery: { latestVersion: '2.30.1' } }),
      aDatabase('plant', {
        delivery: { latestVersionParameter: '/timescaledb-telemetry/latest-version' },
      }),
    ],
  });
  expect(summaryLines(environment)).toContain(
    'delivery    collector.example.com:8443 (1), nothing is sent (2)',
  );
  expect(summaryLines(checked({ databases: [] })).join()).not.toContain('delivery');
});
