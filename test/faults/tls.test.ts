import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TLSSocketOptions } from 'node:tls';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import {
  type Certificate,
  createAuthority,
  createCertificate,
  weakDiffieHellman,
} from '../support/network/certificates.ts';
import { type SocketServer, serveSockets, startDeafProxy } from '../support/network/sockets.ts';
import { serveTls, startTlsProxy } from '../support/network/tls-proxy.ts';
import { isQuery, SSL_REQUEST } from '../support/network/wire.ts';
import { createDatabase } from '../support/postgres/databases.ts';
import { type OwnServer, startPostgres } from '../support/postgres/postgres.ts';
import {
  type Arrange,
  consenting,
  type Faulty,
  testFaults,
  timeFor,
} from '../support/run/faults.ts';
import { secretFor } from '../support/run/world.ts';
import { TLS_FAULTS } from './rows/tls.ts';

/** The server of all test files has a certificate for `localhost` alone, signed by `authority`. */
const { port: serverPort, authority, strangerAuthority } = inject('postgres');

const DAY_MS = 86_400_000;

const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

const PAST = { notBeforeDate: daysFromNow(-20), notAfterDate: daysFromNow(-10) };
const FUTURE = { notBeforeDate: daysFromNow(10), notAfterDate: daysFromNow(20) };
const PRESENT = { notBeforeDate: daysFromNow(-10), notAfterDate: daysFromNow(10) };

const RSA_1024 = { keyType: 'rsa', keySize: 1_024 } as const;

const [present, replaced, past, rsa, weak] = await Promise.all([
  createAuthority('Authority of the faults', PRESENT),
  createAuthority('Authority that was replaced', PRESENT),
  createAuthority('Authority of the past', PAST),
  createAuthority('Authority with an RSA key', PRESENT, { keyType: 'rsa' }),
  createAuthority('Authority with a weak key', PRESENT, RSA_1024),
]);

/** With pg_hba.conf asking for a client certificate, for the roles of its own tests alone. */
let strictServer: OwnServer;
const strictServers = new AsyncDisposableStack();

beforeAll(async () => {
  strictServer = await startPostgres(['-c', 'ssl_ca_file=server.crt']);
  strictServers.defer(() => strictServer.stop());
});

afterAll(() => strictServers.disposeAsync());

/** What the target and the secret say beside the defaults: verify-full, `localhost`. */
interface Choices {
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, unknown>>;
}

/** To the server of all test files itself. */
const direct =
  ({ tls = {}, secret = {} }: Choices, faulty: Partial<Faulty> = {}): Arrange =>
  async (stack) => {
    const database = await consenting(stack);
    return {
      database,
      world: { secret: secretFor(database, { host: 'localhost', ...secret }) },
      target: { tls },
      ...faulty,
    };
  };

/** To something of the test's own. */
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

/** To the real server, through what ends TLS with this certificate. */
const presenting = (
  certificate: () => Promise<Certificate>,
  choices: Choices = { secret: { ca: present.cert } },
  options: TLSSocketOptions = {},
): Arrange =>
  through(async () => startTlsProxy(serverPort, { ...(await certificate()), ...options }), choices);

/** What a server needs that speaks with keys and signatures of old. */
const LAX = { ciphers: 'DEFAULT@SECLEVEL=0' } as const;

/** A proxy that lets in whoever has a certificate. */
const STRICT = { requestCert: true, rejectUnauthorized: true } as const;

/** To a server that asks this role for a client certificate. */
const askingRole =
  (maxVersion: 'TLSv1.2' | 'TLSv1.3'): Arrange =>
  async (stack) => {
    const { port, dataFolder, authority: ca } = strictServer;
    const database = stack.use(
      await createDatabase({ release: '2.28.3', level: 'basic', label: 'fault', port }),
    );
    const { admin, name, role } = database;
    const rule = `hostssl ${name} ${role} all scram-sha-256 clientcert=verify-ca`;
    const file = join(dataFolder, 'pg_hba.conf');
    await writeFile(file, `${rule}\n${await readFile(file, 'utf8')}`);
    await admin.query(`alter system set ssl_max_protocol_version = '${maxVersion}'`);
    await admin.query('select pg_reload_conf()');
    return {
      database,
      world: { secret: secretFor(database, { host: 'localhost', port, ca }) },
      target: { tls: {} },
    };
  };

const VERIFY_CA = { tls: { mode: 'verify-ca' } };

/** A file that ships with the function. */
const withFile =
  (name: string, text: string): Arrange =>
  async (stack) => {
    const caFile = join(inject('folder'), name);
    await writeFile(caFile, text);
    return direct({ tls: { caFile } })(stack);
  };

