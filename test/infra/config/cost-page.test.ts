import { describe, expect, test } from 'vitest';
import { estimateMonthlyCost } from '../../../infra/config/cost.ts';
import { MAX_STACKS } from '../../../infra/naming.ts';
import { fullStacks } from '../../../infra/stacks/placement.ts';
import { aDatabase, checked } from '../../support/aws/synthesis.ts';
import { readOwn } from '../../support/repo/pages.ts';

const PAGE = readOwn('docs/cost-and-quotas.md');

type Alarms = 'database' | 'environment';

const HOURS_PER_MONTH = 730;
/** Of two zones and two services. */
const ENDPOINTS = 2 * 2 * 0.01 * HOURS_PER_MONTH;
/** With its public IPv4 address. */
const NAT_GATEWAY = (0.045 + 0.005) * HOURS_PER_MONTH;

function environmentOf(size: number, alarms: Alarms) {
  const databases = Array.from({ length: size }, (_, index) => aDatabase(`db-${index}`));
  return checked({ databases, alarms, stacks: MAX_STACKS });
}

function costOf(size: number, alarms: Alarms) {
  return estimateMonthlyCost(environmentOf(size, alarms));
}

function usd(amount: number, digits = 2): string {
  return amount.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Returns the row of a fleet in the tables of the page. */
function rowOf(size: number, alarms: Alarms, accounts: number): string {
  const { dashboard, total, ...parts } = costOf(size / accounts, alarms);
  const costs = [
    parts.alarms,
    parts.metrics,
    parts.runs,
    parts.record,
    parts.fleet,
    dashboard,
    total,
  ];
  const label = `${size.toLocaleString('en-US')}${accounts > 1 ? ` in ${accounts} accounts` : ''}`;
  const cells = costs.map((cost) => usd(cost * accounts));
  return `| ${[label, ...cells, usd((total * accounts) / size, 3)].join(' | ')} |`;
}

const SIZES = [
  [1, 1],
  [10, 1],
  [40, 1],
  [100, 1],
  [1_000, 1],
  [10_000, 5],
] as const;

describe.each(['database', 'environment'] as const)(
  'docs/cost-and-quotas.md, with alarms: %s,',
  (alarms) => {
    test.each(SIZES)('has the estimate for %d databases', (size, accounts) => {
      const [, text = ''] = PAGE.split(`### With \`alarms: '${alarms}'\``);
      const [table] = text.split('\n### ');
      expect(table?.split('\n')).toContain(rowOf(size, alarms, accounts));
    });

    test('divides 10,000 databases into environments that have room for them', () => {
      const { databases } = environmentOf(2_000, alarms);
      expect(fullStacks(databases, MAX_STACKS, alarms)).toEqual([]);
    });
  },
);

describe('docs/networks.md has the cost', () => {
  const costs = ([null, 'sealed'] as const).map((network) =>
    [1, 10, 100].map((size) => {
      const databases = Array.from({ length: size }, (_, index) =>
        aDatabase(`db-${index}`, { network }),
      );
      const sealed = { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'], egress: 'none' } as const;
      const environment = checked({ databases, networks: { sealed }, stacks: MAX_STACKS });
      return estimateMonthlyCost(environment).runs;
    }),
  );
  const [outside = [], split = []] = costs;

  test.each([
    ['without a VPC', outside, 0],
    ['VPC without egress', split, 0],
    ['VPC with egress: interface endpoints', outside, ENDPOINTS],
    ['VPC with egress: a NAT gateway in one zone', outside, NAT_GATEWAY],
    ['VPC with egress: a NAT gateway in each of two', outside, 2 * NAT_GATEWAY],
  ])('of databases reached %s', (way, runs, network) => {
    const row = readOwn('docs/networks.md')
      .split('\n')
      .find((line) => line.startsWith(`| ${way}`) && /\d \|$/.test(line));
    expect(row?.split(' | ').slice(1).join(' | ')).toBe(
      `${runs.map((cost) => usd(cost + network)).join(' | ')} |`,
    );
  });
});

test.each([1, 10, 100])('README.md has the cost of %d databases, with secrets', (size) => {
  const { dashboard, total } = costOf(size, 'database');
  const secrets = 0.4 * size;
  const cells = [total - dashboard, secrets, dashboard].map((cost) => usd(cost));
  const row = [size, ...cells, `**${usd(total + secrets)}**`].join(' | ');
  expect(readOwn('README.md').split('\n')).toContain(`| ${row} |`);
});

test('with alarms: environment a database costs less than 0.05 USD per month', () => {
  const [small, large] = [costOf(500, 'environment'), costOf(501, 'environment')];
  expect(large.total - small.total).toBeLessThan(0.05);
  expect(large.total - small.total).toBeCloseTo(0.0008, 4);
});

test('the record costs nothing if it is turned off', () => {
  expect(estimateMonthlyCost(checked({ record: false })).record).toBe(0);
});

test('the record of a database and day costs 30 requests, and storage after recordDays', () => {
  const recordOf = (recordDays: number) => estimateMonthlyCost(checked({ recordDays })).record;
  expect(recordOf(400)).toBeCloseTo((30 * 0.005) / 1_000 + 400 * 4e-6 * 0.023, 7);
  expect(recordOf(401) - recordOf(400)).toBeCloseTo(4e-6 * 0.023, 10);
});
