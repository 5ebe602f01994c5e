import { expect, test } from 'vitest';
import { type S3, startS3 } from '../../emulator/s3.ts';
import { decodeRunOf } from '../../lib/record/recorded-run.ts';
import {
  invokeRecorded,
  invokeSendReport,
  portOf,
  summariesOf,
} from '../support/lambda/invocations.ts';
import { createConsenting } from '../support/lambda/retries.ts';
import { secretFor, startWorld } from '../support/run/world.ts';

const TICK = '2026-11-28T04:05:00Z';
const KEY = 'runs/environment=test/date=2026-11-28/database=metrics/20261128T040500Z-0.json.gz';

function environmentOf({ url }: S3) {
  return { AWS_ENDPOINT_URL_S3: url, RECORD: '{"bucket":"records"}' };
}

test('records the line and the posted text after the delivery', async () => {
  await using database = await createConsenting();
  await using world = await startWorld({ secret: secretFor(database) });
  await using s3 = await startS3({
    bucket: 'records',
    interfere() {
      expect(world.endpoint.reports).toHaveLength(1);
      return false;
    },
  });

  const invocation = await invokeSendReport(world, {
    event: { scheduledTime: TICK },
    environment: environmentOf(s3),
  });

  expect([...s3.objects.keys()]).toEqual([KEY]);
  const decoded = decodeRunOf(KEY, s3.objects.get(KEY) ?? Buffer.alloc(0));
  const run = 'run' in decoded ? decoded.run : undefined;
  expect(run?.report).toBe(world.endpoint.reports[0]?.body.toString('utf8'));
  const [summary] = summariesOf(invocation);
  const { durationMs, severity, ...line } = run?.line ?? { severity: undefined };
  expect(summary).toMatchObject({ level: severity, ...line });
  expect(summary).toMatchObject({ durationMs: { record: expect.any(Number) } });
  expect(durationMs).toMatchObject({ delivery: expect.any(Number), total: expect.any(Number) });
  expect(durationMs).not.toHaveProperty('record');
  expect(summary).not.toHaveProperty('warnings');
});

test('records the runs of two environments and two databases in one bucket', async () => {
  await using database = await createConsenting();
  await using world = await startWorld({ secret: secretFor(database) });
  await using s3 = await startS3({ bucket: 'records' });
  for (const [environment, name] of [
    ['prod', 'orders'],
    ['prod', 'metrics'],
    ['test', 'orders'],
  ] as const) {
    await invokeSendReport(world, {
      event: { scheduledTime: TICK },
      target: { environment, name },
      environment: environmentOf(s3),
    });
  }
  expect([...s3.objects.keys()].toSorted()).toEqual([
    'runs/environment=prod/date=2026-11-28/database=metrics/20261128T040500Z-0.json.gz',
    'runs/environment=prod/date=2026-11-28/database=orders/20261128T040500Z-0.json.gz',
    'runs/environment=test/date=2026-11-28/database=orders/20261128T040500Z-0.json.gz',
  ]);
});

test('opens no connection to S3 without RECORD, and none through the proxy', async () => {
  await using database = await createConsenting();
  await using world = await startWorld({ secret: secretFor(database) });
  await using s3 = await startS3({ bucket: 'records' });
  const environment = { ...environmentOf(s3), DELIVERY: '{"latestVersion":"2.30.1"}' };

  const { RECORD: _, ...withoutRecord } = environment;
  const without = await invokeRecorded(world, 'send-report', {}, { environment: withoutRecord });
  expect(without).toMatchObject({ value: { outcome: 'checked' } });
  expect(without.connections).not.toContain(portOf(s3));

  // No server listens at the proxy's address.
  const proxy = { NODE_USE_ENV_PROXY: '1', http_proxy: 'http://127.0.0.1:9' };
  const direct = await invokeRecorded(
    world,
    'send-report',
    {},
    { environment: { ...environment, ...proxy } },
  );
  expect(direct).toMatchObject({ value: { outcome: 'checked' } });
  expect(summariesOf(direct)[0]).not.toHaveProperty('warnings');
  expect(direct.connections).toContain(portOf(s3));
  expect(s3.objects.size).toBe(1);
});
