import { chmod, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../emulator/lambda/invoke.ts';
import { startS3 } from '../../emulator/s3.ts';
import { fromTable, startSecretsManager } from '../../emulator/secrets-manager.ts';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
  type TelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { createBlocker } from '../support/postgres/blocker.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import {
  type Ended,
  runCommand,
  type Started,
  startCommand,
  urlOf,
  variablesOf,
} from '../support/process/commands.ts';
import { recordedIn } from '../support/run/recorded.ts';
import { secretFor } from '../support/run/world.ts';
import type { Json } from '../support/timescaledb/reports.ts';

const DUE = '2026-11-22T00:00:00Z';

/** A database that consents, whose job is due once a day. */
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3', level: 'basic', label: 'run' });
});
afterAll(() => database[Symbol.asyncDispose]());

function startEndpoint(answer = answerWithVersion('2.30.1')): Promise<TelemetryEndpoint> {
  return startTelemetryEndpoint(answer);
}

/** Writes files into a new folder that only their owner may read, and returns the path of the first. */
async function write(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(inject('folder'), 'run-'));
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  return join(folder, Object.keys(files)[0] ?? '');
}

/** Returns the content of a target file that sends to this endpoint. */
function targetFor({ url }: Pick<TelemetryEndpoint, 'url'>, keys: Json = {}): Json {
  return {
    name: 'metrics',
    environment: 'test',
    tls: { mode: 'disable' },
    delivery: { endpoint: url + ENDPOINT_PATH },
    ...keys,
  };
}

type Variables = Readonly<Record<string, string>>;

async function start(
  target: Json,
  args: readonly string[],
  variables: Variables,
): Promise<Started> {
  const file = await write({ 'target.json': target });
  return startCommand('run', ['--target', file, ...args], variables);
}

async function run(target: Json, variables: Variables, ...args: readonly string[]): Promise<Ended> {
  return (await start(target, args, variables)).ended;
}

/** Parses the only line of the command. */
function lineOf({ stdout, stderr }: Ended): Json {
  expect(stderr).toBe('');
  expect(stdout.endsWith('\n')).toBe(true);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
}

