import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { runBundle } from '../../emulator/run-send-report.ts';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import {
  bootEmbedded,
  EMBEDDED_DATABASE,
  type EmbeddedTimescaleDb,
  fill,
  serveEmbedded,
} from '../../emulator/timescaledb.ts';

let server: EmbeddedTimescaleDb;
beforeAll(async () => {
  const db = await bootEmbedded();
  await fill(db);
  server = await serveEmbedded(db);
});
afterAll(() => server[Symbol.asyncDispose]());

test('a worker sends the same bytes of a real TimescaleDB as a function without one', async () => {
  await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'));
  const secret = JSON.stringify({
    host: '127.0.0.1',
    port: server.port,
    username: 'postgres',
    password: 'not-checked-by-the-embedded-server',
    dbname: EMBEDDED_DATABASE,
  });
  const { file } = inject('bundles')['send-report'];
  const run = (workerFile?: string) =>
    runBundle(
      file,
      secret,
      { name: 'metrics', level: 'basic', tls: { mode: 'disable' } },
      { endpoint: endpoint.url + ENDPOINT_PATH, workerFile },
    );

  const together = await run();
  const split = await run(inject('bundles')['database-worker'].file);

  expect(together.outcome).toMatchObject({ outcome: 'sent' });
  expect(together.outcome.durationMs).not.toHaveProperty('worker');
  expect(split.outcome).toMatchObject({
    outcome: 'sent',
    consent: together.outcome.consent,
    report: together.outcome.report,
    version: together.outcome.version,
    durationMs: { worker: expect.any(Number), database: expect.any(Number) },
  });
  expect(split.workerLog.map((line) => JSON.parse(line))).toMatchObject([
    { level: 'INFO', outcome: 'answered', operation: 'read', database: 'metrics' },
  ]);
  const [one, other] = endpoint.reports.map(({ body }) => body.toString('utf8'));
  expect(one).toMatch(/"db_uuid"/);
  expect(other).toBe(one);
});
