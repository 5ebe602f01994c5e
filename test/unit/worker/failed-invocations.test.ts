import { describe, expect, test } from 'vitest';
import { freePort } from '../../../emulator/http-server.ts';
import {
  functionError,
  functionResult,
  type LambdaAnswer,
  lambdaError,
} from '../../../emulator/lambda/invoke-api.ts';
import type { ErrorCode } from '../../../lib/errors.ts';
import { MAX_ANSWER_BYTES } from '../../../lib/worker/contract/answer.ts';
import { VERSIONS } from '../../../lib/worker/contract/version.ts';
import { failedAnswer, readAnswer } from './answers.ts';
import { startRemoteRuns } from './remote-run.ts';

/** Runs a tick whose worker gives this answer, and returns its line. Expects that nothing reaches the endpoint. */
async function lineAfter(answer: LambdaAnswer | object) {
  await using runs = await startRemoteRuns(() => answer);
  const { line } = await runs.run();
  expect(runs.endpoint.connections()).toBe(0);
  expect(runs.lambda.exchanges).toHaveLength(1);
  expect(runs.schedules).toHaveLength(line.error?.retryable ? 1 : 0);
  expect(line).toMatchObject({
    outcome: 'failed',
    remedy: expect.stringMatching(/^[A-Z]\w+ .*\.$/),
  });
  return line;
}

describe('Lambda refuses the invocation:', () => {
  test.each<[number, string, ErrorCode]>([
    [429, 'TooManyRequestsException', 'WORKER_THROTTLED'],
    [502, 'EC2ThrottledException', 'WORKER_THROTTLED'],
    [403, 'AccessDeniedException', 'WORKER_DENIED'],
    [403, 'ExpiredTokenException', 'WORKER_DENIED'],
    [404, 'ResourceNotFoundException', 'WORKER_UNAVAILABLE'],
    [409, 'ResourceConflictException', 'WORKER_UNAVAILABLE'],
    [502, 'EC2AccessDeniedException', 'WORKER_UNAVAILABLE'],
    [502, 'ENILimitReachedException', 'WORKER_UNAVAILABLE'],
    [502, 'SubnetIPAddressLimitReachedException', 'WORKER_UNAVAILABLE'],
    [502, 'InvalidSecurityGroupIDException', 'WORKER_UNAVAILABLE'],
    [413, 'RequestTooLargeException', 'WORKER_UNAVAILABLE'],
    [500, 'ServiceException', 'WORKER_UNAVAILABLE'],
  ])('%i %s is %s', async (status, origin, code) => {
    const line = await lineAfter(lambdaError(status, origin));
    expect(line.error).toMatchObject({ code, origin });
    expect(line.durationMs).toMatchObject({ worker: expect.any(Number) });
  });
});

describe('the function of the worker fails:', () => {
  test.each([
    ['Sandbox.Timedout', "it exceeded its function's timeout"],
    ['Function.ResponseSizeTooLarge', 'its answer is larger than Lambda allows'],
    ['Runtime.ExitError', 'its process was ended, possibly because it has no memory left'],
    ['Runtime.OutOfMemory', 'it has no memory left'],
    ['Runtime.ImportModuleError', 'its process could not start'],
    ['TimeoutError', "it exceeded its function's timeout"],
    ['TypeError', 'its code failed'],
  ])('%s', async (errorType, reason) => {
    const line = await lineAfter(functionError(errorType, 'c4n4ry'));
    expect(line).toMatchObject({
      message: `The worker ended without an answer: ${reason}.`,
      error: { code: 'WORKER_FAILED', origin: errorType, retryable: true },
    });
    expect(JSON.stringify(line)).not.toContain('c4n4ry');
  });

  test.each(['', 'null', '{"errorType": "two words"}', '{"errorType": 1}', '<html>'])(
    'with the payload %j, whose type is unknown',
    async (body) => {
      const line = await lineAfter({ ...functionError('X', 'x'), body });
      expect(line.error).toStrictEqual({ code: 'WORKER_FAILED', retryable: true });
    },
  );
});

