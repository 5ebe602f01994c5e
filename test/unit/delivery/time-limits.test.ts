import { afterEach, describe, expect, test, vi } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../../emulator/telemetry-endpoint.ts';
import { errorOf, post, refusalOf } from './post-report.ts';

describe('the time limit', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test('of the status line is 10 s, and exceeding it is a timeout', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve);
      asked.resolve();
    });
    let isOver = false;
    const sending = errorOf(post(server.url)).finally(() => {
      isOver = true;
    });
    await asked.promise;
    await vi.advanceTimersByTimeAsync(9_999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const error = await sending;
    expect(error).toMatchObject({
      code: 'ENDPOINT_TIMEOUT',
      retryable: true,
      origin: 'TimeoutError',
      message: 'The telemetry endpoint did not answer within 10 s.',
    });
    expect(error.remedy).toContain('NAT gateway');
    await closed.promise;
  });

  test('of the reply is 5 s, and exceeding it leaves the report sent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const closed = Promise.withResolvers<void>();
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve);
      response.writeHead(200, { 'content-length': 100 });
      response.write('{');
    });
    let isOver = false;
    const sending = post(server.url).finally(() => {
      isOver = true;
    });
    // The second limit starts with the status line.
    while (!timers.mock.calls.some(([, delay]) => delay === 5_000)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.advanceTimersByTimeAsync(4_999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const { receipt, reply } = await sending;
    expect(receipt.status).toBe(200);
    expect(reply).toStrictEqual({ unreadable: 'too slow' });
    await closed.promise;
  });

  test('has no timer left after a success or a failure', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout');
    const clear = vi.spyOn(globalThis, 'clearTimeout');
    await using good = await startTelemetryEndpoint(answerWithVersion('2.23.0'));
    await using bad = await listen((_request, response) => {
      response.writeHead(500).end();
    });
    await post(good.url);
    await refusalOf(bad.url);
    const ours = set.mock.results.filter((_result, index) => {
      const [, delay] = set.mock.calls[index] ?? [];
      return delay === 10_000 || delay === 5_000;
    });
    // One timer for each status line and each reply.
    expect(ours).toHaveLength(4);
    const cleared = clear.mock.calls.map(([timer]) => timer);
    for (const { value } of ours) expect(cleared).toContain(value);
  });
});
