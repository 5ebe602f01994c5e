import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecureVersion, TlsOptions } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { freePort, type ListenOptions } from '../../emulator/http-server.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../emulator/telemetry-endpoint.ts';
import { startBlackHole } from '../support/network/black-hole.ts';
import {
  type Certificate,
  createAuthority,
  createCertificate,
  weakDiffieHellman,
} from '../support/network/certificates.ts';
import { startConnectProxy, type TunnelHandler, tunnel } from '../support/network/connect-proxy.ts';
import { writeEndlessly } from '../support/network/endless.ts';
import { serveSockets } from '../support/network/sockets.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { secret } from '../support/process/secrets.ts';
import {
  type Arrange,
  consenting,
  type Faulty,
  testFaults,
  timeFor,
} from '../support/run/faults.ts';
import type { World, WorldOptions } from '../support/run/world.ts';
import { byStatus, DISORDERS, ENDPOINT_FAULTS, REDIRECTS, REFUSALS } from './rows/endpoint.ts';

/** One for all: each fault comes after the database has been left. */
const databases = new AsyncDisposableStack();
let database: TestDatabase;
let authority: Certificate;
let rsaAuthority: Certificate;
let authorityFile: string;

beforeAll(async () => {
  database = await consenting(databases);
  authority = await createAuthority('Authority of the faults');
  rsaAuthority = await createAuthority('Authority with an RSA key', {}, { keyType: 'rsa' });
  authorityFile = join(await mkdtemp(join(inject('folder'), 'faults-')), 'authority.pem');
  await writeFile(authorityFile, [authority.cert, rsaAuthority.cert].join('\n'));
});

afterAll(() => databases.disposeAsync());

/** How a ClientHello begins. */
const TLS_HANDSHAKE = 0x16;

/** The run gets as far as the delivery, and what is left of its time is over before the 10 s of an answer. */
const SHORT_MS = timeFor(2_500, 9_000);

const GOOD_REPLY = '{"current_timescaledb_version":"2.30.1","is_up_to_date":false}';

const answers =
  (answer: NonNullable<WorldOptions['answer']>, faulty: Faulty = {}): Arrange =>
  () => ({ ...faulty, database, world: { answer } });

/** The answer below HTTP, when the report is there. */
const writes = (text: string, then?: 'end' | 'reset'): Arrange =>
  answers(async ({ socket }) => {
    socket?.write(text);
    // What was written has to be read before the reset is.
    await delay(100);
    if (then === 'end') socket?.end();
    if (then === 'reset') socket?.resetAndDestroy();
  });

const repliesWith = (body: string | Uint8Array, headers: Record<string, string> = {}): Arrange =>
  answers((response) => {
    response.writeHead(200, headers).end(body);
  });

const toEndpoint = (endpoint: string): Record<string, string> => ({
  DELIVERY: JSON.stringify({ endpoint }),
});

/** Another endpoint than the world's, which gets nothing. */
const elsewhere =
  (
    start: (stack: AsyncDisposableStack) => Promise<string> | string,
    faulty: Faulty = {},
  ): Arrange =>
  async (stack) => ({ ...faulty, database, environment: toEndpoint(await start(stack)) });

/** The endpoint speaks https, and the function knows our authority. */
const overTls =
  (
    tls: () => Promise<TlsOptions>,
    faulty: Faulty = {},
    listenOptions: ListenOptions = {},
  ): Arrange =>
  async () => ({
    ...faulty,
    database,
    world: { endpoint: { ...listenOptions, tls: await tls() } },
    environment: { NODE_EXTRA_CA_CERTS: authorityFile },
  });

const signed = (name = 'localhost'): Promise<Certificate> => createCertificate(name, authority);

/** What a server needs that speaks with keys and signatures of old. */
const LAX = { ciphers: 'DEFAULT@SECLEVEL=0' } as const;

async function weakKey(): Promise<TlsOptions> {
  const strength = { keyType: 'rsa', keySize: 1_024 } as const;
  return { ...(await createCertificate('localhost', rsaAuthority, {}, strength)), ...LAX };
}

/** It lets in whoever has a certificate. */
async function strict(maxVersion: SecureVersion = 'TLSv1.3'): Promise<TlsOptions> {
  return { ...(await signed()), requestCert: true, rejectUnauthorized: true, maxVersion };
}

const DAY_MS = 86_400_000;
const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

async function drip(to: Writable | null, text: string): Promise<void> {
  for (const byte of text) {
    if (to?.writable !== true) return;
    to.write(byte);
    await delay(100);
  }
}

/** 97 kB. */
const BOMB = gzipSync(Buffer.alloc(100_000_000));

/** What would be 100 MB must not be so in the function's memory. */
const expectLittleMemory: NonNullable<Faulty['after']> = ({ invocations: [invocation] }) => {
  expect(invocation?.maxMemoryBytes).toBeLessThan(128 * 2 ** 20);
};

const portOf = ({ endpoint }: World): number => Number(new URL(endpoint.url).port);

