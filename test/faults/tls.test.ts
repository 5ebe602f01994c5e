import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import { type Certificate, createAuthority, createCertificate } from '../support/certificates.ts';
import { type Arrange, consenting, type Faulty, testFaults, timeFor } from '../support/faults.ts';
import { type SocketServer, serveSockets, startDeafProxy } from '../support/sockets.ts';
import { serveTls, startTlsProxy } from '../support/tls-proxy.ts';
import { isQuery, SSL_REQUEST } from '../support/wire.ts';
import { secretFor } from '../support/world.ts';
import { TLS_FAULTS } from './tls.ts';

/** The server of all test files has a certificate for `localhost` alone, signed by `authority`. */
const { port: serverPort, authority, strangerAuthority } = inject('postgres');

const DAY_MS = 86_400_000;

const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);

const PAST = { notBeforeDate: daysFromNow(-20), notAfterDate: daysFromNow(-10) };
const FUTURE = { notBeforeDate: daysFromNow(10), notAfterDate: daysFromNow(20) };
const PRESENT = { notBeforeDate: daysFromNow(-10), notAfterDate: daysFromNow(10) };

const [present, replaced, past] = await Promise.all([
  createAuthority('Authority of the faults', PRESENT),
  createAuthority('Authority that was replaced', PRESENT),
  createAuthority('Authority of the past', PAST),
]);

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
): Arrange => through(async () => startTlsProxy(serverPort, await certificate()), choices);

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
