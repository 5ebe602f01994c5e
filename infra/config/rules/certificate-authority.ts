import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Explains why a PEM file cannot be used as certificate authorities; undefined when it can. Of several certificates one has
 * to be valid, so that a new one can be added before the old one expires.
 *
 * @param now in milliseconds since 1970
 */
export function caFileProblem(file: string, now: number): string | undefined {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch {
    return "cannot be read; set the path of a PEM file, relative to the environment's file";
  }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    return 'contains a private key, which would be deployed with the functions; use a file that contains certificates only';
  }
  let certificates: readonly X509Certificate[];
  try {
    certificates = (pem.match(PEM_BLOCK) ?? []).map((block) => new X509Certificate(block));
  } catch {
    return 'contains a certificate that cannot be parsed; export it as PEM again';
  }
  const [first] = certificates;
  if (first === undefined) return 'contains no certificate; export it as PEM (BEGIN CERTIFICATE)';
  const isValid = ({ validFromDate, validToDate }: X509Certificate): boolean =>
    validFromDate.getTime() <= now && now <= validToDate.getTime();
  if (certificates.some(isValid)) return undefined;
  const last = Math.max(...certificates.map(({ validToDate }) => validToDate.getTime()));
  return last < now
    ? `expired on ${new Date(last).toISOString().slice(0, 10)}; replace it by the authority's current certificate`
    : `is not valid before ${first.validFromDate.toISOString().slice(0, 10)}; add the authority's current certificate`;
}
