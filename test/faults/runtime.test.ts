import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { RELEASE_DATA } from '../../data/release-data.ts';
import { freePort } from '../../emulator/http-server.ts';
import type { SecretAnswer } from '../../emulator/secrets-manager.ts';
import { METRICS_NAMESPACE, SERVICE } from '../../lib/naming.ts';
import { startScheduler } from '../support/aws/scheduler.ts';
import { shiftClock } from '../support/lambda/clock.ts';
import { metricsOf, summariesOf } from '../support/lambda/invocations.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { secret } from '../support/process/secrets.ts';
import { type Arrange, consenting, type Faulty, testFaults } from '../support/run/faults.ts';
import { secretFor } from '../support/run/world.ts';
import { answerUnavailable, having, secretOf } from './arrangements/runtime.ts';
import { INPUT_ARRANGEMENTS } from './arrangements/runtime-input.ts';
import { killArrangements } from './arrangements/runtime-kills.ts';
import { RUNTIME_FAULTS } from './rows/runtime.ts';

const databases = new AsyncDisposableStack();
/** Database of the faults that do not change it. */
let database: TestDatabase;

beforeAll(async () => {
  database = await consenting(databases);
});

afterAll(() => databases.disposeAsync());

const DAY_MS = 86_400_000;

/** Expects the warning that no retry was scheduled. */
const expectWarning =
  (origin: string): NonNullable<Faulty['after']> =>
  ({ invocations }) => {
    expect(invocations.flatMap(summariesOf)).toMatchObject([
      { warnings: [expect.stringContaining(`(RETRY_NOT_SCHEDULED${origin}`)] },
    ]);
  };

/** Expects the warning that the bundled version data was used instead of the file, and a verdict. */
const expectBundledData =
  (reason: string): NonNullable<Faulty['after']> =>
  ({ invocations }) => {
    expect(invocations.flatMap(summariesOf)).toMatchObject([
      {
        warnings: [
          `The file that versionData names ${reason}. The version check uses the bundled data of ${RELEASE_DATA.asOf}. Deploy the environment again: the deployment checks the file and ships it with the function.`,
        ],
        version: { asOf: RELEASE_DATA.asOf },
      },
    ]);
  };

const MISBEHAVE = join(import.meta.dirname, '..', 'support', 'lambda', 'misbehave.ts');

/** Parses the time of a signature, such as 20261125T130000Z. */
function timeOfSignature(text: string): number {
  return Date.parse(
    text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

const REFUSED = { status: 400, type: 'InvalidSignatureException' };
const LONGEST_SKEW_MS = 5 * 60_000;

/** Creates a database whose job is due once a week, and now. With the wrong clock it is not due. */
const weekly = (stack: AsyncDisposableStack): Promise<TestDatabase> =>
  consenting(
    stack,
    `update _timescaledb_catalog.bgw_job
     set schedule_interval = '7 days', initial_start = pg_catalog.now() - interval '1 minute'`,
  );

/** Shifts the clock of the function. AWS rejects signatures of another time, and sends its time with each answer. */
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

testFaults(
  RUNTIME_FAULTS,
  {
    oneSecond: having({ timeoutMs: 1_000, after: expectWarning('') }),
    fiveSeconds: having({ timeoutMs: 5_000 }),
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
      world: { answer: answerUnavailable },
      after: ({ scheduler }) => expect(scheduler.requests).toHaveLength(2),
    }),
    clockAhead: withClockOff(DAY_MS, {}, weekly),
    clockBehind: withClockOff(-DAY_MS, {}, weekly),
    clockAheadFailure: withClockOff(DAY_MS, { world: { answer: answerUnavailable } }),
    clockBehindFailure: withClockOff(-DAY_MS, { world: { answer: answerUnavailable } }),
    signatureRefused: having({ world: { secrets: () => REFUSED } }),
    readOnly: having({ nodeOptions: ['--permission', '--allow-fs-read=*'] }),

    versionDataMissing: having({
      target: { versionData: 'missing.json' },
      after: expectBundledData('cannot be read (ENOENT)'),
    }),
    versionDataMalformed: async () => {
      const versionData = join(inject('folder'), 'version-data-of-the-faults.json');
      await writeFile(versionData, JSON.stringify({ ...RELEASE_DATA, releases: ['2.33.0'] }));
      return {
        target: { versionData },
        after: expectBundledData('does not have the form of version data'),
      };
    },

    debug: having({ environment: { AWS_LAMBDA_LOG_LEVEL: 'DEBUG' } }),
    debugFailure: async () => ({
      environment: {
        AWS_LAMBDA_LOG_LEVEL: 'DEBUG',
        DELIVERY: JSON.stringify({ endpoint: `http://127.0.0.1:${await freePort()}/v1/metrics` }),
      },
      furtherLines: 1,
    }),
    debugLogin: () => {
      const password = secret('wrong-password-of-the-runtime');
      return {
        // The log contains the name of the role.
        database: undefined,
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
      world: { answer: answerUnavailable },
      environment: {
        AWS_ENDPOINT_URL_SCHEDULER: stack.use(await startScheduler('denies')).url,
      },
      after: expectWarning(', AccessDeniedException)'),
    }),
    schedulerRefused: async () => ({
      world: { answer: answerUnavailable },
      environment: { AWS_ENDPOINT_URL_SCHEDULER: `http://127.0.0.1:${await freePort()}` },
      after: expectWarning(', ECONNREFUSED)'),
    }),
    schedulerSilent: async (stack) => ({
      world: { answer: answerUnavailable },
      environment: {
        AWS_ENDPOINT_URL_SCHEDULER: stack.use(await startScheduler('hangs')).url,
      },
      after: expectWarning(', ETIMEDOUT)'),
    }),
    ...killArrangements(() => database),
    ...INPUT_ARRANGEMENTS,
  },
  () => ({ database }),
);
