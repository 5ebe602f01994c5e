import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { expect, inject, test } from 'vitest';
import { listenOnFreePort } from '../../emulator/http-server.ts';
import { type Invocation, invoke } from '../../emulator/lambda/invoke.ts';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import { METRICS } from '../../lib/naming.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type Settings, secretFor, startWorld, type World } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

/** Runs the file that ships, in a process with Lambda's environment. */
function invokeIn(
  world: World,
  { event = {}, timeoutMs, ...settings }: Settings & { event?: unknown; timeoutMs?: number } = {},
): Promise<Invocation> {
  return invoke(
    inject('bundles')['send-report'].file,
    event,
    { AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url, ...world.environment(settings) },
    timeoutMs,
  );
}

/** The lines that tell how a run ended; there has to be exactly one. */
function summaries({ log }: Invocation): Record<string, unknown>[] {
  return log.map((line) => JSON.parse(line)).filter((line) => 'outcome' in line);
}

function metrics({ log }: Invocation): Record<string, unknown>[] {
  return log.map((line) => JSON.parse(line)).filter((line) => '_aws' in line);
}

function consenting(): Promise<TestDatabase> {
  return createDatabase({ release: '2.28.3', level: 'basic' });
}

test('sends a report once, and writes one line and its metrics', async () => {
  await using database = await consenting();
  // Newer than every release on the server's disk.
  await using world = await startWorld({
    secret: secretFor(database),
    answer: answerWithVersion('2.33.1'),
  });

  // A retry of long ago would be skipped.
  const scheduledTime = new Date(Date.now() - 3_600_000).toISOString();
  const invocation = await invokeIn(world, {
    event: { scheduledTime, attempt: 1 },
  });

  expect(world.endpoint.reports).toHaveLength(1);
  const body = world.endpoint.reports[0]?.body ?? Buffer.alloc(0);
  const outcome = {
    outcome: 'sent',
    message: 'the "timescaledb" extension is not up-to-date',
    environment: 'test',
    database: 'metrics',
    scheduledTime,
    attempt: 1,
    hint: 'The most up-to-date version is 2.33.1, the installed version is 2.28.3.',
    consent: { granted: true, level: 'basic', rule: 'level-set', where: 'database' },
    report: {
      source: 'catalog',
      bytes: body.byteLength,
      sha256: createHash('sha256').update(body).digest('hex'),
    },
    receipt: { endpoint: new URL(world.endpoint.url).host, status: 200 },
    version: {
      installed: '2.28.3',
      available: '2.28.3',
      latest: '2.33.1',
      reachable: '2.33.1',
      versionsBehind: 5,
      verdicts: ['alter-extension', 'upgrade-package'],
      advisories: ['GHSA-hcfx-29v5-2rcw'],
      asOf: '2026-11-21',
    },
  };
  expect(invocation).toMatchObject({ value: outcome, exitCode: 0 });
  expect(summaries(invocation)).toMatchObject([{ level: 'ERROR', ...outcome }]);
  expect(metrics(invocation)).toMatchObject([
    {
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'TimescaleDBTelemetry',
            Dimensions: [
              ['service', 'environment'],
              ['service', 'environment', 'database'],
            ],
            Metrics: METRICS.map((Name) => ({ Name })),
          },
        ],
      },
      service: 'timescaledb-telemetry',
      environment: 'test',
      database: 'metrics',
      Completed: 1,
      Sent: 1,
      Skipped: 0,
      Failed: 0,
      Checked: 0,
      Outdated: 1,
      UpdatePending: 1,
      KnownVulnerable: 1,
      VersionsBehind: 5,
    },
  ]);
  expect(invocation.log).toHaveLength(2);
});

test('sends the body and a fixed list of headers', async () => {
  await using database = await consenting();
  await using world = await startWorld({ secret: secretFor(database) });

  await invokeIn(world);

  const { method, path, headers, body } = world.endpoint.reports[0] ?? {};
  expect([method, path]).toEqual(['POST', '/v1/metrics']);
  expect(headers).toEqual({
    host: new URL(world.endpoint.url).host,
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(body?.byteLength),
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'timescaledb-telemetry/0.1.0',
  });
});

test.each([
  [
    'the level is off',
    (name: string) => `alter database ${name} set timescaledb.telemetry_level = 'off'`,
    {},
  ],
  [
    'DO_NOT_TRACK is set',
    (name: string) => `alter database ${name} set timescaledb.telemetry_level = 'basic'`,
    { DO_NOT_TRACK: 'true' },
  ],
])('when %s, no connection to the endpoint is opened', async (_case, sql, environment) => {
  await using database = await createDatabase({ release: '2.28.3' });
  await database.admin.query(sql(database.name));
  await using world = await startWorld({ secret: secretFor(database) });

  const invocation = await invokeIn(world, { environment });

  expect(invocation).toMatchObject({ value: { outcome: 'skipped' } });
  expect(summaries(invocation)).toMatchObject([{ level: 'INFO', outcome: 'skipped' }]);
  expect(metrics(invocation)).toMatchObject([{ Completed: 1, Skipped: 1, Sent: 0 }]);
  expect(world.endpoint.connections()).toBe(0);
});