describe.concurrent('a run sends the report with credentials', () => {
  /** Expects that the report was sent, and that the line has the fields of a function's. */
  function expectSent(ended: Ended, endpoint: TelemetryEndpoint): void {
    const line = lineOf(ended);
    expect(ended.code).toBe(0);
    expect(line).toMatchObject({
      // The installed version has a published vulnerability.
      level: 'ERROR',
      message: 'the "timescaledb" extension is not up-to-date',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'timescaledb-telemetry',
      outcome: 'sent',
      environment: 'test',
      database: 'metrics',
      consent: { granted: true, rule: 'level-set' },
      report: { source: 'catalog', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      receipt: { status: 200 },
      version: { installed: '2.28.3', latest: '2.30.1' },
    });
    expect(line).not.toHaveProperty('severity');
    expect(endpoint.reports).toHaveLength(1);
    for (const name of [database.name, database.role, database.password]) {
      expect(ended.stdout).not.toContain(name);
    }
  }

  test('from the variables of psql', async () => {
    await using endpoint = await startEndpoint();
    expectSent(await run(targetFor(endpoint), variablesOf(database)), endpoint);
  });

  test('from DATABASE_URL', async () => {
    await using endpoint = await startEndpoint();
    expectSent(await run(targetFor(endpoint), { DATABASE_URL: urlOf(database) }), endpoint);
  });

  test('from PGPASSFILE', async () => {
    await using endpoint = await startEndpoint();
    const { PGPASSWORD, ...variables } = variablesOf(database);
    const PGPASSFILE = await write({ pgpass: `127.0.0.1:*:*:*:${PGPASSWORD}\n` });
    expectSent(await run(targetFor(endpoint), { ...variables, PGPASSFILE }), endpoint);
  });

  test('from a Unix socket, whose connection has no TLS', async () => {
    await using endpoint = await startEndpoint();
    const { rows } = await database.admin.query<{ folder: string }>(
      `select current_setting('unix_socket_directories') as folder`,
    );
    const variables = { ...variablesOf(database), PGHOST: rows[0]?.folder ?? '' };
    expectSent(await run(targetFor(endpoint, { tls: {} }), variables), endpoint);
  });

  test('from a file beside the target file', async () => {
    await using endpoint = await startEndpoint();
    const file = await write({
      'target.json': targetFor(endpoint, { credentialsFile: 'credentials' }),
      credentials: secretFor(database),
    });
    // Variables of another server have no effect.
    const variables = { PGHOST: '127.0.0.2', PGPASSWORD: 'another-password' };
    expectSent(await runCommand('run', ['--target', file], variables), endpoint);
  });

  test('from Secrets Manager, as found by the default chain of the AWS SDK', async () => {
    await using endpoint = await startEndpoint();
    await using secrets = await startSecretsManager(
      fromTable({
        'test/metrics': { AWSCURRENT: { VersionId: 'v1', SecretString: secretFor(database) } },
      }),
    );
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = LOCAL_CREDENTIALS;
    const profile = [
      '[profile telemetry]',
      'region = us-east-1',
      `aws_access_key_id = ${AWS_ACCESS_KEY_ID}`,
      `aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}`,
      `aws_session_token = ${AWS_SESSION_TOKEN}`,
    ].join('\n');
    const variables = {
      AWS_CONFIG_FILE: await write({ config: profile }),
      AWS_PROFILE: 'telemetry',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    };
    const target = targetFor(endpoint, { secretId: 'test/metrics' });
    expectSent(await run(target, variables), endpoint);
    expect(secrets.requests).toEqual([{ secretId: 'test/metrics', stage: 'AWSCURRENT' }]);
  });
});

describe.concurrent('the tick of a run', () => {
  test('is the last multiple of tickHours, so that repeated runs have the same', async () => {
    await using endpoint = await startEndpoint();
    const line = lineOf(await run(targetFor(endpoint, { tickHours: 1 }), variablesOf(database)));
    const now = Date.now();
    const tick = Date.parse(String(line['scheduledTime']));
    expect(tick % 3_600_000).toBe(0);
    expect(now - tick).toBeLessThan(2 * 3_600_000);
  });

  test('is that of --scheduled-time, and is skipped with status 0 if the job is not due', async () => {
    await using weekly = await createDatabase({ release: '2.28.3', level: 'basic' });
    await weekly.admin.query(
      `update _timescaledb_catalog.bgw_job set schedule_interval = '7 days', initial_start = '${DUE}'`,
    );
    await using endpoint = await startEndpoint();
    const target = targetFor(endpoint);
    const later = ['--scheduled-time', '2026-11-24T00:00:00Z'];
    const skipped = await run(target, variablesOf(weekly), ...later);
    expect([lineOf(skipped)['outcome'], skipped.code]).toEqual(['skipped', 0]);
    expect(endpoint.connections()).toBe(0);

    const due = await run(target, variablesOf(weekly), '--scheduled-time', DUE);
    expect(lineOf(due)).toMatchObject({ outcome: 'sent', scheduledTime: DUE });
    const byHand = lineOf(await run(target, variablesOf(weekly), '--ignore-schedule'));
    expect(byHand).toMatchObject({ outcome: 'sent' });
    expect(byHand).not.toHaveProperty('scheduledTime');
  });
});

describe.concurrent('a run without consent ends with status 0 and sends nothing', () => {
  test('with DO_NOT_TRACK', async () => {
    await using endpoint = await startEndpoint();
    const ended = await run(targetFor(endpoint), { ...variablesOf(database), DO_NOT_TRACK: '1' });
    expect(lineOf(ended)).toMatchObject({
      outcome: 'skipped',
      consent: { granted: false, rule: 'do-not-track' },
      remedy: expect.stringContaining('from the environment of this process'),
    });
    expect([ended.code, endpoint.connections()]).toEqual([0, 0]);
  });

  test('even with --ignore-schedule', async () => {
    await using denied = await createDatabase({ release: '2.28.3', level: 'off' });
    await using endpoint = await startEndpoint();
    const ended = await run(targetFor(endpoint), variablesOf(denied), '--ignore-schedule');
    expect(lineOf(ended)).toMatchObject({ outcome: 'skipped', consent: { rule: 'level-off' } });
    expect([ended.code, endpoint.connections()]).toEqual([0, 0]);
  });
});

describe.concurrent('a run that fails ends with the status', () => {
  test('75 if a retry may help', async () => {
    await using endpoint = await startEndpoint((response) => void response.writeHead(503).end());
    const ended = await run(targetFor(endpoint), variablesOf(database));
    expect(lineOf(ended)).toMatchObject({
      level: 'ERROR',
      outcome: 'failed',
      remedy: 'Wait: the endpoint is overloaded or broken. A later run may succeed.',
      error: { code: 'ENDPOINT_UNAVAILABLE', retryable: true },
    });
    expect(ended.code).toBe(75);
  });

  test('1 if a retry does not help; --debug adds the original error', async () => {
    await using endpoint = await startEndpoint();
    const variables = { ...variablesOf(database), PGPASSWORD: 'wrong-password' };
    const { stdout, stderr, code } = await run(targetFor(endpoint), variables, '--debug');
    const [debug, line] = stdout
      .trimEnd()
      .split('\n')
      .map((text): Json => JSON.parse(text));
    expect(debug).toMatchObject({
      level: 'DEBUG',
      original: `error: password authentication failed for user "${database.role}"`,
    });
    expect(line).toMatchObject({ error: { code: 'DATABASE_AUTHENTICATION', origin: '28P01' } });
    expect([stderr, code, endpoint.connections()]).toEqual(['', 1, 0]);
  });

  test('1 for a credentials file that others can read', async () => {
    await using endpoint = await startEndpoint();
    const credentialsFile = await write({ credentials: secretFor(database) });
    await chmod(credentialsFile, 0o644);
    const ended = await run(targetFor(endpoint, { credentialsFile }), {});
    expect(lineOf(ended)).toMatchObject({ error: { code: 'SECRET_UNREADABLE' } });
    expect(ended.code).toBe(1);
  });

  test('2 for an invalid target file, with all problems in the line', async () => {
    const ended = await run(
      { name: 'metrics', delivery: { endpoint: 'telemetry' } },
      { PGPORT: 'x' },
    );
    expect(lineOf(ended)).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(
        /^The configuration of this run \(\/.*\/target\.json\) has 3 problems: environment: .*; delivery\.endpoint: .*; PGPORT must be /,
      ),
      error: { code: 'CONFIG_INVALID' },
    });
    expect(ended.code).toBe(2);
  });

  test.each([
    ['a file that does not exist', undefined, 'cannot be read (ENOENT)'],
    ['a file that is not JSON', 'name: metrics', 'is not JSON'],
  ])('2 for %s, which the line names as it was given', async (_fault, content, problem) => {
    const file = `${await write({ "$&'$$.json": content ?? '' })}${content === undefined ? '-absent' : ''}`;
    const ended = await runCommand('run', ['--target', file]);
    expect(lineOf(ended)['message']).toBe(
      `The configuration of this run (${file}) has a problem: the target file: ${problem}.`,
    );
    expect(ended.code).toBe(2);
  });

  test('2 for wrong options, which are all named', async () => {
    const { stdout, stderr, code } = await runCommand('run', [
      ...['--scheduled-time', 'yesterday', '--time-limit', '0'],
    ]);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr.split('\n').slice(0, 3)).toEqual([
      '--target <file> is missing',
      '--scheduled-time must be an ISO 8601 time such as 2026-11-22T04:05:00Z',
      '--time-limit must be a whole number of seconds from 1 to 99999',
    ]);
  });
});

