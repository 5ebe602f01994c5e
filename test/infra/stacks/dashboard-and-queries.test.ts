import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  BY_DATABASE,
  LAST_SUCCESS,
  OUTDATED,
  SAVED_QUERIES,
} from '../../../infra/constructs/log-queries.ts';
import {
  checked,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const prod = await synthesiseFixture('prod');

describe('the dashboard', () => {
  interface Widget {
    readonly type: string;
    readonly properties: {
      readonly endpoint?: string;
      readonly title?: string;
      readonly query?: string;
      readonly metrics?: readonly (readonly (string | { readonly label: string })[])[];
    };
  }

  function widgets({ resources }: Synthesis = prod): readonly Widget[] {
    const [[, dashboard] = []] = resources('AWS::CloudWatch::Dashboard');
    const body = dashboard?.Properties['DashboardBody'] as {
      readonly 'Fn::Join': readonly [string, readonly unknown[]];
    };
    const text = body['Fn::Join'][1].map((part) =>
      typeof part === 'string' ? part : 'a reference',
    );
    return JSON.parse(text.join('')).widgets;
  }

  test('shows the fleet in its first row, if there is a report on it', () => {
    expect(widgets()[0]).toMatchObject({
      type: 'custom',
      width: 24,
      y: 0,
      properties: {
        endpoint: 'arn:aws:lambda:eu-central-1:333333333333:function:telemetry-prod-fleet-report',
      },
    });
    expect(widgets(synthesise(checked({ fleet: false })))[0]?.type).toBe('text');
  });

  test('shows each query under its title', () => {
    const queries = widgets().flatMap(({ properties: { title, query } }) =>
      query === undefined ? [] : [[title, query.replace(/^SOURCE '[^']+' \| /, '')]],
    );
    expect(Object.fromEntries(queries)).toEqual({
      'Outdated or vulnerable databases': OUTDATED,
      'Outcomes by database': BY_DATABASE,
      'Last success by database, oldest first': LAST_SUCCESS,
    });
    expect(LAST_SUCCESS).toMatch(/\| sort last_success asc$/);
  });

  test('labels each metric', () => {
    const labels = widgets().flatMap(({ properties: { metrics = [] } }) =>
      metrics.map((metric) => {
        const { label } = Object(metric.at(-1));
        return `${label}: ${metric[1]}`;
      }),
    );
    expect([...new Set(labels)]).toEqual([
      'sent: Sent',
      'checked: Checked',
      'skipped: Skipped',
      'failed attempts: Failed',
      'final failures: FinalFailures',
      'outdated TimescaleDB: Outdated',
      'known vulnerability: KnownVulnerable',
      'broken jobs: JobsBroken',
      'p50: Duration',
      'p99: Duration',
      'Maximum: Duration',
      'failed-runs: ApproximateNumberOfMessagesVisible',
      'undelivered: ApproximateNumberOfMessagesVisible',
    ]);
  });
});

test('the query for failing jobs finds a failing job, and a verdict of broken jobs without one', () => {
  const [query] = SAVED_QUERIES.filter(({ name }) => name === 'failing jobs');
  expect(query?.query).toMatch(/ by database\n\| filter failing > 0 or verdict = "jobs-broken"\n/);
});

test('the query for sent reports finds those of failed runs, unless no connection was established', () => {
  const [query] = SAVED_QUERIES.filter(({ name }) => name === 'sent reports');
  expect(query?.query).toMatch(
    /^filter ispresent\(receipt\.status\) or \(outcome = "failed" and ispresent\(report\.sha256\) and ispresent\(durationMs\.delivery\) and .*not in \["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"\]\)\)\n/,
  );
});

test('the query for duplicate UUIDs lists UUIDs with more than one database', () => {
  const [query] = SAVED_QUERIES.filter(({ name }) => name === 'duplicate database UUIDs');
  expect(query?.query).toMatch(/count_distinct\(database\) as targets[^|]+\| filter targets > 1$/);
});

test('docs/log-and-metrics.md describes every field that a saved query uses', () => {
  const root = join(import.meta.dirname, '..', '..', '..');
  const page = readFileSync(join(root, 'docs', 'log-and-metrics.md'), 'utf8');
  const queries = prod
    .resources('AWS::Logs::QueryDefinition')
    .map(([, { Properties }]) => String(Properties['QueryString']));
  expect(queries).toHaveLength(7);
  const fields = new Set(
    queries.flatMap((query) =>
      [...query.matchAll(/\b(version|consent|report|receipt|error|retry|jobs)\.(\w+)/g)].map(
        ([, , field = '']) => field,
      ),
    ),
  );
  expect([...fields].filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});
