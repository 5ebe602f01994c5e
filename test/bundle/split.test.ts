import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { invoke } from '../../emulator/lambda/invoke.ts';
import type { FunctionName } from '../../infra/bundle/bundle.ts';
import { createCheckedDatabase } from '../support/lambda/checks.ts';
import { invokeRecorded, linesOf, portOf, summariesOf } from '../support/lambda/invocations.ts';
import {
  createRecordedWorker,
  type RecordedWorker,
  workerLines,
} from '../support/lambda/recorded-worker.ts';
import { WORKER_ENVIRONMENT } from '../support/lambda/worker.ts';
import { fromQuery } from '../support/network/faulty-network.ts';
import { startProxy } from '../support/network/sockets.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from '../support/postgres/postgres.ts';
import { secretFor, startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

/** A database that no test changes. */
let healthy: TestDatabase;
let worker: RecordedWorker;

beforeAll(async () => {
  healthy = await createCheckedDatabase();
  worker = createRecordedWorker();
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await healthy[Symbol.asyncDispose]();
});

/** Returns a result without the times of the run. */
function untimed(value: unknown): unknown {
  const { durationMs: _, receipt: __, ...rest } = Object(value);
  return rest;
}

function resultOf(invocation: object): unknown {
  expect(invocation).toHaveProperty('value');
  return Reflect.get(invocation, 'value');
}

describe('with a worker', () => {
  test('send-report sends the same report and has the same result, and never connects to the database', async () => {
    await using world = await worker.startWorld(healthy);
    await using together = await startWorld({ secret: secretFor(healthy), split: false });
    const event = { ignoreSchedule: true };

    const split = await invokeRecorded(world, 'send-report', event);
    const one = await invokeRecorded(together, 'send-report', event);

    expect(untimed(resultOf(split))).toStrictEqual(untimed(resultOf(one)));
    expect(world.endpoint.reports.map(({ body }) => String(body))).toStrictEqual(
      together.endpoint.reports.map(({ body }) => String(body)),
    );
    expect(world.endpoint.reports).toHaveLength(1);
    const lambda = portOf({ url: world.lambda?.url ?? '' });
    expect(split.connections).toStrictEqual(
      [portOf(world.secrets), lambda, portOf(world.endpoint)].toSorted(),
    );
    expect(summariesOf(split)).toMatchObject([
      {
        outcome: 'sent',
        durationMs: {
          credentials: expect.any(Number),
          worker: expect.any(Number),
          connection: expect.any(Number),
          database: expect.any(Number),
        },
      },
    ]);
    expect(workerLines(world, healthy)).toMatchObject([
      {
        level: 'INFO',
        message: 'The database was read.',
        outcome: 'answered',
        operation: 'read',
        environment: 'test',
        database: 'metrics',
        durationMs: { total: expect.any(Number) },
      },
    ]);
  });

  test('send-report sends nothing without consent', async () => {
    await using database = await createCheckedDatabase();
    await database.admin.query('update _timescaledb_catalog.bgw_job set scheduled = false');
    await using world = await worker.startWorld(database);
    const invocation = await invokeRecorded(world, 'send-report');
    expect(invocation).toMatchObject({
      value: { outcome: 'skipped', consent: { granted: false, rule: 'job-paused' } },
    });
    expect(world.endpoint.connections()).toBe(0);
  });

  test('send-report invokes nothing under DO_NOT_TRACK', async () => {
    await using world = await worker.startWorld(healthy);
    const environment = { DO_NOT_TRACK: '1' };
    const { connections } = await invokeRecorded(world, 'send-report', {}, { environment });
    expect(connections).toStrictEqual([]);
    expect(world.lambda?.exchanges).toStrictEqual([]);
  });

  test.each([{}, { alwaysDisplayReport: true }])(
    'get-report shows the same preview of %j, and never connects to the database',
    async (event) => {
      await using database = await createCheckedDatabase();
      const { name, admin } = database;
      await admin.query(`alter database ${name} set timescaledb.telemetry_level = 'no level'`);
      await using world = await worker.startWorld(database);
      await using together = await startWorld({ secret: secretFor(database), split: false });

      const split = await invokeRecorded(world, 'get-report', event);
      const one = await invokeRecorded(together, 'get-report', event);

      expect(resultOf(split)).toStrictEqual(resultOf(one));
      expect(resultOf(split)).toHaveProperty(
        'report',
        'alwaysDisplayReport' in event ? expect.any(String) : null,
      );
      const lambda = portOf({ url: world.lambda?.url ?? '' });
      expect(split.connections).toStrictEqual([portOf(world.secrets), lambda].toSorted());
      expect(workerLines(world, database)).toMatchObject([{ outcome: 'answered' }]);
    },
  );
});

describe('configure with a worker', () => {
  const secret = ({ name }: TestDatabase) =>
    secretFor({ name, role: SUPERUSER, password: SUPERUSER_PASSWORD });

  test('makes the change in the worker, and returns the same result', async () => {
    await using database = await createCheckedDatabase();
    await using world = await worker.startWorld(database, secret(database));
    await using together = await startWorld({ secret: secret(database), split: false });
    const disable = { action: 'disable', scope: 'database' };

    const planned = await invokeRecorded(world, 'configure', { ...disable, dryRun: true });
    const alone = await invokeRecorded(together, 'configure', { ...disable, dryRun: true });
    const off = await invokeRecorded(world, 'configure', disable);
    const on = await invokeRecorded(world, 'configure', { ...disable, action: 'enable' });

    expect(resultOf(planned)).toStrictEqual(resultOf(alone));
    const level = `ALTER DATABASE ${database.name} SET timescaledb.telemetry_level =`;
    expect(off).toMatchObject({
      value: {
        statements: [`${level} 'off'`, expect.stringContaining('scheduled = false')],
        consent: { before: { granted: true }, after: { granted: false, rule: 'level-off' } },
      },
    });
    expect(on).toMatchObject({
      value: { consent: { before: { granted: false }, after: { granted: true } } },
    });
    for (const { connections, log } of [planned, off, on]) {
      expect(connections).not.toContain(`127.0.0.1:${database.port}`);
      expect(log.join('\n')).not.toContain(database.name);
    }
    expect(linesOf(off)).toMatchObject([
      {
        outcome: 'changed',
        durationMs: { worker: expect.any(Number), change: expect.any(Number) },
      },
    ]);
    expect(workerLines(world, database)).toMatchObject([
      { operation: 'change', outcome: 'answered' },
      { operation: 'change', outcome: 'answered' },
      { operation: 'change', outcome: 'answered' },
    ]);
  });

  test('fails with the error of the server, and with what was known before it', async () => {
    await using world = await worker.startWorld(healthy);
    const denied = await invokeRecorded(world, 'configure', {
      action: 'disable',
      scope: 'database',
    });
    expect(denied).toMatchObject({ error: { name: 'RunError' } });
    expect(linesOf(denied)).toMatchObject([
      {
        outcome: 'failed',
        error: { code: 'CHANGE_DENIED', origin: '42501' },
        statements: [expect.stringContaining('<this database>'), expect.any(String)],
        consent: { before: { granted: true }, after: null },
      },
    ]);
    expect(workerLines(world, healthy)).toMatchObject([
      { outcome: 'failed', level: 'WARN', error: { code: 'CHANGE_DENIED' } },
    ]);
  });
});

test('the worker ends before the sender gives up, and the line names its phase', async () => {
  // The server ends the session after 10 s without a statement.
  await using server = await startProxy(
    inject('postgres').port,
    fromQuery(2, () => undefined),
  );
  const { name, role, password } = healthy;
  const secret = secretFor({ name, role, password }, { port: server.port });
  await using world = await worker.startWorld(healthy, secret);
  const invocation = await invokeRecorded(
    world,
    'send-report',
    {},
    {},
    scaled(4_000, 8_000) + 1_500,
  );
  expect(summariesOf(invocation)).toMatchObject([
    {
      outcome: 'failed',
      message: expect.stringMatching(/^The phase "database" exceeded its time limit of /),
      error: { code: 'TIME_LIMIT' },
      durationMs: { worker: expect.any(Number), database: expect.any(Number) },
    },
  ]);
  const lines = workerLines(world, { ...healthy, port: server.port });
  expect(lines).toMatchObject([{ outcome: 'failed', error: { code: 'TIME_LIMIT' } }]);
});

test('the worker refuses an event that is not a request, and does not repeat it', async () => {
  const { file } = inject('bundles')['database-worker'];
  const invocation = await invoke(file, { credentials: 'c4n4ry-of-the-split' }, WORKER_ENVIRONMENT);
  expect(invocation).toMatchObject({ error: { name: 'RunError' }, exitCode: 0 });
  expect(linesOf(invocation)).toMatchObject([
    { level: 'ERROR', outcome: 'failed', error: { code: 'EVENT_INVALID' } },
  ]);
  expect(JSON.stringify(invocation)).not.toContain('c4n4ry');
});

/** Code of the AWS SDK, of its credentials and of signatures, and of delivery. */
const FOREIGN = /@aws-sdk|smithy|lib\/(aws|record|delivery|credentials\/secrets-manager)/;

test('the bundle of the worker has no AWS SDK, no Powertools, no endpoint and no code that sends', () => {
  const { sources, packages, bytes } = inject('bundles')['database-worker'];
  const names = packages.map(({ name }) => name);
  expect(names.filter((name) => /aws|smithy/.test(name))).toEqual([]);
  expect(sources.filter((source) => FOREIGN.test(source))).toEqual([]);
  expect(bytes).toBeLessThan(250_000);
  const sender: FunctionName = 'send-report';
  expect(inject('bundles')[sender].packages.some(({ name }) => /aws-sdk/.test(name))).toBe(true);
});
