import { afterAll, beforeAll, expect } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { startBlackHole } from '../support/network/black-hole.ts';
import { createAuthority, createCertificate } from '../support/network/certificates.ts';
import { faultyTls } from '../support/network/faulty-tls.ts';
import { serveSockets } from '../support/network/sockets.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { consenting, testFaults } from '../support/run/faults.ts';
import {
  AUTHORITIES,
  elsewhere,
  overTls,
  SHORT_MS,
  toEndpoint,
  validCertificate,
} from './arrangements/endpoint.ts';
import { PROXY_ARRANGEMENTS } from './arrangements/endpoint-proxy.ts';
import { REPLY_ARRANGEMENTS } from './arrangements/endpoint-replies.ts';
import { ENDPOINT_FAULTS } from './rows/endpoint.ts';

/** One database is enough, because each run has left it before the fault. */
let database: TestDatabase;
const databases = new AsyncDisposableStack();

beforeAll(async () => {
  database = await consenting(databases);
});

afterAll(() => databases.disposeAsync());

/** Content type of a TLS record with a ClientHello. */
const TLS_HANDSHAKE = 0x16;

const TLS = faultyTls(AUTHORITIES);

testFaults(
  ENDPOINT_FAULTS,
  {
    // A label of more than 63 letters is invalid, so that no DNS server is queried.
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
        environment: toEndpoint(`https://127.0.0.1:${port}/v1/metrics`),
        timeoutMs: SHORT_MS,
        after: () => expect(Buffer.concat(hellos)[0]).toBe(TLS_HANDSHAKE),
      };
    },
    resetAtOnce: () => ({ world: { endpoint: { greet: (socket) => socket.resetAndDestroy() } } }),
    ...REPLY_ARRANGEMENTS,

    selfSigned: overTls(TLS.selfSigned),
    wrongHost: overTls(TLS.wrongHost),
    expired: overTls(TLS.expired),
    notYetValid: overTls(TLS.notYetValid),
    unknownAuthority: overTls(async () =>
      createCertificate('localhost', await createAuthority('Another authority')),
    ),
    knownAuthority: overTls(validCertificate),
    oldTls: overTls(TLS.oldTls),
    noTls: () => ({
      environment: ({ endpoint }) => toEndpoint(endpoint.url.replace('http:', 'https:')),
    }),
    weakKey: overTls(TLS.weakKey),
    weakSignature: overTls(TLS.weakSignature),
    wrongPurpose: overTls(TLS.wrongPurpose),
    clientCertificate: overTls(TLS.clientCertificate),
    clientCertificateTls12: overTls(TLS.clientCertificateTls12),
    otherCurve: overTls(TLS.otherCurve),
    weakExchange: overTls(TLS.weakExchange),
    resetInHandshake: overTls(validCertificate, { greet: (socket) => socket.resetAndDestroy() }),
    plainText: elsewhere(() => 'http://telemetry.example.com/v1/metrics'),
    ...PROXY_ARRANGEMENTS,
  },
  () => ({ database }),
);