describe('the answer is no answer of the worker:', () => {
  test.each<[string, LambdaAnswer | object, ErrorCode]>([
    ['of another contract', { ...VERSIONS, version: 2 }, 'WORKER_VERSION'],
    ['of another release', { ...VERSIONS, productVersion: '0.0.1' }, 'WORKER_VERSION'],
    ['not JSON', functionResult('{"version":1'), 'WORKER_ANSWER_INVALID'],
    ['empty', functionResult(''), 'WORKER_ANSWER_INVALID'],
    ['null', functionResult('null'), 'WORKER_ANSWER_INVALID'],
    ['too large', functionResult(`"${'x'.repeat(MAX_ANSWER_BYTES)}"`), 'WORKER_ANSWER_INVALID'],
    [
      'nested deeper than the stack',
      functionResult('['.repeat(500_000) + ']'.repeat(500_000)),
      'WORKER_ANSWER_INVALID',
    ],
  ])('%s', async (_what, answer, code) => {
    expect((await lineAfter(answer)).error).toMatchObject({ code });
  });

  test('a reset connection', async () => {
    await using runs = await startRemoteRuns(() => Promise.reject(new Error('reset')));
    const { line } = await runs.run();
    expect(line.error).toMatchObject({ code: 'WORKER_UNAVAILABLE', origin: 'ECONNRESET' });
  });

  test('no server', async () => {
    await using runs = await startRemoteRuns(() => ({}));
    const url = `http://127.0.0.1:${await freePort()}`;
    const { line } = await runs.run({ variables: { AWS_ENDPOINT_URL_LAMBDA: url } });
    expect(line.error).toMatchObject({ code: 'WORKER_UNAVAILABLE', origin: 'ECONNREFUSED' });
  });

  test('no answer within the time of the phase, which the line names', async () => {
    await using runs = await startRemoteRuns(() => new Promise(() => undefined));
    const { line } = await runs.run({ limitMs: 5_600 });
    expect(line).toMatchObject({
      message: expect.stringMatching(/^The phase "worker" exceeded its time limit of 0\.\d s; /),
      error: { code: 'TIME_LIMIT', retryable: true },
    });
    expect(runs.schedules).toHaveLength(1);
  });
});

describe('an error of the worker', () => {
  test('is that of the run, with its code, origin and texts', async () => {
    const line = await lineAfter(failedAnswer());
    expect(line).toMatchObject({
      message: 'No server accepts connections.',
      remedy: 'Check host and port.',
      error: { code: 'DATABASE_UNREACHABLE', origin: 'ECONNREFUSED', retryable: true },
      durationMs: { connection: 5 },
    });
  });

  test('keeps the facts that were known, from which consent and tick are decided here', async () => {
    const { facts } = await readAnswer();
    const line = await lineAfter(failedAnswer({ facts }));
    expect(line).toMatchObject({ consent: { granted: true }, jobs: facts.jobHealth });
    expect(line).toHaveProperty('nextDue');
  });

  const { error } = failedAnswer();
  test.each<[string, object]>([
    ['a code of another function', { ...error, code: 'ENDPOINT_TLS', retryable: false }],
    ['an unknown code', { ...error, code: 'C4N4RY' }],
    ['another kind than its code', { ...error, retryable: false }],
    ['an unprintable message', { ...error, message: 'c4n4ry\u001b[2J' }],
    ['an endless message', { ...error, message: 'c4n4ry'.repeat(10_000) }],
    ['an endless remedy', { ...error, remedy: 'c4n4ry'.repeat(10_000) }],
    ['text as its origin', { ...error, origin: 'role "c4n4ry" does not exist' }],
  ])('with %s is not used', async (_what, tampered) => {
    const line = await lineAfter({ ...failedAnswer(), error: tampered });
    expect(line.error).toMatchObject({ code: 'WORKER_ANSWER_INVALID' });
    expect(JSON.stringify(line)).not.toMatch(/c4n4ry/i);
  });
});
