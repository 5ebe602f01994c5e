import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { RELEASE_DATA } from '../../data/release-data.ts';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import { METRICS } from '../../lib/naming.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { invokeSendReport, metricsOf, summariesOf } from '../support/lambda/invocations.ts';
import { createConsenting } from '../support/lambda/retries.ts';
import { createDatabase } from '../support/postgres/databases.ts';
import { MODES, secretFor, startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

describe.each(MODES)('the database is reached %s', (_how, split) => {
  test('sends a report once, and writes one line and its metrics, with the version of package.json', async () => {
    await using database = await createConsenting();
    // Newer than every release on the server's disk.
    await using world = await startWorld({
      secret: secretFor(database),
      answer: answerWithVersion('2.33.1'),
      split,
    });

    // An old retry would be skipped.
    const scheduledTime = new Date(Date.now() - 3_600_000).toISOString();
    const invocation = await invokeSendReport(world, {
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
        verdicts: expect.arrayContaining(['alter-extension', 'upgrade-package']),
        advisories: ['GHSA-hcfx-29v5-2rcw'],
        asOf: RELEASE_DATA.asOf,
      },
    };
    expect(invocation).toMatchObject({ value: outcome, exitCode: 0 });
    const product = `timescaledb-telemetry/${packageJson.version}`;
    expect(world.endpoint.reports[0]?.headers['user-agent']).toBe(product);
    expect(summariesOf(invocation)).toMatchObject([{ level: 'ERROR', product, ...outcome }]);
    expect(metricsOf(invocation)).toMatchObject([
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
        JobsBroken: 0,
        VersionsBehind: 5,
        FailingJobs: 0,
      },
    ]);
    expect(invocation.log).toHaveLength(2);
  });

  test('sends the body and a fixed list of headers', async () => {
    await using database = await createConsenting();
    await using world = await startWorld({ secret: secretFor(database), split });

    await invokeSendReport(world);

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
  ])('opens no connection to the endpoint if %s', async (_reason, sql, environment) => {
    await using database = await createDatabase({ release: '2.28.3' });
    await database.admin.query(sql(database.name));
    await using world = await startWorld({ secret: secretFor(database), split });

    const invocation = await invokeSendReport(world, { environment });

    expect(invocation).toMatchObject({ value: { outcome: 'skipped' } });
    expect(summariesOf(invocation)).toMatchObject([{ level: 'INFO', outcome: 'skipped' }]);
    expect(metricsOf(invocation)).toMatchObject([{ Completed: 1, Skipped: 1, Sent: 0 }]);
    expect(world.endpoint.connections()).toBe(0);
  });

  test('notes a reply that is too slow, and keeps the receipt of the report', async () => {
    await using database = await createConsenting();
    await using world = await startWorld({
      secret: secretFor(database),
      answer(response) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{');
      },
      split,
    });

    const invocation = await invokeSendReport(world, { timeoutMs: scaled(2_500) + 1_500 });

    expect(world.endpoint.reports).toHaveLength(1);
    expect(invocation).toMatchObject({
      value: {
        outcome: 'sent',
        receipt: { status: 200 },
        version: { verdicts: expect.arrayContaining(['unknown', 'alter-extension']) },
        message: 'telemetry error: incomplete HTTP response (too slow)',
      },
    });
  });
});