/** Answers the question for TLS, and what is said next, and hears all of it. */
const answering =
  (answer: Buffer, expectSaid: (said: Buffer) => void, next?: Buffer): Arrange =>
  async (stack) => {
    const said: Buffer[] = [];
    const start = () =>
      serveSockets((socket) => {
        socket.on('data', (chunk: Buffer) => said.push(chunk));
        socket.once('data', () => {
          socket.write(answer);
          if (next !== undefined) socket.once('data', () => socket.write(next));
        });
      });
    return through(start, {}, { after: () => expectSaid(Buffer.concat(said)) })(stack);
  };

const expectNothingButTheQuestion = (said: Buffer): void => expect(said).toEqual(SSL_REQUEST);

/** TLS's own messages are records, whose first byte says which: 21 is an alert, 22 a handshake. */
const expectNothingButTls = (said: Buffer): void => {
  expect(said.subarray(0, SSL_REQUEST.length)).toEqual(SSL_REQUEST);
  expect([21, 22]).toContain(said[SSL_REQUEST.length]);
};

/** AuthenticationCleartextPassword: what somebody would say who wants to be told the password. */
const PASSWORD_PLEASE = Buffer.from('520000000800000003', 'hex');

testFaults(TLS_FAULTS, {
  selfSigned: presenting(() => createCertificate('localhost')),
  noAuthority: direct({}),
  otherAuthority: direct({ secret: { ca: strangerAuthority } }),
  otherAuthorityVerifyCa: direct({ ...VERIFY_CA, secret: { ca: strangerAuthority } }),
  wrongHost: presenting(() => createCertificate('elsewhere.example', present)),
  address: direct({ secret: { ca: authority, host: '127.0.0.1' } }),
  expired: presenting(() => createCertificate('localhost', present, PAST)),
  expiredVerifyCa: presenting(() => createCertificate('localhost', present, PAST), {
    ...VERIFY_CA,
    secret: { ca: present.cert },
  }),
  notYetValid: presenting(() => createCertificate('localhost', present, FUTURE)),
  authorityExpired: presenting(() => createCertificate('localhost', past, PRESENT), {
    secret: { ca: past.cert },
  }),
  urlWeakens: async (stack) => {
    const database = await consenting(stack);
    const { role, password, name } = database;
    const secret = `postgres://${role}:${password}@localhost:${serverPort}/${name}?sslmode=no-verify`;
    return { database, world: { secret }, target: { tls: {} } };
  },
  variableWeakens: direct(
    { secret: { ca: authority } },
    { environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
  ),
  none: answering(Buffer.from('N'), expectNothingButTheQuestion),
  plainAfterYes: answering(Buffer.from('S'), expectNothingButTls, PASSWORD_PLEASE),
  stuffed: answering(
    Buffer.concat([Buffer.from('S'), PASSWORD_PLEASE]),
    expectNothingButTheQuestion,
  ),
  tooOld: through(
    async () =>
      serveTls({
        ...(await createCertificate('localhost', present)),
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      }),
    { secret: { ca: present.cert } },
  ),
  weakKey: presenting(
    () => createCertificate('localhost', rsa, PRESENT, RSA_1024),
    { secret: { ca: rsa.cert } },
    LAX,
  ),
  weakSignature: presenting(
    () => createCertificate('localhost', present, PRESENT, { algorithm: 'sha1' }),
    { secret: { ca: present.cert } },
    LAX,
  ),
  weakAuthority: presenting(
    () => createCertificate('localhost', weak, PRESENT, { keyType: 'rsa' }),
    { secret: { ca: weak.cert } },
    LAX,
  ),
  wrongPurpose: presenting(() =>
    createCertificate('localhost', present, PRESENT, { purpose: 'clientAuth' }),
  ),
  clientCertificate: presenting(
    () => createCertificate('localhost', present),
    { secret: { ca: present.cert } },
    STRICT,
  ),
  clientCertificateTls12: presenting(
    () => createCertificate('localhost', present),
    { secret: { ca: present.cert } },
    { ...STRICT, maxVersion: 'TLSv1.2' },
  ),
  clientCertificateOfRole: askingRole('TLSv1.3'),
  clientCertificateOfRoleTls12: askingRole('TLSv1.2'),
  otherCurve: presenting(
    () => createCertificate('localhost', present),
    { secret: { ca: present.cert } },
    { ecdhCurve: 'secp256k1' },
  ),
  weakExchange: presenting(
    () => createCertificate('localhost', rsa, PRESENT, { keyType: 'rsa' }),
    { secret: { ca: rsa.cert } },
    {
      dhparam: weakDiffieHellman(),
      ciphers: 'DHE-RSA-AES128-GCM-SHA256@SECLEVEL=0',
      maxVersion: 'TLSv1.2',
    },
  ),
  // A fatal alert of the number 112.
  nameUnknown: answering(
    Buffer.from('S'),
    expectNothingButTls,
    Buffer.from('15030300020270', 'hex'),
  ),
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
  verifyCa: presenting(() => createCertificate('elsewhere.example', present), {
    ...VERIFY_CA,
    secret: { ca: present.cert },
  }),
});
