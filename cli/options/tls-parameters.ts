import { X509Certificate } from 'node:crypto';
import { LOOPBACK } from '../../lib/config/endpoint-url.ts';
import type { Target } from '../../lib/config/target.ts';
import { addProblems, oneOf } from '../command.ts';
import {
  type ConnectionChoices,
  checkHost,
  type Machine,
  type Setting,
  type Settings,
} from './settings.ts';

const SSLMODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type Sslmode = (typeof SSLMODES)[number];

/** The value of PGSSLROOTCERT for Node's own authorities. */
const SYSTEM = 'system';

/** Encryption and verification of a connection. */
export interface TlsParameters {
  readonly tls: Partial<Pick<Target['tls'], 'serverName'>> & Pick<Target['tls'], 'mode'>;
  /** PEM; undefined for Node's own authorities. */
  readonly ca: string | undefined;
}

/** Returns the name that the certificate must have: with PGHOSTADDR, that is the host. */
function serverNameOf(
  { tlsServerName }: ConnectionChoices,
  { host, hostaddr }: Settings,
  problems: string[],
): string | undefined {
  if (tlsServerName === undefined) return hostaddr && host?.text;
  return checkHost({ text: tlsServerName, from: '--tls-server-name' }, problems).text;
}

function isOnLoopback(host: string): boolean {
  return LOOPBACK.test(host.includes(':') ? `[${host}]` : host);
}

/** Returns a stricter mode than psql, which accepts an unverified certificate or plain text. */
function tlsMode(
  sslmode: Sslmode | undefined,
  host: string,
  isRequested: boolean,
): Target['tls']['mode'] {
  if (host.startsWith('/') || sslmode === 'disable') return 'disable';
  if (sslmode === undefined && isOnLoopback(host) && !isRequested) return 'disable';
  return sslmode === 'verify-ca' ? 'verify-ca' : 'verify-full';
}

/** Returns the authorities of a file, PEM. */
function readAuthorities(
  { text: path, from }: Setting,
  { readFile }: Machine,
  problems: string[],
): string | undefined {
  try {
    const pem = readFile(path);
    return new X509Certificate(pem).subject === undefined ? undefined : pem;
  } catch {
    problems.push(`${from} must be a readable file with certificates in PEM`);
    return undefined;
  }
}

function authorityFile({ tlsCaFile }: ConnectionChoices, { sslrootcert }: Settings) {
  if (tlsCaFile !== undefined) return { text: tlsCaFile, from: '--tls-ca-file' };
  return sslrootcert?.text === SYSTEM ? undefined : sslrootcert;
}

/** Returns how to encrypt and verify the connection to a host. */
export function tlsParameters(
  choices: ConnectionChoices,
  settings: Settings,
  host: string,
  machine: Machine,
  problems: string[],
): TlsParameters {
  const { sslmode, sslrootcert } = settings;
  const { tlsServerName, tlsCaFile } = choices;
  const requested = oneOf(sslmode?.from ?? '', sslmode?.text, SSLMODES, problems);
  const hasTlsOptions = (tlsServerName ?? tlsCaFile) !== undefined;
  const mode = tlsMode(requested, host, hasTlsOptions || sslrootcert?.text === SYSTEM);
  const file = authorityFile(choices, settings);
  addProblems(problems, [
    [
      hasTlsOptions && host.startsWith('/'),
      '--tls-server-name and --tls-ca-file need TLS, which a Unix socket does not have',
    ],
    [
      hasTlsOptions && requested === 'disable',
      `--tls-server-name and --tls-ca-file need TLS, which ${sslmode?.from} disable turns off`,
    ],
    [
      mode === 'verify-ca' && file === undefined,
      `${sslmode?.from} verify-ca accepts any name, so it needs your own authority: --tls-ca-file, or PGSSLROOTCERT`,
    ],
  ]);
  if (mode === 'disable') return { tls: { mode }, ca: undefined };
  const serverName = serverNameOf(choices, settings, problems);
  return {
    tls: { mode, ...(serverName !== undefined && { serverName }) },
    ca: file && readAuthorities(file, machine, problems),
  };
}