interface Proxied {
  /** Of the proxy itself. */
  readonly proxyTls?: () => Promise<TlsOptions>;
  readonly tls?: () => Promise<TlsOptions>;
  readonly variables?: Record<string, string>;
  /** What the proxy was asked for; where it is not said, a tunnel to the endpoint, and never anything of AWS's. */
  readonly requests?: readonly string[];
  readonly timeoutMs?: number;
}

/** The endpoint, in https, behind a proxy that is there for all of https and http. */
const behindProxy =
  (
    answer: TunnelHandler,
    { proxyTls, tls = signed, variables = {}, requests, timeoutMs }: Proxied = {},
  ): Arrange =>
  async (stack) => {
    const proxy = stack.use(await startConnectProxy(answer, await proxyTls?.()));
    const password = secret('password-of-the-proxy');
    const url = proxy.url.replace('//', `//user:${password}@`);
    return {
      database,
      world: { endpoint: { tls: await tls() } },
      environment: {
        NODE_EXTRA_CA_CERTS: authorityFile,
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

const says =
  (answer: string): TunnelHandler =>
  (client) => {
    client.end(answer);
  };

testFaults(ENDPOINT_FAULTS, {
  // A part of a name has 63 characters at the most, so that nobody is asked.
  unresolved: elsewhere(() => `https://${'x'.repeat(64)}.invalid/v1/metrics`),
  refused: elsewhere(async () => `http://127.0.0.1:${await freePort()}/v1/metrics`),
  blackHole: elsewhere(
    async (stack) => `http://127.0.0.1:${stack.use(await startBlackHole()).port}/v1/metrics`,
  ),
  handshakeSilent: async (stack) => {
    const hellos: Buffer[] = [];
    const { port } = stack.use(
      await serveSockets((socket) => {
        socket.on('data', (hello) => hellos.push(hello));
      }),
    );
    return {
      database,
      environment: toEndpoint(`https://127.0.0.1:${port}/v1/metrics`),
      timeoutMs: SHORT_MS,
      after: () => expect(Buffer.concat(hellos)[0]).toBe(TLS_HANDSHAKE),
    };
  },
  silent: answers(() => undefined, { timeoutMs: SHORT_MS }),
  headDrips: answers(
    ({ socket }) => drip(socket, `HTTP/1.1 200 OK\r\nx-slow: ${'x'.repeat(300)}`),
    {
      timeoutMs: SHORT_MS,
    },
  ),
  bodyDrips: answers(
    (response) => {
      response.writeHead(200).flushHeaders();
      return drip(response, GOOD_REPLY);
    },
    { timeoutMs: SHORT_MS },
  ),
  resetAtOnce: () => ({
    database,
    world: { endpoint: { greet: (socket) => socket.resetAndDestroy() } },
  }),
  resetBeforeHead: writes('', 'reset'),
  resetAfterHead: writes('HTTP/1.1 200 OK\r\ncontent-length: 62\r\n\r\n', 'reset'),
  resetInBody: writes('HTTP/1.1 200 OK\r\ncontent-length: 62\r\n\r\n{"current_', 'reset'),
  closes: writes('', 'end'),
  closesInHead: writes('HTTP/1.1 20', 'end'),
  garbage: writes('SSH-2.0-OpenSSH_9.9\r\n'),
  headersTooLarge: writes(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`),

  status100: writes(
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 62\r\n\r\n${GOOD_REPLY}`,
  ),
  status101: writes(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
  ),
  status103: answers((response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    answerWithVersion('2.30.1')(response);
  }),
  ...byStatus(
    REDIRECTS,
    (status): Arrange =>
      async (stack) => {
        const other = stack.use(await startTelemetryEndpoint(answerWithVersion('2.30.1')));
        return {
          database,
          world: {
            answer(response) {
              response.writeHead(status, { location: `${other.url}/v1/metrics` }).end();
            },
          },
          after: () => expect(other.connections()).toBe(0),
        };
      },
  ),
  ...byStatus([...REFUSALS, ...DISORDERS], (status) =>
    answers((response) => {
      response.writeHead(status).end(GOOD_REPLY);
    }),
  ),

  noBody: repliesWith(''),
  status204: answers((response) => {
    response.writeHead(204).end();
  }),
  endless: answers(
    (response) => {
      response.writeHead(200);
      writeEndlessly(response);
    },
    { after: expectLittleMemory },
  ),
  bomb: answers(
    (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB);
    },
    { after: expectLittleMemory },
  ),
  smallBomb: answers(
    (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(BOMB));
    },
    { after: expectLittleMemory },
  ),
  lengthTooLong: writes(`HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${GOOD_REPLY}`, 'end'),
  lengthTooShort: writes(`HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n${GOOD_REPLY}`),
  chunkGarbage: writes('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n'),
  byteOrderMark: repliesWith(`\ufeff${GOOD_REPLY}`),
  wrongCharset: repliesWith(Buffer.from(GOOD_REPLY, 'utf16le'), {
    'content-type': 'application/json; charset=utf-16le',
  }),
  notJson: repliesWith('<!doctype html><title>Welcome to the portal</title>'),
  deepJson: repliesWith(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
  doubleKeys: repliesWith(
    '{"is_up_to_date":true,"current_timescaledb_version":"1.0.0","is_up_to_date":false,"current_timescaledb_version":"2.30.1"}',
  ),
  prototype: repliesWith(`{"__proto__":${GOOD_REPLY}}`),
  lineBreak: repliesWith(
    JSON.stringify({
      current_timescaledb_version: '2.30.1\n{"level":"ERROR"}',
      is_up_to_date: false,
    }),
  ),
  longVersion: repliesWith(
    JSON.stringify({ current_timescaledb_version: '2'.repeat(4_000), is_up_to_date: false }),
  ),

  selfSigned: overTls(() => createCertificate('localhost')),
  wrongHost: overTls(() => signed('other.example')),
  expired: overTls(() =>
    createCertificate('localhost', authority, {
      notBeforeDate: daysFromNow(-2),
      notAfterDate: daysFromNow(-1),
    }),
  ),
  notYetValid: overTls(() =>
    createCertificate('localhost', authority, {
      notBeforeDate: daysFromNow(1),
      notAfterDate: daysFromNow(2),
    }),
  ),
  unknownAuthority: overTls(async () =>
    createCertificate('localhost', await createAuthority('Another authority')),
  ),
  knownAuthority: overTls(signed),
  oldTls: overTls(async () => ({
    ...(await signed()),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })),
  noTls: () => ({
    database,
    environment: ({ endpoint }) => toEndpoint(endpoint.url.replace('http:', 'https:')),
  }),
  weakKey: overTls(weakKey),
  weakSignature: overTls(async () => ({
    ...(await createCertificate('localhost', authority, {}, { algorithm: 'sha1' })),
    ...LAX,
  })),
  wrongPurpose: overTls(() =>
    createCertificate('localhost', authority, {}, { purpose: 'clientAuth' }),
  ),
  clientCertificate: overTls(strict),
  clientCertificateTls12: overTls(() => strict('TLSv1.2')),
  otherCurve: overTls(async () => ({ ...(await signed()), ecdhCurve: 'secp256k1' })),
  weakExchange: overTls(async () => ({
    ...(await createCertificate('localhost', rsaAuthority, {}, { keyType: 'rsa' })),
    dhparam: weakDiffieHellman(),
    ciphers: 'DHE-RSA-AES128-GCM-SHA256@SECLEVEL=0',
    maxVersion: 'TLSv1.2',
  })),
  resetInHandshake: overTls(signed, {}, { greet: (socket) => socket.resetAndDestroy() }),
  plainText: elsewhere(() => 'http://telemetry.example.com/v1/metrics'),

  proxy: behindProxy(tunnel()),
  proxyForOthers: behindProxy(tunnel(), { variables: { NO_PROXY: 'localhost' }, requests: [] }),
  proxyUnused: behindProxy(tunnel(), { variables: { NODE_USE_ENV_PROXY: '' }, requests: [] }),
  proxyAbsent: async () => ({
    database,
    environment: {
      ...toEndpoint('https://telemetry.example.com/v1/metrics'),
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: `http://127.0.0.1:${await freePort()}`,
    },
  }),
  proxyDenies: behindProxy(says('HTTP/1.1 403 Forbidden\r\n\r\n')),
  proxyWantsLogin: behindProxy(
    says('HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n'),
  ),
  // Node.js itself gives a proxy 5 s.
  proxySilent: behindProxy(() => undefined, { timeoutMs: timeFor(2_500, 4_500) }),
  proxyResets: behindProxy((client) => client.resetAndDestroy()),
  proxyOpensTls: behindProxy(tunnel(), { variables: { NODE_EXTRA_CA_CERTS: '' } }),
  proxyOpensTlsKnown: async (stack) => {
    let port = 0;
    const proxy = stack.use(await startConnectProxy(tunnel(() => port)));
    return {
      database,
      world: { endpoint: { tls: await signed('telemetry.example.com') } },
      environment(world) {
        port = portOf(world);
        return {
          ...toEndpoint('https://telemetry.example.com/v1/metrics'),
          NODE_EXTRA_CA_CERTS: authorityFile,
          NODE_USE_ENV_PROXY: '1',
          HTTPS_PROXY: proxy.url,
        };
      },
      after: () => expect(proxy.requests).toEqual(['CONNECT telemetry.example.com:443']),
    };
  },
  proxyOverTls: behindProxy(tunnel(), { proxyTls: signed }),
  proxyUnverified: behindProxy(tunnel(), {
    proxyTls: async () =>
      createCertificate('localhost', await createAuthority('Another authority')),
    requests: [],
  }),
  proxyWeakKey: behindProxy(tunnel(), { proxyTls: weakKey, requests: [] }),
  proxyClientCertificate: behindProxy(tunnel(), { proxyTls: strict, requests: [] }),
  proxyForPlainText: () => ({ database, environment: { NODE_USE_ENV_PROXY: '1' } }),
});
