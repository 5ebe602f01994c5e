import { describe, expect, test } from 'vitest';
import { estimateMonthlyCost } from '../../../infra/config/cost.ts';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { figuresOf } from '../../../infra/config/quotas.ts';
import { summaryLines } from '../../../infra/config/summary.ts';
import { variablesOf } from '../../../infra/function-environment.ts';
import { problemsOf } from '../../support/aws/problems.ts';
import { aDatabase, anEnvironment, checked } from '../../support/aws/synthesis.ts';

const VPC = { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] };
const PROXY = 'http://proxy.example.com:3128';

/** Returns an environment with a database in a network. */
function inNetwork(
  egress: 'vpc' | 'none',
  changes: Partial<EnvironmentSettings> = {},
): EnvironmentSettings {
  return anEnvironment({
    networks: { main: { ...VPC, egress } },
    databases: [aDatabase('metrics', { network: 'main' })],
    ...changes,
  });
}

describe('the key egress of a network', () => {
  test('is vpc unless it is set, and then no database has a worker', () => {
    const { networks, databases } = checked(anEnvironment({ networks: { main: VPC } }));
    expect(networks.get('main')).toMatchObject({ egress: 'vpc' });
    expect(databases.map(({ hasWorker }) => hasWorker)).toEqual([false]);
  });

  test('is vpc or none', () => {
    const networks = { main: { ...VPC, egress: 'nat' } };
    expect(problemsOf({ ...anEnvironment(), networks })).toEqual([
      expect.stringMatching(/^network "main" egress: must be one of .*vpc.*none/),
    ]);
  });

  test('gives a worker to the databases of the network only', () => {
    const { databases } = checked({
      networks: { main: VPC, sealed: { ...VPC, egress: 'none' } },
      defaults: { network: 'sealed' },
      databases: [
        aDatabase('inside'),
        aDatabase('beside', { network: 'main' }),
        aDatabase('outside', { network: null }),
      ],
    });
    expect(databases.map(({ hasWorker }) => hasWorker)).toEqual([true, false, false]);
  });
});

describe('the proxy of an environment', () => {
  const delivery = { proxy: PROXY };
  const refused = expect.stringMatching(
    /proxy: delivery\.proxy would be reached from the internet, because the network "main" has egress 'none'; set proxy: null to connect directly, or set proxy to the URL to confirm it/,
  );

  test('applies in a network with egress vpc', () => {
    const { databases } = checked(inNetwork('vpc', { delivery }));
    expect(databases[0]).toMatchObject({ proxy: PROXY });
  });

  test('must be confirmed or replaced where the functions run outside of the network', () => {
    expect(problemsOf(inNetwork('none', { delivery }))).toEqual([refused]);
    const confirmed = aDatabase('metrics', { network: 'main', proxy: PROXY });
    const direct = aDatabase('metrics', { network: 'main', proxy: null });
    const proxies = [confirmed, direct].map(
      (database) => checked(inNetwork('none', { delivery, databases: [database] })).databases[0],
    );
    expect(proxies.map((database) => database?.proxy)).toEqual([PROXY, undefined]);
  });

  test.each<[title: string, defaults: object, metrics: object]>([
    ['without a network', {}, { network: 'open' }],
    ['in the network of the defaults', { network: 'sealed' }, { network: 'open' }],
    ['while another sets its own proxy', {}, { proxy: PROXY }],
  ])('is reported for the database %s, not for the defaults of all', (_, defaults, metrics) => {
    const network = { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] };
    const networks = { open: network, sealed: { ...network, egress: 'none' as const } };
    const databases = [aDatabase('metrics', metrics), aDatabase('billing')];
    const settings = anEnvironment({ networks, databases, delivery, defaults });
    expect(problemsOf(settings)).toEqual([
      expect.stringMatching(/^database "billing" proxy: delivery\.proxy would be reached/),
    ]);
    const direct = aDatabase('billing', { proxy: null });
    const fixed = checked({ ...settings, databases: [aDatabase('metrics', metrics), direct] });
    expect(fixed.databases.map(({ proxy }) => proxy)).toEqual([PROXY, undefined]);
  });

  test('is reported once for all databases, and also beside another problem of the network', () => {
    const databases = ['a', 'b'].map((name) => aDatabase(name));
    const networks = { main: { subnets: [], vpc: 'vpc-0a1b2c3d', egress: 'none' as const } };
    const settings = { networks, databases, delivery, defaults: { network: 'main' } };
    expect(problemsOf(anEnvironment(settings))).toEqual([
      expect.stringMatching(/^defaults proxy: /),
      expect.stringMatching(/^network "main" subnets: /),
    ]);
  });

  test('does not matter to a database that sends nothing', () => {
    const databases = [
      aDatabase('metrics', { network: 'main', delivery: { latestVersion: '2.31.2' } }),
    ];
    expect(problemsOf(inNetwork('none', { delivery, databases }))).toEqual([]);
  });
});

