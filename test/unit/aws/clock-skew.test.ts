import { describe, expect, test } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { AwsError, callerOf, requestAws } from '../../../lib/aws/aws-request.ts';

const CALLER = callerOf({ AWS_REGION: 'us-east-1', ...LOCAL_CREDENTIALS });
const MINUTE_MS = 60_000;

/** Starts a service whose clock differs from that of this process, and records the times of all signatures. */
async function startService(skewMs: number, statusOf: (request: number) => number) {
  const signedAt: number[] = [];
  const server = await listen((request, response) => {
    const [, day = '', time = ''] =
      /^(\d{8})T(\d{6})Z$/.exec(String(request.headers['x-amz-date'])) ?? [];
    signedAt.push(
      Date.parse(
        `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
      ),
    );
    response.writeHead(statusOf(signedAt.length), {
      date: new Date(Date.now() + skewMs).toUTCString(),
      'x-amzn-errortype': 'InvalidSignatureException',
    });
    response.end();
  });
  return Object.assign(server, { signedAt });
}

function send(url: string) {
  return requestAws(
    { service: 'lambda', method: 'POST', url: new URL(url), body: Buffer.from('{}') },
    CALLER,
    AbortSignal.timeout(30_000),
  );
}

describe('a request of a machine whose clock is wrong', () => {
  test.each([
    ['ahead', -24 * 60 * MINUTE_MS],
    ['behind', 6 * MINUTE_MS],
  ])('is signed again with the time of AWS: the clock is %s', async (_, skewMs) => {
    await using service = await startService(skewMs, (request) => (request === 1 ? 403 : 200));
    await send(service.url);
    expect(service.signedAt).toHaveLength(2);
    const [, second = 0] = service.signedAt;
    expect(Math.abs(second - skewMs - Date.now())).toBeLessThan(MINUTE_MS);
  });

  test('is repeated only once', async () => {
    await using service = await startService(24 * 60 * MINUTE_MS, () => 403);
    await expect(send(service.url)).rejects.toThrow(AwsError);
    expect(service.signedAt).toHaveLength(2);
  });

  test('is not repeated if the clocks agree', async () => {
    await using service = await startService(MINUTE_MS, () => 403);
    await expect(send(service.url)).rejects.toThrow(AwsError);
    expect(service.signedAt).toHaveLength(1);
  });

  test('is not repeated after a success or an error of the service', async () => {
    await using broken = await startService(24 * 60 * MINUTE_MS, () => 500);
    await expect(send(broken.url)).rejects.toThrow(AwsError);
    expect(broken.signedAt).toHaveLength(1);
    await using healthy = await startService(24 * 60 * MINUTE_MS, () => 200);
    await send(healthy.url);
    expect(healthy.signedAt).toHaveLength(1);
  });
});