test('throws after the summary line of a failed run', async () => {
  await using world = await startWorld({
    secret: secretFor({ name: 'nowhere', role: 'nobody', password: 'none' }, { port: 1 }),
  });

  const invocation = await invokeIn(world);

  expect(invocation).toMatchObject({ error: { name: 'RunError' }, exitCode: 0 });
  expect(summaries(invocation)).toMatchObject([
    {
      level: 'ERROR',
      outcome: 'failed',
      environment: 'test',
      database: 'metrics',
      error: { code: 'DATABASE_UNREACHABLE', origin: 'ECONNREFUSED', retryable: true },
    },
  ]);
  expect(metrics(invocation)).toMatchObject([{ Completed: 0, Failed: 1, Sent: 0 }]);
  expect(world.endpoint.connections()).toBe(0);
});

test.each([
  ['DEBUG', 1],
  ['INFO', 0],
])(
  'at the log level %s, as Lambda is told it, the error as it was thrown has %i line',
  async (level, lines) => {
    await using world = await startWorld({
      secret: secretFor({ name: 'nowhere', role: 'nobody', password: 'none' }, { port: 1 }),
    });

    const { log } = await invokeIn(world, { environment: { AWS_LAMBDA_LOG_LEVEL: level } });

    expect(log.filter((line) => line.includes('The original error'))).toHaveLength(lines);
  },
);

test('lists every problem of TARGET and DELIVERY in one summary line', async () => {
  await using world = await startWorld({});

  const invocation = await invokeIn(world, {
    target: { name: 'two\nlines', port: 0, colour: 'red' },
    environment: { DELIVERY: '{"endpoint":"http://example.com/"}' },
  });

  const [summary] = summaries(invocation);
  expect(summary).toMatchObject({ level: 'ERROR', error: { code: 'CONFIG_INVALID' } });
  for (const part of ['TARGET name', 'TARGET port', 'colour', 'DELIVERY endpoint']) {
    expect(summary?.['message']).toContain(part);
  }
  expect(world.secrets.requests).toHaveLength(0);
});

test('reads nothing for an invalid event', async () => {
  await using world = await startWorld({});
  const invocation = await invokeIn(world, { event: { scheduledTime: 'yesterday', force: true } });
  expect(summaries(invocation)).toMatchObject([{ error: { code: 'EVENT_INVALID' } }]);
  expect(world.secrets.requests).toHaveLength(0);
});

test("writes a summary line that names the phase before Lambda's timeout", async () => {
  const silent = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
  });
  const port = await listenOnFreePort(silent);
  await using world = await startWorld({
    secret: secretFor({ name: 'silent', role: 'nobody', password: 'none' }, { port }),
  });

  const invocation = await invokeIn(world, { timeoutMs: scaled(1_000) + 1_500 });
  silent.close();

  expect(invocation).toMatchObject({ error: { name: 'RunError' } });
  expect(summaries(invocation)).toMatchObject([
    { outcome: 'failed', error: { code: 'TIME_LIMIT', retryable: true } },
  ]);
  expect(summaries(invocation)[0]?.['message']).toContain('"connection"');
});

test('notes a reply that is too slow, and keeps the receipt of the report', async () => {
  await using database = await consenting();
  await using world = await startWorld({
    secret: secretFor(database),
    answer(response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    },
  });

  const invocation = await invokeIn(world, { timeoutMs: scaled(2_500) + 1_500 });

  expect(world.endpoint.reports).toHaveLength(1);
  expect(invocation).toMatchObject({
    value: {
      outcome: 'sent',
      receipt: { status: 200 },
      version: { verdicts: ['unknown', 'alter-extension'] },
      message: 'telemetry error: incomplete HTTP response (too slow)',
    },
  });
});

test('has the receipt of a rejected report beside the error', async () => {
  await using database = await consenting();
  await using world = await startWorld({
    secret: secretFor(database),
    answer(response) {
      response.writeHead(503).end();
    },
  });

  const invocation = await invokeIn(world);

  expect(summaries(invocation)).toMatchObject([
    {
      level: 'ERROR',
      outcome: 'failed',
      error: { code: 'ENDPOINT_UNAVAILABLE', origin: '503', retryable: true },
      receipt: { status: 503 },
      report: { bytes: world.endpoint.reports[0]?.body.byteLength },
    },
  ]);
});
