import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { freePort, listen } from '../../emulator/http-server.ts';
import { fromTable, type SecretAnswer } from '../../emulator/secrets-manager.ts';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import { METRICS_NAMESPACE, SERVICE } from '../../lib/naming.ts';
import { startScheduler } from '../support/aws/scheduler.ts';
import { shiftClock } from '../support/lambda/clock.ts';
import { metricsOf, summariesOf } from '../support/lambda/invocations.ts';
import { serveSockets } from '../support/network/sockets.ts';
import { createBlocker } from '../support/postgres/blocker.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { secret } from '../support/process/secrets.ts';
import {
  type Arrange,
  consenting,
  type FaultRun,
  type Faulty,
  testFaults,
} from '../support/run/faults.ts';
import { SECRET_ID, secretFor } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';
import { ALLOWING, bySpelling, FORBIDDING, RUNTIME_FAULTS } from './rows/runtime.ts';

const databases = new AsyncDisposableStack();
/** One for all that change nothing in it. */
let database: TestDatabase;

beforeAll(async () => {
  database = await consenting(databases);
});

afterAll(() => databases.disposeAsync());

const DAY_MS = 86_400_000;

const having =
  (faulty: Faulty): Arrange =>
  () => ({ database, ...faulty });

/** Nothing is asked of anybody. */
const without = (faulty: Faulty): Arrange => having({ ...faulty, after: expectNobodyAsked });

function expectNobodyAsked({ world }: FaultRun): void {
  expect(world.secrets.connections()).toBe(0);
}

function unavailable(response: ServerResponse): void {
  response.writeHead(503).end();
}

/** The first answer, and then those of a world in which nothing is wrong. */
function once<Args extends readonly unknown[], Result>(
  first: (...args: Args) => Result,
  later: (...args: Args) => Result,
): (...args: Args) => Result {
  let isFirst = true;
  return (...args) => {
    const answer = isFirst ? first : later;
    isFirst = false;
    return answer(...args);
  };
}

function secretOf(one: TestDatabase, port = one.port): SecretAnswer {
  const SecretString = secretFor(one, { port });
  return fromTable({ [SECRET_ID]: { AWSCURRENT: { VersionId: 'v1', SecretString } } });
}

async function expectNextTickNormal({ invokeAgain }: FaultRun): Promise<void> {
  expect(await invokeAgain()).toMatchObject({ value: { outcome: 'sent' }, exitCode: 0 });
}

/** The warning beside the first error. */
const expectWarning =
  (origin: string): NonNullable<Faulty['after']> =>
  ({ invocations }) => {
    expect(invocations.flatMap(summariesOf)).toMatchObject([
      { warnings: [expect.stringContaining(`(RETRY_NOT_SCHEDULED${origin}`)] },
    ]);
  };

const MISBEHAVE = join(import.meta.dirname, '..', 'support', 'lambda', 'misbehave.ts');

