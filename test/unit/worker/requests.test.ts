import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../../emulator/lambda/invoke-api.ts';
import type { Credentials } from '../../../lib/credentials/parse-secret.ts';
import { RunError } from '../../../lib/errors.ts';
import { requestSchema, type WorkerRequest } from '../../../lib/worker/contract/request.ts';
import { WORKER_ARN } from '../../support/lambda/worker.ts';
import { failedAnswer, readAnswer, TARGET, TARGET_TEXT, TICK } from './answers.ts';
import { CREDENTIALS, type RemoteRuns, startRemoteRuns } from './remote-run.ts';

/** Starts runs whose worker gives these answers one after the other. */
function answering(...answers: readonly object[]): Promise<RemoteRuns> {
  let count = 0;
  return startRemoteRuns(() => answers[count++] ?? failedAnswer());
}

function requestsOf({ lambda }: RemoteRuns): WorkerRequest[] {
  return lambda.exchanges.map(({ event }) => requestSchema.parse(event));
}

describe('a request', () => {
  test('has the credentials, and the target without the place of its secret', async () => {
    await using runs = await answering(await readAnswer());
    await runs.run({ limitMs: 60_000 });
    const { versionId: _, ca: __, ...login } = CREDENTIALS;
    const { secretId: ___, ...target } = TARGET;
    const [request] = requestsOf(runs);
    expect(request).toStrictEqual({
      version: 1,
      productVersion: expect.any(String),
      target,
      credentials: login,
      operation: {
        kind: 'read',
        time: Date.parse(TICK),
        report: 'when-due',
        isUntracked: false,
        reserveMs: 15_000,
      },
      spentMs: expect.any(Number),
      limitMs: expect.any(Number),
    });
  });

  test('has the certificate authority of the secret, and the time of a retry', async () => {
    const ca = '-----BEGIN CERTIFICATE-----';
    await using runs = await answering(await readAnswer());
    await runs.run({
      event: { scheduledTime: TICK, attempt: 1 },
      secret: () => ({ ...CREDENTIALS, ca }),
    });
    expect(requestsOf(runs)).toMatchObject([
      { credentials: { ca }, operation: { retriedAt: Date.parse(TICK) } },
    ]);
  });

  test('is invoked synchronously by the ARN, so that it is in no queue', async () => {
    await using runs = await answering(await readAnswer());
    await runs.run();
    const [exchange]: readonly Omit<Exchange, 'run'>[] = runs.lambda.exchanges;
    expect(exchange?.functionArn).toBe(WORKER_ARN);
    expect(exchange?.headers).toMatchObject({
      'x-amz-invocation-type': 'RequestResponse',
      'x-amz-log-type': 'None',
    });
  });

  test("ends the worker before the sender's phase, which ends before the reserves", async () => {
    await using runs = await answering(await readAnswer());
    await runs.run({ limitMs: 60_000 });
    const [{ limitMs = 0, spentMs = 0 } = {}] = requestsOf(runs);
    // 5 s are reserved for a retry, and 5 s for a cold start and the answer.
    expect(limitMs + spentMs).toBeLessThanOrEqual(50_000);
    expect(limitMs).toBeGreaterThan(40_000);
  });

  test('leaves three quarters of a short time to the worker', async () => {
    await using runs = await answering(await readAnswer());
    await runs.run({ limitMs: 13_000 });
    const [{ limitMs = 0 } = {}] = requestsOf(runs);
    expect(limitMs).toBeLessThanOrEqual(6_000);
    expect(limitMs).toBeGreaterThan(3_000);
  });
});

describe('after a refused login', () => {
  const refused = failedAnswer({
    error: {
      code: 'DATABASE_AUTHENTICATION',
      origin: '28P01',
      retryable: false,
      message: 'The server rejected the login.',
      remedy: 'Compare the password.',
    },
  });
  const rotated = (stage: string): Credentials =>
    stage === 'AWSPENDING'
      ? { ...CREDENTIALS, versionId: 'v2', password: 'the-password-after-the-rotation' }
      : CREDENTIALS;

  test('the worker is invoked once more with the other version of the secret', async () => {
    await using runs = await answering(refused, await readAnswer());
    const { line } = await runs.run({ secret: rotated });
    expect(line).toMatchObject({ outcome: 'sent' });
    expect(requestsOf(runs).map(({ credentials }) => credentials.password)).toEqual([
      CREDENTIALS.password,
      'the-password-after-the-rotation',
    ]);
  });

  test('a second refusal is final', async () => {
    await using runs = await answering(refused, refused, await readAnswer());
    const { line } = await runs.run({ secret: rotated });
    expect(line.error).toMatchObject({ code: 'DATABASE_AUTHENTICATION', origin: '28P01' });
    expect(runs.lambda.exchanges).toHaveLength(2);
  });

  test('a secret without another version is not tried again', async () => {
    await using runs = await answering(refused, await readAnswer());
    const { line } = await runs.run({
      secret(stage) {
        if (stage === 'AWSCURRENT') return CREDENTIALS;
        throw new RunError('SECRET_NOT_FOUND', 'It is missing.', { remedy: 'Create it.' });
      },
    });
    expect(line.error).toMatchObject({ code: 'DATABASE_AUTHENTICATION' });
    expect(runs.lambda.exchanges).toHaveLength(1);
  });
});

describe('WORKER', () => {
  test.each([
    ['{"functionArn": "worker"}', 'WORKER functionArn: must be the ARN of a function'],
    [
      '{"functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:f", "functionArm": 1}',
      'WORKER: unknown key "functionArm" (did you mean "functionArn"?)',
    ],
    ['{}', 'WORKER functionArn: is required'],
    ['on', 'WORKER: is not JSON'],
  ])('%s is reported with all other problems', async (WORKER, problem) => {
    await using runs = await answering();
    const { line } = await runs.run({ variables: { WORKER }, target: '{}' });
    expect(line.error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(line.message).toContain(problem);
    expect(line.message).toContain('TARGET name: is required');
    expect(runs.lambda.exchanges).toEqual([]);
  });

  test('is never invoked over plain text beyond loopback', async () => {
    await using runs = await answering();
    const url = 'http://lambda.example.com';
    const { line } = await runs.run({ variables: { AWS_ENDPOINT_URL_LAMBDA: url } });
    expect(line.message).toContain(
      'AWS_ENDPOINT_URL_LAMBDA: must be an https:// URL without credentials or fragment',
    );
  });

  test.each(['arn:aws-cn:lambda:cn-north-1', 'arn:aws-us-gov:lambda:us-gov-west-1'])(
    'may be in any partition: %s',
    async (region) => {
      await using runs = await answering();
      const functionArn = `${region}:000000000000:function:f`;
      await runs.run({ variables: { WORKER: JSON.stringify({ functionArn }) } });
      expect(runs.lambda.exchanges).toMatchObject([{ functionArn }]);
    },
  );
});

test('the password is in no line and no error', async () => {
  await using runs = await answering({ ...(await readAnswer()), password: CREDENTIALS.password });
  const { line, error } = await runs.run({ target: TARGET_TEXT });
  const shown = [line, error?.message, error?.remedy, String(error?.original)];
  expect(JSON.stringify(shown)).not.toContain(CREDENTIALS.password);
});