describe('a signal', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends a run that reads the database with status 75 and one line',
    async (signal) => {
      await using blocked = await createDatabase({ release: '2.28.3', level: 'basic' });
      await using endpoint = await startEndpoint();
      await using blocker = await createBlocker(blocked);
      const started = await start(targetFor(endpoint), [], variablesOf(blocked));
      await blocker.untilSomeoneWaits();
      started.signal(signal);
      const ended = await started.ended;
      expect(lineOf(ended)).toMatchObject({
        outcome: 'failed',
        error: { code: 'INTERRUPTED', retryable: true },
        remedy: 'Run the command again. The connection was closed. Nothing was sent or changed.',
      });
      expect([ended.code, endpoint.connections()]).toEqual([75, 0]);
    },
  );

  test('does not end a delivery that has begun', async () => {
    const received = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    await using endpoint = await startTelemetryEndpoint(async (response) => {
      received.resolve();
      await answered.promise;
      answerWithVersion('2.30.1')(response);
    });
    const started = await start(targetFor(endpoint), [], variablesOf(database));
    await received.promise;
    started.signal('SIGTERM');
    answered.resolve();
    const ended = await started.ended;
    expect([lineOf(ended)['outcome'], ended.code]).toEqual(['sent', 0]);
  });
});

describe.concurrent('a run is recorded', () => {
  test('in a folder, under a second key if its tick is run twice', async () => {
    await using endpoint = await startEndpoint();
    const folder = await mkdtemp(join(inject('folder'), 'record-'));
    const target = targetFor(endpoint, { record: { folder } });
    const tick = ['--scheduled-time', DUE];
    const lines = [
      lineOf(await run(target, variablesOf(database), ...tick)),
      lineOf(await run(target, variablesOf(database), ...tick)),
    ];
    const posted = endpoint.reports.map(({ body }) => body.toString('utf8'));
    expect(await recordedIn(folder)).toMatchObject(
      lines.map(({ message, report }, index) => ({
        run: {
          line: { outcome: 'sent', scheduledTime: DUE, message, report },
          report: posted[index],
        },
      })),
    );
  });

  test('in a bucket', async () => {
    await using endpoint = await startEndpoint();
    await using s3 = await startS3({ bucket: 'records' });
    const target = targetFor(endpoint, { record: { bucket: 'records', prefix: 'telemetry' } });
    const ended = await run(target, {
      ...variablesOf(database),
      ...LOCAL_CREDENTIALS,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: s3.url,
    });
    expect([lineOf(ended)['outcome'], ended.code]).toEqual(['sent', 0]);
    expect([...s3.objects.keys()]).toEqual([
      expect.stringMatching(/^telemetry\/runs\/environment=test\/date=[\d-]+\/database=metrics\//),
    ]);
  });

  test('with a warning, and the same status, if the folder cannot be written', async () => {
    await using endpoint = await startEndpoint();
    const record = { folder: await write({ 'no-folder': '' }) };
    const ended = await run(targetFor(endpoint, { record }), variablesOf(database));
    expect(lineOf(ended)).toMatchObject({
      outcome: 'sent',
      warnings: [
        expect.stringMatching(
          /^The run could not be recorded in the folder\. \(RECORD_NOT_WRITTEN/,
        ),
      ],
    });
    expect(ended.code).toBe(0);
  });
});
