import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { createFunctionPool } from '../../emulator/lambda/function-pool.ts';
import type { Circumstances } from '../../emulator/lambda/invoke.ts';
import {
  type Exchange,
  functionResult,
  type LambdaAnswer,
  lambdaError,
} from '../../emulator/lambda/invoke-api.ts';
import { MAX_ANSWER_BYTES, type ReadAnswer } from '../../lib/worker/contract/answer.ts';
import { VERSIONS } from '../../lib/worker/contract/version.ts';
import { WORKER_ENVIRONMENT, type WorkerOptions } from '../support/lambda/worker.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Arrange, consenting, testFaults, timeFor } from '../support/run/faults.ts';
import { secretFor } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';
import { WORKER_FAULTS } from './rows/worker.ts';

const databases = new AsyncDisposableStack();
/** Database of the faults that do not change it. */
let database: TestDatabase;

beforeAll(async () => {
  database = await consenting(databases);
});

afterAll(() => databases.disposeAsync());

const MISBEHAVE = join(import.meta.dirname, '..', 'support', 'lambda', 'misbehave.ts');

function having(split: WorkerOptions): Arrange {
  return () => ({ world: { split } });
}

/** Answers in place of Lambda. */
function answering(answer: LambdaAnswer): Arrange {
  return having({ interfere: () => answer });
}

/** Changes the answer of the real worker. */
function tampering(tamper: (answer: ReadAnswer & { report: object }) => object): Arrange {
  return having({
    async interfere({ run }: Exchange) {
      const { body } = await run();
      return functionResult(JSON.stringify(tamper(JSON.parse(body))));
    },
  });
}

/** Starts a worker of its own, whose process has these circumstances. */
function misbehaving(
  misbehaviour: string,
  circumstances: Circumstances,
  { timeoutMs = scaled(60_000), file = inject('bundles')['database-worker'].file } = {},
): Arrange {
  return (stack) => {
    const environment = {
      ...WORKER_ENVIRONMENT,
      MISBEHAVIOUR: misbehaviour,
      MISBEHAVE_AT_PORT: String(inject('postgres').port),
    };
    const worker = stack.use(createFunctionPool(file, environment, timeoutMs, circumstances));
    return { world: { split: { worker } } };
  };
}

function withField(text: string): object {
  const unpublished = text.replace('{', '{"mine": 1, ');
  const body = Buffer.from(unpublished);
  return {
    text: unpublished,
    bytes: body.byteLength,
    sha256: createHash('sha256').update(body).digest('hex'),
  };
}

const secretWith = (password: string) => secretFor({ ...database, password });

testFaults(
  WORKER_FAULTS,
  {
    none: having({}),
    throttled: answering(lambdaError(429, 'TooManyRequestsException')),
    networkThrottled: answering(lambdaError(502, 'EC2ThrottledException')),
    missing: answering(lambdaError(404, 'ResourceNotFoundException')),
    notReady: answering(lambdaError(409, 'ResourceConflictException')),
    denied: answering(lambdaError(403, 'AccessDeniedException')),
    noAddress: answering(lambdaError(502, 'SubnetIPAddressLimitReachedException')),
    serviceError: answering(lambdaError(500, 'ServiceException')),
    refused: async () => ({
      world: { split: true },
      environment: { AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${await freePort()}` },
    }),
    reset: having({ interfere: () => Promise.reject(new Error('closes the connection')) }),
    silent: () => ({
      world: { split: { interfere: () => new Promise(() => undefined) } },
      timeoutMs: timeFor(1_000),
    }),
    timedOut: misbehaving(
      'blockEventLoop',
      { preload: [MISBEHAVE], graceMs: 0 },
      { timeoutMs: scaled(3_000) },
    ),
    killed: misbehaving('', { kill: Promise.resolve() }),
    outOfMemory: misbehaving('exhaustMemory', {
      preload: [MISBEHAVE],
      nodeOptions: ['--max-old-space-size=32'],
    }),
    notImported: misbehaving('', {}, { file: join(import.meta.dirname, 'no-such-code.mjs') }),
    otherRelease: answering(
      functionResult(JSON.stringify({ ...VERSIONS, productVersion: '0.0.1' })),
    ),
    otherContract: answering(functionResult(JSON.stringify({ ...VERSIONS, version: 2 }))),
    notJson: answering(functionResult('{"version": 1')),
    tooLarge: answering(functionResult(`"${'x'.repeat(MAX_ANSWER_BYTES)}"`)),
    tooLargeForLambda: answering(functionResult(`"${'x'.repeat(6_291_556)}"`)),
    unknownKey: tampering((answer) => ({ ...answer, mine: 1 })),
    looserConsent: tampering((answer) => ({
      ...answer,
      facts: { ...answer.facts, restoring: true },
    })),
    stricterConsent: tampering((answer) => ({
      ...answer,
      consent: { ...answer.consent, granted: false },
      report: null,
    })),
    otherSchedule: tampering((answer) => ({ ...answer, due: { isDue: false }, report: null })),
    otherHash: tampering(({ report, ...answer }) => ({
      ...answer,
      report: { ...report, sha256: '0'.repeat(64) },
    })),
    otherSize: tampering(({ report, ...answer }) => ({
      ...answer,
      report: { ...report, bytes: report.bytes - 1 },
    })),
    unpublished: tampering(({ report, ...answer }) => ({
      ...answer,
      report: { ...report, ...withField(report.text) },
    })),
    wrongPassword: () => ({
      world: { split: true, secret: secretWith('wrong-password-of-the-worker') },
      secrets: ['wrong-password-of-the-worker'],
      after: ({ world }) => expect(world.lambda?.exchanges).toHaveLength(1),
    }),
    rotated: () => ({
      world: {
        split: true,
        secrets: (_id, stage) => ({
          VersionId: stage,
          SecretString: secretWith(
            stage === 'AWSPENDING' ? database.password : 'old-password-of-the-worker',
          ),
        }),
      },
      after: ({ world }) => expect(world.lambda?.exchanges).toHaveLength(2),
    }),
  },
  () => ({ database }),
);
