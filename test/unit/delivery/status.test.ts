import { describe, expect, test } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../../emulator/telemetry-endpoint.ts';
import { writeEndlessly } from '../../support/network/endless.ts';
import { errorOf, listenRaw, post, refusalOf, stopTimers } from './post-report.ts';

describe('a status that is not 2xx', () => {
  test.each([
    [400, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    [401, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    [403, 'ENDPOINT_REJECTED', false, 'a proxy refuses the request'],
    [404, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    [407, 'ENDPOINT_REJECTED', false, 'a proxy refuses the request'],
    [413, 'ENDPOINT_REJECTED', false, 'Check the endpoint in DELIVERY'],
    // fetch() would post again after this status.
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
