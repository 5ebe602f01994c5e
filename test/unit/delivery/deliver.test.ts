import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import https, { createServer as createTlsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../../emulator/telemetry-endpoint.ts';
import { deliver } from '../../../lib/delivery/deliver.ts';
import { REQUEST_HEADERS } from '../../../lib/delivery/request.ts';
import { RunError } from '../../../lib/errors.ts';
import { PRODUCT } from '../../../lib/product.ts';
import type { Report } from '../../../lib/report/build-report.ts';
import { startConnectProxy } from '../../support/network/connect-proxy.ts';
import { writeEndlessly } from '../../support/network/endless.ts';

/** Not minified, not sorted, not ASCII: every change of a byte is visible. */
const BODY = new TextEncoder().encode('{"db_uuid": "0b1c",  "b": 1.50, "a": "ü\\u00fc€"}\n');
const REPORT: Report = { source: 'catalog', body: BODY, sha256: 'unused', estimatedRelations: 0 };
const GOOD_REPLY = '{"current_timescaledb_version": "2.23.0", "is_up_to_date": true}';

/** Remaining time of the run; much more than the reply may take. */
const RUN_LEFT_MS = 60_000;
const NEVER = new AbortController().signal;

/** Sends one report and reads its reply, as a run does. */
async function post(url: string, signal: AbortSignal = NEVER) {
  const { receipt, readReply } = await deliver(REPORT, { endpoint: `${url}/v1/metrics` }, signal);
  return { receipt, reply: await readReply(RUN_LEFT_MS) };
}

async function errorOf(action: Promise<unknown>): Promise<RunError> {
  const result = await action.catch((error: unknown) => error);
  if (result instanceof RunError) return result;
  throw new Error('No RunError was thrown.', { cause: result });
}

/** Returns the error of a refused report, which has a receipt nevertheless. */
async function refusalOf(url: string): Promise<RunError> {
  const { receipt, readReply } = await deliver(REPORT, { endpoint: url }, NEVER);
  const error = await errorOf(readReply(RUN_LEFT_MS));
  expect(error.origin).toBe(String(receipt.status));
  return error;
}

/** Starts a TCP server that handles a connection once it has sent its request. */
async function listenRaw(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('No port was given.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Stops the product's time limits. */
function stopTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('a delivery', () => {
  test("is one POST of the report's exact bytes with a fixed list of headers", async () => {
    await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.23.0', true));
    await post(endpoint.url);
    expect(endpoint.connections()).toBe(1);
    expect(endpoint.reports).toHaveLength(1);
    const [received] = endpoint.reports;
    expect(received).toMatchObject({ method: 'POST', path: '/v1/metrics' });
    expect(received?.body).toStrictEqual(Buffer.from(BODY));
    expect(received?.headers).toStrictEqual({
      host: new URL(endpoint.url).host,
      connection: 'close',
      'content-type': 'application/json',
      'content-length': String(BODY.byteLength),
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': PRODUCT,
    });
  });

  test('has the published headers', () => {
    expect(REQUEST_HEADERS).toStrictEqual({
      Connection: 'close',
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'Accept-Encoding': 'identity',
      'User-Agent': PRODUCT,
    });
  });

  test('opens no connection when the run is already over', async () => {
    await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.23.0'));
    const error = await errorOf(post(endpoint.url, AbortSignal.abort()));
    expect(error.origin).toBe('AbortError');
    expect(endpoint.connections()).toBe(0);
  });
});

describe('a 2xx status is a receipt', () => {
  test.each([200, 201, 202, 299])('for %i, with the unchanged reply', async (status) => {
    await using server = await listen((_request, response) => {
      response.writeHead(status).end(GOOD_REPLY);
    });
    const before = Date.now();
    const { receipt, reply } = await post(server.url);
    const { at, ...rest } = receipt;
    expect(rest).toStrictEqual({ endpoint: new URL(server.url).host, status });
    expect(at).toBe(new Date(at).toISOString());
    expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
    expect(reply).toStrictEqual({ body: Buffer.from(GOOD_REPLY) });
  });

  test('for 204, with an empty body', async () => {
    await using server = await listen((_request, response) => {
      response.writeHead(204).end();
    });
    expect((await post(server.url)).reply).toStrictEqual({ body: Buffer.alloc(0) });
  });

  test('for a body of any bytes in several pieces', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x0a]);
    await using server = await listen((_request, response) => {
      response.write(bytes);
      setTimeout(() => response.end(bytes), 20);
    });
    const { reply } = await post(server.url);
    expect(reply).toStrictEqual({ body: Buffer.concat([bytes, bytes]) });
  });
});

