import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { listenOnFreePort } from '../../emulator/http-server.ts';
import { invokeSendReport, metricsOf, summariesOf } from '../support/lambda/invocations.ts';
import { createConsenting } from '../support/lambda/retries.ts';
import { secretFor, startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

test('throws after the summary line of a failed run', async () => {
  await using world = await startWorld({
    secret: secretFor({ name: 'nowhere', role: 'absent', password: 'none' }, { port: 1 }),
  });

  const invocation = await invokeSendReport(world);

  expect(invocation).toMatchObject({ error: { name: 'RunError' }, exitCode: 0 });
  expect(summariesOf(invocation)).toMatchObject([
    {
      level: 'ERROR',
      outcome: 'failed',
      environment: 'test',
      database: 'metrics',
      error: { code: 'DATABASE_UNREACHABLE', origin: 'ECONNREFUSED', retryable: true },
    },
  ]);
  expect(metricsOf(invocation)).toMatchObject([{ Completed: 0, Failed: 1, Sent: 0 }]);
  expect(world.endpoint.connections()).toBe(0);
});

test.each([
  ['DEBUG', 1],
  ['INFO', 0],
])('at the log level %s of Lambda, logs the original error in %i lines', async (level, lines) => {
  await using world = await startWorld({
    secret: secretFor({ name: 'nowhere', role: 'absent', password: 'none' }, { port: 1 }),
  });

  const { log } = await invokeSendReport(world, { environment: { AWS_LAMBDA_LOG_LEVEL: level } });

  expect(log.filter((line) => line.includes('The original error'))).toHaveLength(lines);
});

test('lists every problem of TARGET and DELIVERY in one summary line', async () => {
  await using world = await startWorld({});

  const invocation = await invokeSendReport(world, {
    target: { name: 'two\nlines', port: 0, colour: 'red' },
    environment: { DELIVERY: '{"endpoint":"http://example.com/"}' },
  });

  const [summary] = summariesOf(invocation);
  expect(summary).toMatchObject({ level: 'ERROR', error: { code: 'CONFIG_INVALID' } });
  for (const part of ['TARGET name', 'TARGET port', 'colour', 'DELIVERY endpoint']) {
    expect(summary?.['message']).toContain(part);
  }
  expect(world.secrets.requests).toHaveLength(0);
});

test('reads nothing for an invalid event', async () => {
  await using world = await startWorld({});
  const invocation = await invokeSendReport(world, {
    event: { scheduledTime: 'yesterday', force: true },
  });
  expect(summariesOf(invocation)).toMatchObject([{ error: { code: 'EVENT_INVALID' } }]);
  expect(world.secrets.requests).toHaveLength(0);
});

test("writes a summary line that names the phase before Lambda's timeout", async () => {
  const silent = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
  });
  const port = await listenOnFreePort(silent);
  await using world = await startWorld({
    secret: secretFor({ name: 'silent', role: 'absent', password: 'none' }, { port }),
  });

  const invocation = await invokeSendReport(world, { timeoutMs: scaled(1_000) + 1_500 });
  silent.close();

  expect(invocation).toMatchObject({ error: { name: 'RunError' } });
  expect(summariesOf(invocation)).toMatchObject([
    { outcome: 'failed', error: { code: 'TIME_LIMIT', retryable: true } },
  ]);
  expect(summariesOf(invocation)[0]?.['message']).toContain('"connection"');
});

test('logs the receipt of a rejected report with the error', async () => {
  await using database = await createConsenting();
  await using world = await startWorld({
    secret: secretFor(database),
    answer(response) {
      response.writeHead(503).end();
    },
  });

  const invocation = await invokeSendReport(world);

  expect(summariesOf(invocation)).toMatchObject([
    {
      level: 'ERROR',
      outcome: 'failed',
      error: { code: 'ENDPOINT_UNAVAILABLE', origin: '503', retryable: true },
      receipt: { status: 503 },
      report: { bytes: world.endpoint.reports[0]?.body.byteLength },
    },
  ]);
});
