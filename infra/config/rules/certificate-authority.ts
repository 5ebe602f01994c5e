import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Why a file cannot serve as certificate authorities; undefined when it can. Of a bundle in which one follows the other
 * one has to be valid.
 *
 * @param now in milliseconds since 1970
 */
export function caFileProblem(file: string, now: number): string | undefined {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch {
    return "cannot be read; give the path of a PEM file, relative to the project's root";
  }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    return 'has a private key in it, which would ship with the functions; give a file with certificates alone';
  }
  let certificates: readonly X509Certificate[];
  try {
    certificates = (pem.match(PEM_BLOCK) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return 'has a certificate that cannot be read; export it again as PEM';
  }
  const [first] = certificates;
  if (first === undefined) return 'has no certificate in it; it must be PEM, BEGIN CERTIFICATE';
  const isValid = ({ validFromDate, validToDate }: X509Certificate): boolean =>
    validFromDate.getTime() <= now && now <= validToDate.getTime();
  if (certificates.some(isValid)) return undefined;
  const last = Math.max(...certificates.map(({ validToDate }) => validToDate.getTime()));
  return last < now
    ? `has expired on ${new Date(last).toISOString().slice(0, 10)}; get the authority's new certificate`
    : `is not valid before ${first.validFromDate.toISOString().slice(0, 10)}; add the authority's present certificate`;
}
