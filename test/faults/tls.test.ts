import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { createAuthority, createCertificate } from '../support/network/certificates.ts';
import {
  createAuthorities,
  faultyTls,
  PAST,
  PRESENT,
  RSA_1024,
  type ServerTls,
  WEAK_SECURITY,
} from '../support/network/faulty-tls.ts';
import { type SocketServer, serveSockets, startDeafProxy } from '../support/network/sockets.ts';
import { serveTls, startTlsProxy } from '../support/network/tls-proxy.ts';
import { isQuery, SSL_REQUEST } from '../support/network/wire.ts';
import { createDatabase } from '../support/postgres/databases.ts';
import { type OwnServer, startPostgres } from '../support/postgres/postgres.ts';
import { type Arrange, type Faulty, healthy, testFaults, timeFor } from '../support/run/faults.ts';
import { secretFor } from '../support/run/world.ts';
import { TLS_FAULTS } from './rows/tls.ts';

/** The server that all test files share has a certificate for `localhost` only, signed by `authority`. */
const { port: serverPort, authority, strangerAuthority } = inject('postgres');

const [authorities, replaced, past, weak] = await Promise.all([
  createAuthorities(),
  createAuthority('Authority that was replaced', PRESENT),
  createAuthority('Authority of the past', PAST),
  createAuthority('Authority with a weak key', PRESENT, RSA_1024),
]);
const { authority: present, bundle } = authorities;
const TLS = faultyTls(authorities);

/** A server whose pg_hba.conf requires client certificates. */
let strictServer: OwnServer;
const strictServers = new AsyncDisposableStack();

beforeAll(async () => {
  strictServer = await startPostgres(['-c', 'ssl_ca_file=server.crt']);
  strictServers.defer(() => strictServer.stop());
  const file = join(strictServer.dataFolder, 'pg_hba.conf');
  const rule = 'hostssl all all all scram-sha-256 clientcert=verify-ca';
  await writeFile(file, `${rule}\n${await readFile(file, 'utf8')}`);
});

afterAll(() => strictServers.disposeAsync());

/** Settings of target and secret that replace the defaults: verify-full and `localhost`. */
interface Choices {
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, unknown>>;
}

/** Connects to the server that all test files share. */
const direct =
  ({ tls = {}, secret = {} }: Choices, faulty: Partial<Faulty> = {}): Arrange =>
  async () => {
    const database = await healthy();
    return {
      database,
      world: { secret: secretFor(database, { host: 'localhost', ...secret }) },
      target: { tls },
      ...faulty,
    };
  };

/** Connects to a server or proxy of the test. */
const through =
  (
    start: () => Promise<SocketServer>,
    { secret = {}, tls = {} }: Choices = {},
    faulty?: Partial<Faulty>,
  ): Arrange =>
  async (stack) => {
    const { port } = stack.use(await start());
    return direct({ tls, secret: { port, ...secret } }, faulty)(stack);
  };

/** Connects to the real server through a proxy that terminates TLS with these options. */
const presenting = (
  tls: () => Promise<ServerTls>,
  choices: Choices = { secret: { ca: bundle } },
): Arrange => through(async () => startTlsProxy(serverPort, await tls()), choices);

