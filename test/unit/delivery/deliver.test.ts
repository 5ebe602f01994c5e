import { once } from 'node:events';
import https, { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, test } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../../emulator/telemetry-endpoint.ts';
import { REQUEST_HEADERS } from '../../../lib/delivery/request.ts';
import { PRODUCT } from '../../../lib/product.ts';
import { startConnectProxy } from '../../support/network/connect-proxy.ts';
import { BODY, errorOf, GOOD_REPLY, listenRaw, post } from './post-report.ts';

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

  test("is disconnected when the run's signal is aborted", async () => {
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