/** 20261125T130000Z. */
function timeOfSignature(text: string): number {
  return Date.parse(
    text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

const REFUSED = { status: 400, type: 'InvalidSignatureException' };
const LONGEST_SKEW_MS = 5 * 60_000;

/** Its job is due once a week, and now: by the clock it would not be. */
const weekly = (stack: AsyncDisposableStack): Promise<TestDatabase> =>
  consenting(
    stack,
    `update _timescaledb_catalog.bgw_job
     set schedule_interval = '7 days', initial_start = pg_catalog.now() - interval '1 minute'`,
  );

/** AWS looks at the clock, and says in each answer what time it is. */
const withClockOff =
  (
    shiftMs: number,
    faulty: Faulty = {},
    start: (stack: AsyncDisposableStack) => Promise<TestDatabase> | TestDatabase = () => database,
  ): Arrange =>
  async (stack) => {
    const own = await start(stack);
    const clock = shiftClock(shiftMs);
    const secrets: SecretAnswer = (id, stage, signedAt) =>
      Math.abs(timeOfSignature(signedAt) - Date.now()) > LONGEST_SKEW_MS
        ? REFUSED
        : secretOf(own)(id, stage, signedAt);
    return {
      ...faulty,
      database: own,
      world: { secrets, ...faulty.world },
      ...clock.circumstances,
      environment: clock.environment,
    };
  };

/** The process is killed when `kill` is called. */
function killer(): {
  readonly kill: (...heard: readonly unknown[]) => void;
  readonly killing: Promise<void>;
} {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { kill: () => resolve(), killing: promise };
}

testFaults(RUNTIME_FAULTS, {
  oneSecond: having({ timeoutMs: 1_000, after: expectWarning('') }),
  fiveSeconds: having({ timeoutMs: 5_000 }),
  killedInCredentials: () => {
    const { kill, killing } = killer();
    const hang: SecretAnswer = () => {
      kill();
      return { silence: true };
    };
    return {
      database,
      kill: killing,
      world: { secrets: once(hang, secretOf(database)) },
      after: expectNextTickNormal,
    };
  },
  killedInConnection: async (stack) => {
    const { kill, killing } = killer();
    const silent = stack.use(
      await serveSockets((socket) => {
        socket.on('data', kill);
      }),
    );
    return {
      database,
      kill: killing,
      world: { secrets: once(secretOf(database, silent.port), secretOf(database)) },
      after: expectNextTickNormal,
    };
  },
  killedInDatabase: async (stack) => {
    const own = await consenting(stack);
    const blocker = await createBlocker(own);
    let killedAt = 0;
    return {
      database: own,
      kill: blocker.untilSomeoneWaits().then(() => {
        killedAt = performance.now();
      }),
      async after(run) {
        // Its lock_timeout would have ended the statement after 3 s.
        expect(performance.now() - killedAt).toBeLessThan(scaled(2_500));
        await blocker[Symbol.asyncDispose]();
        await expectNextTickNormal(run);
      },
    };
  },
  killedInDelivery: () => {
    const { kill, killing } = killer();
    return {
      database,
      kill: killing,
      world: { answer: once<[ServerResponse], void>(kill, answerWithVersion('2.30.1')) },
      after: expectNextTickNormal,
    };
  },
  killedInRetry: async (stack) => {
    const { kill, killing } = killer();
    const silent = stack.use(await listen(kill));
    return {
      database,
      kill: killing,
      world: { answer: once(unavailable, answerWithVersion('2.30.1')) },
      environment: { AWS_ENDPOINT_URL_SCHEDULER: silent.url },
      after: expectNextTickNormal,
    };
  },
  outOfMemory: having({
    nodeOptions: ['--max-old-space-size=32'],
    preload: [MISBEHAVE],
    environment: {
      MISBEHAVIOUR: 'exhaustMemory',
      MISBEHAVE_AT_PORT: String(inject('postgres').port),
    },
  }),
  littleMemory: having({
    after({ invocations: [invocation] }) {
      expect(invocation?.maxMemoryBytes).toBeLessThan(128 * 2 ** 20);
    },
  }),
  doubled: having({
    times: 2,
    after({ world: { endpoint } }) {
      const [one, other] = endpoint.reports;
      expect(one?.body).toStrictEqual(other?.body);
    },
  }),
  doubledFailure: having({
    times: 2,
    world: { answer: unavailable },
    after: ({ scheduler }) => expect(scheduler.requests).toHaveLength(2),
  }),
  clockAhead: withClockOff(DAY_MS, {}, weekly),
  clockBehind: withClockOff(-DAY_MS, {}, weekly),
  clockAheadFailure: withClockOff(DAY_MS, { world: { answer: unavailable } }),
  clockBehindFailure: withClockOff(-DAY_MS, { world: { answer: unavailable } }),
  signatureRefused: having({ world: { secrets: () => REFUSED } }),
  noCredentials: without({
    environment: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      // Where every kind of credentials is looked for, nobody off this machine is asked.
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  }),
  noRegion: without({ environment: { AWS_REGION: '' } }),
  readOnly: having({ nodeOptions: ['--permission', '--allow-fs-read=*'] }),

  noTarget: without({ environment: { TARGET: '' } }),
  targetNoJson: without({ environment: { TARGET: '{' } }),
  noDelivery: without({ environment: { DELIVERY: '' } }),
  deliveryNoJson: without({ environment: { DELIVERY: 'https://telemetry.example.com/' } }),
  retryNoJson: without({ environment: { RETRY: '{' } }),
  noEnvironment: without({ environment: { TARGET: '', DELIVERY: '', RETRY: '' } }),
  unverifiedTls: without({ environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }),
  replication: without({ environment: { PGREPLICATION: 'database' } }),
  pgVariables: async () => ({
    database,
    environment: {
      PGHOST: '127.0.0.1',
      PGHOSTADDR: '127.0.0.1',
      PGPORT: String(await freePort()),
      PGUSER: 'somebody',
      PGPASSWORD: 'something',
      PGDATABASE: 'elsewhere',
      PGSERVICE: 'another',
      PGPASSFILE: '/dev/null',
      PGSSLMODE: 'require',
      PGSSLROOTCERT: '/nowhere',
      PGAPPNAME: 'another',
      PGCLIENTENCODING: 'LATIN1',
      PGCONNECT_TIMEOUT: '1',
    },
  }),
  pgOptions: having({
    environment: {
      PGOPTIONS:
        '-c search_path=public -c timescaledb.telemetry_level=basic -c lock_timeout=1 -c default_transaction_isolation=serializable',
    },
  }),

  pgNative: having({ environment: { NODE_PG_FORCE_NATIVE: '1' } }),

  eventText: without({ event: () => 'now' }),
  eventList: without({ event: (tick) => [{ scheduledTime: tick }] }),
  eventUnknownKey: without({ event: { force: true } }),
  eventManyKeys: without({
    event: () => Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`\u001b${i}`, i])),
  }),
  eventLongTime: without({
    event: { scheduledTime: `2026-11-22T04:05:00.${'0'.repeat(100_000)}Z` },
  }),
  eventTime: without({ event: { scheduledTime: 'yesterday' } }),
  eventAttempt: without({ event: { attempt: -1 } }),
  eventFlag: without({ event: { ignoreSchedule: 'yes' } }),
  eventNull: having({ event: () => null }),
  lateRetry: having({
    event: (tick) => ({
      scheduledTime: new Date(Date.parse(tick) - 3 * DAY_MS).toISOString(),
      attempt: 1,
    }),
  }),

  ...bySpelling(FORBIDDING, (text) => without({ environment: { DO_NOT_TRACK: text } })),
  ...bySpelling(ALLOWING, (text) => having({ environment: { DO_NOT_TRACK: text } })),

  debug: having({ environment: { AWS_LAMBDA_LOG_LEVEL: 'DEBUG' } }),
  debugFailure: async () => ({
    database,
    environment: {
      AWS_LAMBDA_LOG_LEVEL: 'DEBUG',
      DELIVERY: JSON.stringify({ endpoint: `http://127.0.0.1:${await freePort()}/v1/metrics` }),
    },
    furtherLines: 1,
  }),
  // PostgreSQL's own text names the role.
  debugLogin: () => {
    const password = secret('wrong-password-of-the-runtime');
    return {
      world: { secret: secretFor({ ...database, password }) },
      environment: { AWS_LAMBDA_LOG_LEVEL: 'DEBUG' },
      furtherLines: 1,
      secrets: [password, database.password],
    };
  },
  powertools: having({
    environment: {
      POWERTOOLS_LOGGER_LOG_EVENT: 'true',
      POWERTOOLS_LOGGER_SAMPLE_RATE: '1',
      POWERTOOLS_SERVICE_NAME: 'another',
      POWERTOOLS_METRICS_NAMESPACE: 'Another',
    },
    furtherLines: 2,
    after({ invocations }) {
      expect(invocations.flatMap(metricsOf)).toMatchObject([
        {
          service: SERVICE,
          _aws: { CloudWatchMetrics: [{ Namespace: METRICS_NAMESPACE }] },
        },
      ]);
    },
  }),

  schedulerDenies: async (stack) => ({
    database,
    world: { answer: unavailable },
    environment: {
      AWS_ENDPOINT_URL_SCHEDULER: stack.use(await startScheduler('denies')).url,
    },
    after: expectWarning(', AccessDeniedException)'),
  }),
  schedulerRefused: async () => ({
    database,
    world: { answer: unavailable },
    environment: { AWS_ENDPOINT_URL_SCHEDULER: `http://127.0.0.1:${await freePort()}` },
    after: expectWarning(', ECONNREFUSED)'),
  }),
  schedulerSilent: async (stack) => ({
    database,
    world: { answer: unavailable },
    environment: {
      AWS_ENDPOINT_URL_SCHEDULER: stack.use(await startScheduler('hangs')).url,
    },
    after: expectWarning(', ETIMEDOUT)'),
  }),
});