/** Connects to the server that requires client certificates. */
const requiringCertificate =
  (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Arrange =>
  async (stack) => {
    const { port, authority: ca } = strictServer;
    const database = stack.use(
      await createDatabase({ release: '2.28.3', level: 'basic', label: 'fault', port }),
    );
    const { admin } = database;
    await admin.query(`alter system set ssl_max_protocol_version = '${maxVersion}'`);
    await admin.query('select pg_reload_conf()');
    return {
      database,
      world: { secret: secretFor(database, { host: 'localhost', port, ca }) },
      target: { tls: {} },
    };
  };

const VERIFY_CA = { tls: { mode: 'verify-ca' } };

/** Puts the authority into a file that ships with the function. */
const withFile =
  (name: string, text: string): Arrange =>
  async (stack) => {
    const caFile = join(inject('folder'), name);
    await writeFile(caFile, text);
    return direct({ tls: { caFile } })(stack);
  };

/** Answers SSLRequest, and optionally the next message, and checks all bytes of the client. */
const answering =
  (answer: Buffer, expectReceived: (received: Buffer) => void, next?: Buffer): Arrange =>
  async (stack) => {
    const received: Buffer[] = [];
    const start = () =>
      serveSockets((socket) => {
        socket.on('data', (chunk: Buffer) => received.push(chunk));
        socket.once('data', () => {
          socket.write(answer);
          if (next !== undefined) socket.once('data', () => socket.write(next));
        });
      });
    return through(start, {}, { after: () => expectReceived(Buffer.concat(received)) })(stack);
  };

const expectOnlySslRequest = (received: Buffer): void => expect(received).toEqual(SSL_REQUEST);

/** The content types of TLS records that may follow: alert and handshake. */
const TLS_RECORDS = [21, 22];

const expectOnlyTls = (received: Buffer): void => {
  expect(received.subarray(0, SSL_REQUEST.length)).toEqual(SSL_REQUEST);
  expect(TLS_RECORDS).toContain(received[SSL_REQUEST.length]);
};

/** AuthenticationCleartextPassword, with which an attacker would request the password. */
const CLEAR_TEXT_REQUEST = Buffer.from('520000000800000003', 'hex');

testFaults(TLS_FAULTS, {
  selfSigned: presenting(TLS.selfSigned),
  noAuthority: direct({}),
  otherAuthority: direct({ secret: { ca: strangerAuthority } }),
  otherAuthorityVerifyCa: direct({ ...VERIFY_CA, secret: { ca: strangerAuthority } }),
  wrongHost: presenting(TLS.wrongHost),
  address: direct({ secret: { ca: authority, host: '127.0.0.1' } }),
  expired: presenting(TLS.expired),
  expiredVerifyCa: presenting(TLS.expired, { ...VERIFY_CA, secret: { ca: bundle } }),
  notYetValid: presenting(TLS.notYetValid),
  authorityExpired: presenting(() => createCertificate('localhost', past, PRESENT), {
    secret: { ca: past.cert },
  }),
  urlWeakens: async () => {
    const database = await healthy();
    const { role, password, name } = database;
    const secret = `postgres://${role}:${password}@localhost:${serverPort}/${name}?sslmode=no-verify`;
    return { database, world: { secret }, target: { tls: {} } };
  },
  variableWeakens: direct(
    { secret: { ca: authority } },
    { environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
  ),
  none: answering(Buffer.from('N'), expectOnlySslRequest),
  plainAfterYes: answering(Buffer.from('S'), expectOnlyTls, CLEAR_TEXT_REQUEST),
  stuffed: answering(Buffer.concat([Buffer.from('S'), CLEAR_TEXT_REQUEST]), expectOnlySslRequest),
  tooOld: through(async () => serveTls(await TLS.oldTls()), { secret: { ca: bundle } }),
  weakKey: presenting(TLS.weakKey),
  weakSignature: presenting(TLS.weakSignature),
  weakAuthority: presenting(
    async () => ({
      ...(await createCertificate('localhost', weak, PRESENT, { keyType: 'rsa' })),
      ...WEAK_SECURITY,
    }),
    { secret: { ca: weak.cert } },
  ),
  wrongPurpose: presenting(TLS.wrongPurpose),
  clientCertificate: presenting(TLS.clientCertificate),
  clientCertificateTls12: presenting(TLS.clientCertificateTls12),
  clientCertificateOfRole: requiringCertificate('TLSv1.3'),
  clientCertificateOfRoleTls12: requiringCertificate('TLSv1.2'),
  otherCurve: presenting(TLS.otherCurve),
  weakExchange: presenting(TLS.weakExchange),
  // A fatal alert: unrecognized_name (112).
  nameUnknown: answering(Buffer.from('S'), expectOnlyTls, Buffer.from('15030300020270', 'hex')),
  hangs: through(
    () => serveSockets((socket) => void socket.once('data', () => socket.write('S'))),
    {},
    { timeoutMs: timeFor(500) },
  ),
  reset: through(() =>
    serveSockets((socket) => {
      socket.once('data', () => {
        socket.write('S');
        socket.once('data', () => socket.resetAndDestroy());
      });
    }),
  ),
  resetInQuery: through(
    async () =>
      startTlsProxy(serverPort, await createCertificate('localhost', present), (chunk, socket) => {
        if (isQuery(chunk)) socket.resetAndDestroy();
      }),
    { secret: { ca: present.cert } },
  ),
  goodbyeUnanswered: through(() => startDeafProxy(serverPort), { secret: { ca: authority } }),
  noPemInSecret: direct({ secret: { ca: 'not-a-certificate-of-the-faults' } }),
  noFile: direct({ tls: { caFile: 'missing.pem' } }),
  noPemInFile: withFile('no-pem.pem', 'not-a-certificate-of-the-faults'),
  authorityInSecret: direct({ secret: { ca: authority } }),
  authorityInFile: withFile('authority-of-the-faults.pem', authority),
  rotatedOld: presenting(() => createCertificate('localhost', replaced), {
    secret: { ca: `${replaced.cert}\n${present.cert}` },
  }),
  rotatedNew: presenting(() => createCertificate('localhost', present), {
    secret: { ca: `${replaced.cert}\n${present.cert}` },
  }),
  serverName: direct({
    tls: { serverName: 'localhost' },
    secret: { ca: authority, host: '127.0.0.1' },
  }),
  verifyCa: presenting(TLS.wrongHost, { ...VERIFY_CA, secret: { ca: bundle } }),
});