describe('a status that is not 2xx', () => {
  test.each([
    [400, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    [401, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    [403, 'ENDPOINT_REJECTED', false, 'a proxy refuses the request'],
    [404, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    [407, 'ENDPOINT_REJECTED', false, 'a proxy refuses the request'],
    [413, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    // fetch would post again.
    [421, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    [408, 'ENDPOINT_UNAVAILABLE', true, 'The run will be retried automatically.'],
    [429, 'ENDPOINT_UNAVAILABLE', true, 'The run will be retried automatically.'],
    [500, 'ENDPOINT_UNAVAILABLE', true, 'The run will be retried automatically.'],
    [503, 'ENDPOINT_UNAVAILABLE', true, 'The run will be retried automatically.'],
    [599, 'ENDPOINT_UNAVAILABLE', true, 'The run will be retried automatically.'],
  ])('%i is the error %s', async (status, code, retryable, remedy) => {
    await using endpoint = await startTelemetryEndpoint((response) => {
      response.writeHead(status).end('c4n4ry');
    });
    const error = await refusalOf(endpoint.url);
    expect(error).toMatchObject({
      code,
      retryable,
      origin: String(status),
      message: `telemetry got unexpected HTTP response status: ${status}`,
    });
    expect(error.remedy).toContain(remedy);
    expect(endpoint.reports).toHaveLength(1);
  });

  test.each([300, 301, 302, 303, 304, 307, 308])(
    '%i is a redirect, which is not followed',
    async (status) => {
      await using elsewhere = await startTelemetryEndpoint(answerWithVersion('2.23.0'));
      await using endpoint = await startTelemetryEndpoint((response) => {
        response.writeHead(status, { location: `${elsewhere.url}/v1/metrics` }).end();
      });
      const error = await refusalOf(endpoint.url);
      expect(error).toMatchObject({
        code: 'ENDPOINT_REDIRECTED',
        retryable: false,
        origin: String(status),
      });
      expect(error.message).not.toContain('127.0.0.1');
      expect(elsewhere.connections()).toBe(0);
      expect(endpoint.reports).toHaveLength(1);
    },
  );

  test('101 is an error, also without an upgrade request', async () => {
    stopTimers();
    const closed = Promise.withResolvers<void>();
    await using server = await listenRaw((socket) => {
      socket.on('close', () => closed.resolve());
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
      );
    });
    expect((await refusalOf(server.url)).code).toBe('ENDPOINT_REJECTED');
    await closed.promise;
  });

  test('is an error before its endless body is read', async () => {
    stopTimers();
    const closed = Promise.withResolvers<void>();
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve);
      response.writeHead(500);
      writeEndlessly(response);
    });
    expect((await refusalOf(server.url)).code).toBe('ENDPOINT_UNAVAILABLE');
    await closed.promise;
  });
});

describe('interim responses', () => {
  const FINAL = 'HTTP/1.1 204 No Content\r\n\r\n';

  test.each([100, 102, 103])('accepts ten of status %i before the final one', async (status) => {
    stopTimers();
    await using server = await listenRaw((socket) => {
      socket.end(`HTTP/1.1 ${status} Interim\r\n\r\n`.repeat(10) + FINAL);
    });
    expect((await post(server.url)).receipt).toMatchObject({ status: 204 });
  });

  test.each([100, 102, 103])('rejects the eleventh of status %i', async (status) => {
    stopTimers();
    const closed = Promise.withResolvers<void>();
    await using server = await listenRaw((socket) => {
      socket.on('close', () => closed.resolve());
      socket.write(`HTTP/1.1 ${status} Interim\r\n\r\n`.repeat(11) + FINAL);
    });
    const error = await errorOf(post(server.url));
    expect(error).toMatchObject({ code: 'ENDPOINT_REJECTED', origin: String(status) });
    await closed.promise;
  });
});

describe('an endpoint without an answer', () => {
  test('is unreachable when it refuses the connection', async () => {
    const server = await listen(() => undefined);
    await server[Symbol.asyncDispose]();
    const error = await errorOf(post(server.url));
    expect(error).toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      retryable: true,
      origin: 'ECONNREFUSED',
    });
    expect(error.original).toHaveProperty('code', 'ECONNREFUSED');
    expect(`${error.message} ${error.remedy}`).not.toContain('127.0.0.1');
  });

  test.each([
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['closes the connection', (socket: Socket) => socket.end(), 'ECONNRESET'],
    [
      'does not speak HTTP',
      (socket: Socket) => socket.write('SSH-2.0\r\n'),
      'HPE_INVALID_CONSTANT',
    ],
    ['sends a part of a status line', (socket: Socket) => socket.end('HTTP/1.1 20'), 'ECONNRESET'],
    [
      'sends endless headers',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`),
      'HPE_HEADER_OVERFLOW',
    ],
  ])('is unreachable when it %s', async (_what, answer, origin) => {
    await using server = await listenRaw((socket) => answer(socket));
    const error = await errorOf(post(server.url));
    expect(error).toMatchObject({ code: 'ENDPOINT_UNREACHABLE', retryable: true, origin });
    expect(`${error.message} ${error.remedy}`).not.toContain('127.0.0.1');
  });

  test('receives no request when its certificate does not verify', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
    let requests = 0;
    const server = createTlsServer({ key, cert }, (_request, response) => {
      requests += 1;
      response.end(GOOD_REPLY);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('No port was given.');
    const error = await errorOf(post(`https://127.0.0.1:${address.port}`));
    server.close();
    expect(error).toMatchObject({
      code: 'ENDPOINT_TLS',
      retryable: false,
      origin: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(error.remedy).toContain('The report was not sent.');
    expect(requests).toBe(0);
  });

  test("is left by the run's signal, which closes the connection", async () => {
    const run = new AbortController();
    const closed = Promise.withResolvers<void>();
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve);
      run.abort();
    });
    const error = await errorOf(post(server.url, run.signal));
    expect(error).toMatchObject({ code: 'ENDPOINT_UNREACHABLE', origin: 'AbortError' });
    await closed.promise;
  });
});

