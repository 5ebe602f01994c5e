import { RunError } from '../errors.ts';
import type { TlsFault } from '../network/tls-faults.ts';
import type { ErrorMaker } from './connection-errors.ts';

/** Why a certificate does not verify, and where to look. */
const unverified =
  (why: string, remedy: string): ErrorMaker =>
  (details) =>
    new RunError(
      'DATABASE_TLS_UNVERIFIED',
      `The database server's certificate does not verify: ${why}.`,
      { remedy, ...details },
    );

const untrusted = unverified(
  'no authority that is trusted here has signed it',
  'Put the authority that signed it, as PEM, into the key ca of the secret or into tls.caFile.',
);

const misnamed = unverified(
  'it is for another name',
  'Connect to a name that it has; set tls.serverName where the host is an address, a tunnel or a load balancer.',
);

const outOfDate = unverified(
  'it, or the authority that signed it, has expired or is not valid yet',
  'Renew it on the server; where it is the authority, here too.',
);

const weak = unverified(
  'its key or its signature, or that of the authority that signed it, is too weak',
  'Issue a certificate with an RSA key of 2048 bits or more, or an EC key of 256 bits, signed with SHA-256 or better; where the authority is the weak one, replace it on the server and here.',
);

const wrongPurpose = unverified(
  'it is not for servers',
  'Issue a certificate for the server whose extended key usage has serverAuth, or that has none.',
);

const unacceptable = unverified(
  'it, or that of an authority, has a content that rules out this use',
  'Compare the key usage and the name constraints of the certificates with what the server is used for; the log level DEBUG (logLevel of the environment) shows the words of OpenSSL.',
);

/** The server does not accept how this client begins TLS. Plain text would be no way out: nothing here suggests it. */
const refusedTls =
  (message: string, remedy: string): ErrorMaker =>
  (details) =>
    new RunError('DATABASE_TLS_REFUSED', message, { remedy, ...details });

export const clientCertificate = refusedTls(
  'The server, or a proxy in front of it, requires a client certificate, and this client has none.',
  "Take clientcert, or the method cert, out of the role's line in pg_hba.conf, or the same demand out of the proxy's settings; client certificates are not supported. TLS and the password protect the login as before.",
);

const rejectedHandshake = refusedTls(
  'The server ended the TLS handshake with an alert: it shares no cipher, curve or signature algorithm with this client, or it requires a client certificate, which this client does not have.',
  "Allow TLS 1.2 or later with the ciphers and curves of current clients on the server (ssl_ciphers, ssl_groups, the certificate's curve), and require no client certificate of this role.",
);

const nameUnknown = refusedTls(
  'The server, or a proxy in front of it, has no certificate for the name that it was asked for.',
  'Set tls.serverName to a name that its certificate has.',
);

const weakExchange = refusedTls(
  "The server's TLS key exchange or signature algorithm is too weak for this client.",
  'Give the server ciphers with ECDHE (ssl_ciphers), or Diffie-Hellman parameters of 2048 bits or more (ssl_dh_params_file).',
);

export const tlsUnsupported: ErrorMaker = (details) =>
  new RunError(
    'DATABASE_TLS_UNSUPPORTED',
    'The server offers no TLS, or none that this client accepts, and TLS is asked for.',
    {
      remedy:
        'Turn on ssl on the server, with TLS 1.2 or later. Only if the way to it is private, set tls.mode to disable in the target: the password protocol and the report then travel in plain text.',
      ...details,
    },
  );

/** The error of each fault of TLS with the database server. */
export const BY_TLS_FAULT: Readonly<Record<TlsFault, ErrorMaker>> = {
  untrusted,
  misnamed,
  'out-of-date': outOfDate,
  weak,
  'wrong-purpose': wrongPurpose,
  unacceptable,
  'client-certificate': clientCertificate,
  rejected: rejectedHandshake,
  'name-unknown': nameUnknown,
  'weak-exchange': weakExchange,
  unsupported: tlsUnsupported,
};
