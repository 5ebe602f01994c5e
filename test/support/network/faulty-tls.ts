import type { SecureContextOptions, TlsOptions } from 'node:tls';
import {
  type Certificate,
  createAuthority,
  createCertificate,
  weakDiffieHellman,
} from './certificates.ts';

const DAY_MS = 86_400_000;

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}

export const PAST = { notBeforeDate: daysFromNow(-20), notAfterDate: daysFromNow(-10) };
export const PRESENT = { notBeforeDate: daysFromNow(-10), notAfterDate: daysFromNow(10) };
const FUTURE = { notBeforeDate: daysFromNow(10), notAfterDate: daysFromNow(20) };

export const RSA_1024 = { keyType: 'rsa', keySize: 1_024 } as const;

/** Authorities that sign the certificates of a test. */
export interface Authorities {
  readonly authority: Certificate;
  /** An authority with an RSA key, which can sign RSA certificates. */
  readonly rsaAuthority: Certificate;
  /** The certificates of both, PEM. */
  readonly bundle: string;
}

export async function createAuthorities(): Promise<Authorities> {
  const [authority, rsaAuthority] = await Promise.all([
    createAuthority('Authority of the faults', PRESENT),
    createAuthority('Authority with an RSA key', PRESENT, { keyType: 'rsa' }),
  ]);
  return { authority, rsaAuthority, bundle: `${authority.cert}\n${rsaAuthority.cert}` };
}

/** Certificate, key and settings of a TLS server. */
export type ServerTls = SecureContextOptions &
  Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized'>;

/** Lets a server use weak keys, signatures and old versions of TLS. */
export const WEAK_SECURITY = { ciphers: 'DEFAULT@SECLEVEL=0' } as const;

const REQUIRES_CLIENT_CERTIFICATE = { requestCert: true, rejectUnauthorized: true } as const;

/** Returns the options of TLS servers, each with one fault, with certificates for `localhost` of these authorities. */
export function faultyTls({ authority, rsaAuthority }: Authorities) {
  const valid = () => createCertificate('localhost', authority);
  return {
    selfSigned: () => createCertificate('localhost'),
    wrongHost: () => createCertificate('elsewhere.example', authority),
    expired: () => createCertificate('localhost', authority, PAST),
    notYetValid: () => createCertificate('localhost', authority, FUTURE),
    oldTls: async () => ({
      ...(await valid()),
      ...WEAK_SECURITY,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
    }),
    weakKey: async () => ({
      ...(await createCertificate('localhost', rsaAuthority, PRESENT, RSA_1024)),
      ...WEAK_SECURITY,
    }),
    weakSignature: async () => ({
      ...(await createCertificate('localhost', authority, PRESENT, { algorithm: 'sha1' })),
      ...WEAK_SECURITY,
    }),
    wrongPurpose: () =>
      createCertificate('localhost', authority, PRESENT, { purpose: 'clientAuth' }),
    clientCertificate: async () => ({ ...(await valid()), ...REQUIRES_CLIENT_CERTIFICATE }),
    clientCertificateTls12: async () => ({
      ...(await valid()),
      ...REQUIRES_CLIENT_CERTIFICATE,
      maxVersion: 'TLSv1.2',
    }),
    otherCurve: async () => ({ ...(await valid()), ecdhCurve: 'secp256k1' }),
    weakExchange: async () => ({
      ...(await createCertificate('localhost', rsaAuthority, PRESENT, { keyType: 'rsa' })),
      dhparam: weakDiffieHellman(),
      ciphers: 'DHE-RSA-AES128-GCM-SHA256@SECLEVEL=0',
      maxVersion: 'TLSv1.2',
    }),
  } satisfies Record<string, () => Promise<ServerTls>>;
}