describe('a proxy that has not answered when the run is over', () => {
  const direct = https.globalAgent;
  afterEach(() => {
    https.globalAgent = direct;
  });

  test('opens no connection to the endpoint when it answers late', async () => {
    const run = new AbortController();
    const left = Promise.withResolvers<void>();
    await using proxy = await startConnectProxy((client) => {
      client.once('end', () => left.resolve()).resume();
      run.abort();
    });
    https.globalAgent = new https.Agent({ proxyEnv: { HTTPS_PROXY: proxy.url } });
    const error = await errorOf(post('https://endpoint.example', run.signal));
    expect(error.origin).toBe('AbortError');
    await left.promise;
    expect(proxy.requests).toEqual(['CONNECT endpoint.example:443']);
  });
});

describe('the time limit', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  test('of the status line is 10 s, and then it is a timeout', async () => {
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

  test('of the reply is 5 s, and then the report counts as sent', async () => {
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

  test('leaves no timer behind after a success or a failure', async () => {
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

describe('an unreadable reply is not a failure', () => {
  async function replyOf(
    answer: (response: ServerResponse) => Promise<void> | void,
    signal?: AbortSignal,
  ) {
    await using server = await listen((_request, response) => answer(response));
    const { receipt, reply } = await post(server.url, signal);
    expect(receipt.status).toBe(200);
    return reply;
  }

  test('and 4096 bytes are readable, 4097 are too large', async () => {
    const ofBytes = (bytes: number) =>
      replyOf((response) => {
        response.end('x'.repeat(bytes));
      });
    expect(await ofBytes(4_096)).toStrictEqual({ body: Buffer.alloc(4_096, 'x') });
    expect(await ofBytes(4_097)).toStrictEqual({ unreadable: 'too large' });
  });

  test('and the limit applies to the sum of small pieces', async () => {
    const reply = await replyOf(async (response) => {
      for (let piece = 0; piece < 5; piece += 1) {
        response.write(Buffer.alloc(1_000, ' '));
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
      response.end();
    });
    expect(reply).toStrictEqual({ unreadable: 'too large' });
  });

  test('and an endless one is too large, and its connection is closed', async () => {
    stopTimers();
    const closed = Promise.withResolvers<void>();
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve);
      writeEndlessly(response);
    });
    expect((await post(server.url)).reply).toStrictEqual({ unreadable: 'too large' });
    await closed.promise;
  });

  test('and a compressed one is not decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(2_000_000));
    expect(bomb.byteLength).toBeLessThan(4_096);
    const reply = await replyOf((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    expect(reply).toStrictEqual({ body: bomb });
  });

  test.each([
    ['ends early', (socket: Socket, head: string) => socket.end(head)],
    [
      'is reset',
      (socket: Socket, head: string) => socket.write(head, () => socket.resetAndDestroy()),
    ],
    [
      'has an invalid chunk',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n'),
    ],
  ])('and one that %s has lost its connection', async (_what, answer) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${GOOD_REPLY}`;
    await using server = await listenRaw((socket) => answer(socket, head));
    const { receipt, reply } = await post(server.url);
    expect(receipt.status).toBe(200);
    expect(reply).toStrictEqual({ unreadable: 'connection lost' });
  });

  test("and one that the run's signal ends is too slow", async () => {
    const run = new AbortController();
    await using server = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{');
    });
    const { readReply } = await deliver(REPORT, { endpoint: server.url }, run.signal);
    const reply = readReply(RUN_LEFT_MS);
    run.abort();
    expect(await reply).toStrictEqual({ unreadable: 'too slow' });
  });
});
