import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { type Invocation, invoke } from '../../emulator/lambda/invoke.ts';
import { linesOf, metricsOf, portOf } from '../support/lambda/invocations.ts';
import { aRun, aWithheldRun } from '../unit/fleet/runs.ts';
import { startFleetWorld, storedIn, textIn } from '../unit/fleet-report/fleet-world.ts';

const RECORDER = join(import.meta.dirname, '..', 'support', 'network', 'record-connections.ts');
const PAGE = 'fleet/environment=prod/index.html';
const PREFIX = 'CONNECTS TO ';

type FleetWorld = Awaited<ReturnType<typeof startFleetWorld>>;

/** Invokes the bundle in a process that records its connections. */
async function invokeReport({ variables }: FleetWorld, event: unknown = {}) {
  const { file } = inject('bundles')['fleet-report'];
  const invocation: Invocation = await invoke(file, event, variables, 60_000, {
    preload: [RECORDER],
  });
  const isOwn = (line: string) => !/^(CONNECTS TO|LOOKS UP) /.test(line);
  const connections = invocation.log.filter((line) => line.startsWith(PREFIX));
  return {
    ...invocation,
    log: invocation.log.filter(isOwn),
    connections: new Set(connections.map((line) => line.slice(PREFIX.length))),
  };
}

/** Adds a run of the present day. */
function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function runNow(changes: Parameters<typeof aRun>[1] = {}) {
  const recordedAt = new Date(Date.now() - 60_000).toISOString();
  return { recordedAt, scheduledTime: recordedAt, ...changes };
}

test('writes state, page and JSON, and connects to S3 and SNS only', async () => {
  await using world = await startFleetWorld();
  world.add(
    aRun(today(), runNow({ content: { canary: 'c4n4ry' } })),
    aWithheldRun(today(), runNow({ database: 'sales' })),
  );
  const { connections, ...invocation } = await invokeReport(world);
  expect(invocation).toMatchObject({ value: { outcome: 'folded', notifications: 0, problems: 0 } });
  expect(connections).toStrictEqual(new Set([portOf(world.s3)]));
  const page = textIn(world.s3, PAGE);
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).toContain('orders');
  // The exact text of the report.
  expect(page).toContain('c4n4ry');
  expect((await storedIn(world.s3)).fleet.databases['orders']?.sent).toMatchObject({
    arrival: 'accepted',
  });
});

test('logs one line and one line of metrics, and no report', async () => {
  await using world = await startFleetWorld();
  world.add(aRun(today(), runNow({ content: { canary: 'c4n4ry' } })));
  const invocation = await invokeReport(world);
  const lines = linesOf(invocation);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({
    level: 'INFO',
    outcome: 'folded',
    environment: 'prod',
    counts: { databases: 1, silent: { count: 0, of: 1 } },
    durationMs: {
      state: expect.any(Number),
      record: expect.any(Number),
      total: expect.any(Number),
    },
  });
  expect(metricsOf(invocation)).toMatchObject([
    {
      service: 'timescaledb-telemetry',
      environment: 'prod',
      Silent: 0,
      Broken: 0,
      Vulnerable: 0,
      Behind: 0,
      Withheld: 0,
    },
  ]);
  expect(invocation.log.join('\n')).not.toContain('c4n4ry');
});

test('publishes changes to the topic', async () => {
  await using world = await startFleetWorld();
  world.add(aWithheldRun(today(), runNow()));
  const { connections } = await invokeReport(world);
  expect(connections).toStrictEqual(new Set([portOf(world.s3), portOf(world.sns)]));
  expect(world.sns.messages).toMatchObject([{ subject: 'TimescaleDB fleet prod: 1 withheld' }]);
});

test('answers the widget of a dashboard with HTML, and writes neither objects nor metrics', async () => {
  await using world = await startFleetWorld();
  world.add(aRun(today(), runNow()));
  await invokeReport(world);
  const objects = new Map(world.s3.objects);
  const invocation = await invokeReport(world, { widgetContext: { dashboardName: 'prod' } });
  expect(invocation).toMatchObject({ value: expect.stringContaining('1 database, as of') });
  expect(linesOf(invocation)).toMatchObject([{ outcome: 'shown', level: 'INFO' }]);
  expect(world.s3.objects).toStrictEqual(objects);
  const described = await invokeReport(world, { describe: true });
  expect(described).toMatchObject({ value: expect.stringMatching(/^## Fleet/) });
  expect(described.connections.size).toBe(0);
});

test('logs a failure in one line without metrics, and throws it', async () => {
  await using world = await startFleetWorld({ s3: { refuse: () => 'AccessDenied' } });
  const invocation = await invokeReport(world);
  expect(invocation).toMatchObject({ error: { name: 'RunError' } });
  expect(linesOf(invocation)).toMatchObject([
    {
      level: 'ERROR',
      outcome: 'failed',
      environment: 'prod',
      error: { code: 'RECORD_DENIED', origin: 'AccessDenied', retryable: false },
    },
  ]);
});

/** Folders of lib/ and packages that read databases or secrets, or that send reports. */
const FOREIGN_CODE = ['configure', 'consent', 'credentials', 'delivery', 'diagnostics', 'postgres'];
const FOREIGN_PACKAGES = /^(pg|pg-.*|postgres-.*|@aws-sdk\/.*)$/;

test('contains no code that reads a database or a secret, or that sends a report', () => {
  const { file, sources, packages } = inject('bundles')['fleet-report'];
  expect(sources).toContain('lib/fleet-report/run-fleet-report.ts');
  const foreign = sources.filter((source) =>
    FOREIGN_CODE.some((folder) => source.startsWith(`lib/${folder}/`)),
  );
  expect(foreign).toStrictEqual([]);
  expect(packages.map(({ name }) => name).filter((name) => FOREIGN_PACKAGES.test(name))).toEqual(
    [],
  );
  for (const output of readdirSync(dirname(file)).filter((name) => name.endsWith('.mjs'))) {
    const text = readFileSync(join(dirname(file), output), 'utf8');
    expect(text).not.toMatch(/secretsmanager|GetSecretValue|pg_catalog|telemetry\.timescale\.com/);
    // Links and namespaces aside, the only hosts are those of S3, SNS and the console.
    const hosts = [...text.matchAll(/https:\/\/([^/"'`\s?]+)/g)].map(([, host = '']) => host);
    expect(hosts.filter((host) => !/\$\{|w3\.org|github\.com|fb\.me/.test(host))).toEqual([]);
  }
});
