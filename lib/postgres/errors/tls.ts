import type { TlsFault } from '../../network/tls-faults.ts';
import { type ErrorMaker, errorMaker } from './error-maker.ts';

/** Returns the maker for a certificate that does not verify. */
function unverified(reason: string, remedy: string): ErrorMaker {
  return errorMaker(
    'DATABASE_TLS_UNVERIFIED',
    `The database server's certificate does not verify: ${reason}.`,
    remedy,
  );
}

const untrusted = unverified(
  'no trusted certificate authority has signed it',
  'Put the PEM of its certificate authority into the key ca of the secret or into tls.caFile.',
);

const misnamed = unverified(
  'it is for another name',
  'Connect to a name in the certificate, or set tls.serverName if the host is an address, a tunnel or a load balancer.',
);

const outOfDate = unverified(
  'it, or its certificate authority, has expired or is not valid yet',
  'Renew the certificate on the server. If the authority has expired, replace it in the secret or in tls.caFile, too.',
);

const weak = unverified(
  'its key or its signature, or that of its certificate authority, is too weak',
  'Issue a certificate with an RSA key of at least 2048 bits or an EC key of at least 256 bits, signed with SHA-256 or better. If the authority is the weak one, replace it in the secret or in tls.caFile, too.',
);

const wrongPurpose = unverified(
  'it is not valid for servers',
  'Issue a certificate whose extended key usage contains serverAuth, or that has none.',
);

const unacceptable = unverified(
  "its content, or that of an authority's certificate, does not allow this use",
  "Compare the key usage and the name constraints of the certificates with the server's use; the log level DEBUG (logLevel of the environment) shows OpenSSL's message.",
);

export const clientCertificate = errorMaker(
  'DATABASE_TLS_REFUSED',
  'The server, or a proxy before it, requires a client certificate, and this client has none.',
  "Remove clientcert, or the method cert, from the role's line in pg_hba.conf, or the same requirement from the proxy's settings; client certificates are not supported. TLS and the password still protect the login.",
);

const rejectedHandshake = errorMaker(
  'DATABASE_TLS_REFUSED',
  'The server ended the TLS handshake with an alert: it shares no cipher, curve or signature algorithm with this client, or it requires a client certificate, which this client does not have.',
  "Allow TLS 1.2 or later with the ciphers and curves of current clients on the server (ssl_ciphers, ssl_groups, the certificate's curve), and require no client certificate from this role.",
);

const nameUnknown = errorMaker(
  'DATABASE_TLS_REFUSED',
  'The server, or a proxy before it, has no certificate for the requested server name.',
  'Set tls.serverName to a name in its certificate.',
);

const weakExchange = errorMaker(
  'DATABASE_TLS_REFUSED',
  "The server's TLS key exchange or signature algorithm is too weak for this client.",
  'Configure ciphers with ECDHE on the server (ssl_ciphers), or Diffie-Hellman parameters of at least 2048 bits (ssl_dh_params_file).',
);

export const tlsUnsupported = errorMaker(
  'DATABASE_TLS_UNSUPPORTED',
  'TLS is required, and the server offers none that this client accepts.',
  'Turn on ssl on the server, with TLS 1.2 or later. Only if the network path is private, set tls.mode to disable in the target: the login and the report are then sent in plain text.',
);

/** Makers by fault of TLS with the database server. */
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
