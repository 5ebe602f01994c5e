import { expect } from 'vitest';
import { freePort } from '../../../emulator/http-server.ts';
import { createAuthority, createCertificate } from '../../support/network/certificates.ts';
import {
  startConnectProxy,
  type TunnelHandler,
  tunnel,
} from '../../support/network/connect-proxy.ts';
import { faultyTls, type ServerTls } from '../../support/network/faulty-tls.ts';
import { secret } from '../../support/process/secrets.ts';
import { type Arrange, timeFor } from '../../support/run/faults.ts';
import type { World } from '../../support/run/world.ts';
import { AUTHORITIES, AUTHORITY_FILE, toEndpoint, validCertificate } from './endpoint.ts';

const { weakKey, clientCertificate } = faultyTls(AUTHORITIES);

function portOf({ endpoint }: World): number {
  return Number(new URL(endpoint.url).port);
}

interface ProxyOptions {
  /** TLS of the proxy itself. */
  readonly proxyTls?: () => Promise<ServerTls>;
  readonly variables?: Record<string, string>;
  /** Expected requests to the proxy; by default one for a tunnel to the endpoint, and never one to AWS. */
  readonly requests?: readonly string[];
  readonly timeoutMs?: number;
}

/** Puts the https endpoint behind a proxy for all https and http requests. */
const behindProxy =
  (
    answer: TunnelHandler,
    { proxyTls, variables = {}, requests, timeoutMs }: ProxyOptions = {},
  ): Arrange =>
  async (stack) => {
    const proxy = stack.use(await startConnectProxy(answer, await proxyTls?.()));
    const password = secret('password-of-the-proxy');
    const url = proxy.url.replace('//', `//user:${password}@`);
    return {
      world: { endpoint: { tls: await validCertificate() } },
      environment: {
        NODE_EXTRA_CA_CERTS: AUTHORITY_FILE,
        NODE_USE_ENV_PROXY: '1',
        HTTPS_PROXY: url,
        HTTP_PROXY: url,
        ...variables,
      },
      secrets: [password],
      ...(timeoutMs !== undefined && { timeoutMs }),
      after({ world }) {
        expect(proxy.requests).toEqual(requests ?? [`CONNECT localhost:${portOf(world)}`]);
      },
    };
  };

const answersWith =
  (answer: string): TunnelHandler =>
  (client) => {
    client.end(answer);
  };

/** The endpoint is reached through a proxy. */
export const PROXY_ARRANGEMENTS = {
  proxy: behindProxy(tunnel()),
  proxyForOthers: behindProxy(tunnel(), { variables: { NO_PROXY: 'localhost' }, requests: [] }),
  proxyUnused: behindProxy(tunnel(), { variables: { NODE_USE_ENV_PROXY: '' }, requests: [] }),
  proxyAbsent: async () => ({
    environment: {
      ...toEndpoint('https://telemetry.example.com/v1/metrics'),
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: `http://127.0.0.1:${await freePort()}`,
    },
  }),
  proxyDenies: behindProxy(answersWith('HTTP/1.1 403 Forbidden\r\n\r\n')),
  proxyWantsLogin: behindProxy(
    answersWith('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n'),
  ),
  // Node.js waits 5 s for a proxy.
  proxySilent: behindProxy(() => undefined, { timeoutMs: timeFor(2_500, 4_500) }),
  proxyResets: behindProxy((client) => client.resetAndDestroy()),
  proxyOpensTls: behindProxy(tunnel(), { variables: { NODE_EXTRA_CA_CERTS: '' } }),
  proxyOpensTlsKnown: async (stack) => {
    let port = 0;
    const proxy = stack.use(await startConnectProxy(tunnel(() => port)));
    return {
      world: { endpoint: { tls: await validCertificate('telemetry.example.com') } },
      environment(world) {
        port = portOf(world);
        return {
          ...toEndpoint('https://telemetry.example.com/v1/metrics'),
          NODE_EXTRA_CA_CERTS: AUTHORITY_FILE,
          NODE_USE_ENV_PROXY: '1',
          HTTPS_PROXY: proxy.url,
        };
      },
      after: () => expect(proxy.requests).toEqual(['CONNECT telemetry.example.com:443']),
    };
  },
  proxyOverTls: behindProxy(tunnel(), { proxyTls: validCertificate }),
  proxyUnverified: behindProxy(tunnel(), {
    proxyTls: async () =>
      createCertificate('localhost', await createAuthority('Another authority')),
    requests: [],
  }),
  proxyWeakKey: behindProxy(tunnel(), { proxyTls: weakKey, requests: [] }),
  proxyClientCertificate: behindProxy(tunnel(), { proxyTls: clientCertificate, requests: [] }),
  proxyForPlainText: () => ({ environment: { NODE_USE_ENV_PROXY: '1' } }),
} satisfies Record<string, Arrange>;
