import { getDiffieHellman } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

/** Validity of a certificate; by default from now on. */
export interface Validity {
  readonly notBeforeDate?: Date;
  readonly notAfterDate?: Date;
}

/** Key and signature of a certificate; by default an EC key (P-256), signed with SHA-256. */
export interface Strength {
  readonly keyType?: 'rsa' | 'ec';
  /** Size of an RSA key in bits. */
  readonly keySize?: number;
  readonly algorithm?: 'sha1' | 'sha256';
}

export async function createAuthority(
  commonName: string,
  validity: Validity = {},
  strength: Strength = {},
): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...validity,
    ...strength,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key, cert };
}

/**
 * Creates a certificate for one DNS name.
 *
 * @param ca the authority that signs it; by default it is self-signed
 * @param purpose its extended key usage; by default it has none
 */
export async function createCertificate(
  name: string,
  ca?: Certificate,
  validity: Validity = {},
  { purpose, ...strength }: Strength & { readonly purpose?: 'clientAuth' } = {},
): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...validity,
    ...strength,
    ...(ca !== undefined && { ca }),
    extensions: [
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
      ...(purpose === undefined ? [] : [{ name: 'extKeyUsage' as const, [purpose]: true }]),
    ],
  });
  return { key, cert };
}

/** Returns Diffie-Hellman parameters of 1024 bits (RFC 2409, group 2) as PEM: an ASN.1 sequence of prime and generator. */
export function weakDiffieHellman(): string {
  const prime = getDiffieHellman('modp2').getPrime('hex');
  const der = Buffer.from(`30818702818100${prime}020102`, 'hex').toString('base64');
  return `-----BEGIN DH PARAMETERS-----\n${der}\n-----END DH PARAMETERS-----\n`;
}