test('the functions of a database name its worker, and the worker has no variables', () => {
  const environment = checked(inNetwork('none'));
  const [database] = environment.databases;
  if (database === undefined) throw new Error('There is no database.');
  for (const purpose of ['send-report', 'get-report', 'configure'] as const) {
    const { WORKER = '' } = variablesOf(purpose, environment, database);
    expect(JSON.parse(WORKER)).toEqual({
      functionArn: expect.stringMatching(
        /^arn:aws:lambda:eu-central-1:123456789012:function:telemetry-test-metrics-\w{10}-database-worker$/,
      ),
    });
  }
  expect(variablesOf('database-worker', environment, database)).toEqual({});
});

describe('with egress none', () => {
  const [vpc, none] = (['vpc', 'none'] as const).map((egress) => checked(inNetwork(egress)));
  if (vpc === undefined || none === undefined) throw new Error('There is no environment.');

  test('a run costs a second invocation, without secrets and schedules', () => {
    const more = estimateMonthlyCost(none).runs - estimateMonthlyCost(vpc).runs;
    // 2 s at 256 MB, the request, and the lines of the worker.
    expect(more).toBeCloseTo(30 * (2 * 0.25 * 0.000_013_333_4 + 0.2 / 1e6 + 4e-6 * 0.5), 8);
  });

  test('a database has one function more', () => {
    expect(figuresOf(none, 0).functions).toBe(figuresOf(vpc, 0).functions + 1);
  });

  test('the summary neither asks for endpoints nor recommends egress none', () => {
    expect(summaryLines(vpc)).toContain(
      'access      in network "main": interface endpoints for Secrets Manager and EventBridge Scheduler, a gateway endpoint for S3 (free), or a NAT gateway; for reports a NAT gateway or a proxy',
    );
    expect(summaryLines(vpc)).toContain(`networks    "main", egress 'vpc', databases: 1`);
    expect(summaryLines(vpc).join('\n')).toMatch(/^note {8}with egress: 'none' network "main"/m);
    expect(summaryLines(none)).toContain(`networks    "main", egress 'none', databases: 1`);
    expect(summaryLines(none).join('\n')).not.toMatch(/^(note|access)/m);
  });
});

test('the summary does not recommend egress none for a network with a proxy', () => {
  const delivery = { proxy: PROXY };
  expect(summaryLines(checked(inNetwork('vpc', { delivery }))).join('\n')).not.toContain('note');
});

test.each([
  ['has a proxy', { proxy: PROXY }],
  ['sends nothing', { latestVersion: '2.31.2' }],
])('the summary asks for no way to the endpoint in a network that %s', (_, delivery) => {
  const access = summaryLines(checked(inNetwork('vpc', { delivery }))).filter((line) =>
    line.startsWith('access'),
  );
  expect(access).toEqual([expect.stringMatching(/Secrets Manager .* or a NAT gateway$/)]);
});

test('the summary recommends egress none also where nothing is sent', () => {
  const delivery = { latestVersion: '2.31.2' };
  const lines = summaryLines(checked(inNetwork('vpc', { delivery })));
  expect(lines.at(-1)).toMatch(/^note {8}with egress: 'none' network "main" would need no NAT/);
});
