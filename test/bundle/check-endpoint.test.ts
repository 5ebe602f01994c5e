import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../emulator/telemetry-endpoint.ts';
import {
  CHECK_EVENT,
  check,
  createCheckedDatabase,
  failureOf,
  stagesWith,
  UNRESOLVABLE,
} from '../support/lambda/checks.ts';
import { invokeRecorded, portOf, summariesOf } from '../support/lambda/invocations.ts';
import { startConnectProxy, tunnel } from '../support/network/connect-proxy.ts';
import {
  createTrustedCertificate,
  type ServerCertificate,
  startTlsEndpoint,
} from '../support/network/tls-endpoint.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Settings, secretFor, startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

/** A database that no test changes. */
let healthy: TestDatabase;
beforeAll(async () => {
  healthy = await createCheckedDatabase();
});
afterAll(() => healthy[Symbol.asyncDispose]());

let certificate: ServerCertificate;
let trust: Readonly<Record<string, string>>;
beforeAll(async () => {
  ({ certificate, trust } = await createTrustedCertificate());
});

describe('the connection to the endpoint', () => {
  const to = (endpoint: string, more: Readonly<Record<string, string>> = {}): Settings => ({
    environment: { ...trust, DELIVERY: JSON.stringify({ endpoint }), ...more },
  });
  const through = (proxy: string) => ({ HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' });

  test('fails for a name that does not resolve and for a closed port', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    expect(failureOf(await check(world, to(`https://${UNRESOLVABLE}/`)))).toBe(
      'endpoint-dns ENDPOINT_UNREACHABLE',
    );
    const port = await freePort();
    expect(failureOf(await check(world, to(`https://127.0.0.1:${port}/`)))).toBe(
      'endpoint-tcp ENDPOINT_UNREACHABLE',
    );
  });

  test.each([
    ['a certificate of an unknown authority', 'localhost', {}],
    ['a certificate for another name', '127.0.0.1', undefined],
  ])('fails for %s', async (_fault, host, environment) => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(certificate);
    const checked = await check(world, {
      environment: {
        ...(environment ?? trust),
        DELIVERY: JSON.stringify({ endpoint: `https://${host}:${endpoint.port}/` }),
      },
    });
    expect(failureOf(checked)).toBe('endpoint-tls ENDPOINT_TLS');
    expect(endpoint.bytes()).toBe(0);
  });

  test.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'fails for an endpoint that requires a client certificate, in %s',
    async (maxVersion) => {
      await using world = await startWorld({ secret: secretFor(healthy) });
      await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'), {
        tls: { ...certificate, requestCert: true, rejectUnauthorized: true, maxVersion },
      });
      const checked = await check(world, to(`${endpoint.url}/`));
      expect(failureOf(checked)).toBe('endpoint-tls ENDPOINT_TLS');
      expect(checked.value.sentence).toContain('requires a client certificate');
      expect(endpoint.reports).toEqual([]);
    },
  );

  test('fails for a server without TLS', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const { port } = new URL(world.endpoint.url);
    expect(failureOf(await check(world, to(`https://127.0.0.1:${port}/`)))).toBe(
      'endpoint-tls ENDPOINT_TLS',
    );
    expect(world.endpoint.reports).toEqual([]);
  });

  test('connects through a proxy without resolving the name of the endpoint', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(certificate);
    await using proxy = await startConnectProxy(tunnel());
    const settings = to(`https://localhost:${endpoint.port}/`, through(proxy.url));
    const { value, connections, lookups } = await check(world, settings);
    expect(value.ok).toBe(true);
    expect(stagesWith(value.stages, 'ok').slice(-3)).toEqual([
      'endpoint-tcp',
      'proxy',
      'endpoint-tls',
    ]);
    expect(proxy.requests).toEqual([`CONNECT localhost:${endpoint.port}`]);
    expect([endpoint.handshakes(), endpoint.bytes()]).toEqual([1, 0]);
    expect(connections).toContain(portOf(proxy));
    expect(connections).not.toContain(`localhost:${endpoint.port}`);
    expect(lookups).not.toContain('localhost');
  });

  test('shows the certificate of the endpoint behind a proxy', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(certificate);
    await using proxy = await startConnectProxy(tunnel());
    const settings = to(`https://127.0.0.1:${endpoint.port}/`, through(proxy.url));
    expect(failureOf(await check(world, settings))).toBe('endpoint-tls ENDPOINT_TLS');
    expect(endpoint.bytes()).toBe(0);
  });

  test('ends in time if the proxy sends nothing', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using proxy = await startConnectProxy(() => undefined);
    const settings = to('https://endpoint.example/', through(proxy.url));
    const invocation = await invokeRecorded(
      world,
      'send-report',
      CHECK_EVENT,
      settings,
      // Node.js waits 5 s for a proxy.
      scaled(2_500, 4_500) + 1_500,
    );
    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'checked-only', stage: 'proxy', error: { code: 'TIME_LIMIT' } },
    ]);
  });

  test('fails for a proxy that refuses, is unreachable, or is not a proxy', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using proxy = await startConnectProxy((client) =>
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n'),
    );
    const refused = await check(world, to('https://endpoint.example/', through(proxy.url)));
    expect(failureOf(refused)).toBe('proxy ENDPOINT_UNREACHABLE');

    const nowhere = through(`http://127.0.0.1:${await freePort()}`);
    expect(failureOf(await check(world, to('https://endpoint.example/', nowhere)))).toBe(
      'endpoint-tcp ENDPOINT_UNREACHABLE',
    );
    const noProxy = through(`http://127.0.0.1:${healthy.port}`);
    expect(failureOf(await check(world, to('https://endpoint.example/', noProxy)))).toBe(
      'proxy ENDPOINT_UNREACHABLE',
    );
  });

  test.each([
    ['https_proxy', (proxy: string) => ({ https_proxy: proxy })],
    [
      'HTTPS_PROXY, with an empty https_proxy',
      (proxy: string) => ({ https_proxy: '', HTTPS_PROXY: proxy }),
    ],
    [
      'https_proxy, with another HTTPS_PROXY',
      (proxy: string) => ({ https_proxy: proxy, HTTPS_PROXY: 'http://proxy.example:1' }),
    ],
  ])('fails for an unreachable proxy in %s', async (_variable, variables) => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const settings = to('https://endpoint.example/', {
      ...variables(`http://127.0.0.1:${await freePort()}`),
      NODE_USE_ENV_PROXY: '1',
    });
    const { value, lookups } = await check(world, settings);
    const stages = value.stages.filter(({ stage }) => /^endpoint-|^proxy$/.test(stage));
    expect(stages).toMatchObject([
      { stage: 'endpoint-dns', status: 'skipped', detail: 'the proxy is an address' },
      { stage: 'endpoint-tcp', status: 'failed', code: 'ENDPOINT_UNREACHABLE' },
      { stage: 'proxy', status: 'not-reached' },
      { stage: 'endpoint-tls', status: 'not-reached' },
    ]);
    expect(lookups).not.toContain('endpoint.example');
  });

  test.each(['NO_PROXY', 'no_proxy'])('respects %s', async (name) => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(certificate);
    await using proxy = await startConnectProxy(tunnel());
    const { value } = await check(
      world,
      to(`https://localhost:${endpoint.port}/`, { ...through(proxy.url), [name]: 'localhost' }),
    );
    expect(value.ok).toBe(true);
    expect(proxy.requests).toEqual([]);
    expect([endpoint.handshakes(), endpoint.bytes()]).toEqual([1, 0]);
  });
});
