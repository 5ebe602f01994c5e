/**
 * Faults of a TLS connection.
 *
 * - `untrusted`, `misnamed`, `out-of-date`, `weak`, `wrong-purpose`, `unacceptable`: faults of the server's certificate
 * - `client-certificate`: the server requires one, and this client has none
 * - `rejected`: the server ended the handshake with an alert
 * - `name-unknown`: the server has no certificate for the requested server name (SNI)
 * - `weak-exchange`: the server's key exchange or signature algorithm is too weak for this client
 * - `unsupported`: no common TLS version, or the server does not support TLS
 */
export type TlsFault =
  | 'untrusted'
  | 'misnamed'
  | 'out-of-date'
  | 'weak'
  | 'wrong-purpose'
  | 'unacceptable'
  | 'client-certificate'
  | 'rejected'
  | 'name-unknown'
  | 'weak-exchange'
  | 'unsupported';

/** Faults by Node's codes of certificate errors; the first matching pattern counts. */
const OF_CERTIFICATE: readonly (readonly [RegExp, TlsFault])[] = [
  [/^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/, 'misnamed'],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'out-of-date'],
  [/^INVALID_PURPOSE$/, 'wrong-purpose'],
  [/^ERROR_IN_C(ERT|RL)_/, 'unacceptable'],
  [/^(EE|CA)_(KEY|MD)_TOO_(SMALL|WEAK)$/, 'weak'],
  [
    /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|ERR_TLS_CERT_|INVALID_CA|CRL_|PATH_LENGTH_EXCEEDED)/,
    'untrusted',
  ],
];

/** Faults by Node's codes of handshake errors; the alerts are those of RFC 8446, section 6, in OpenSSL's spelling. */
const OF_HANDSHAKE: readonly (readonly [RegExp, TlsFault])[] = [
  // This client sends no certificate, so these alerts mean that one is required.
  [
    /_ALERT_(CERTIFICATE_(REQUIRED|REVOKED|EXPIRED|UNKNOWN)|(NO|BAD|UNSUPPORTED)_CERTIFICATE|UNKNOWN_CA)$/,
    'client-certificate',
  ],
  [/_UNRECOGNIZED_NAME$/, 'name-unknown'],
  [/_ALERT_PROTOCOL_VERSION$/, 'unsupported'],
  [/_ALERT_/, 'rejected'],
  [
    /_(DH_KEY_TOO_SMALL|WRONG_CURVE|BAD_ECPOINT|UNSUPPORTED_ELLIPTIC_CURVE|WRONG_SIGNATURE_TYPE|LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED|(EE|CA)_KEY_TOO_SMALL|CA_MD_TOO_WEAK)$/,
    'weak-exchange',
  ],
  [/^(EPROTO$|ERR_SSL_)/, 'unsupported'],
];

/** Node's code for the certificate errors that have no code of their own; only OpenSSL's message is specific. */
const UNNAMED = 'UNSPECIFIED';
const WEAK = /too (weak|small)/i;

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Returns OpenSSL's reason as a code. Node reports EPROTO with OpenSSL's message for a write, and the reason for a read. */
function handshakeReason(thrown: unknown): string {
  const code = codeOf(thrown);
  const text = code === 'EPROTO' && thrown instanceof Error ? thrown.message : '';
  const [, reason] = /:SSL routines:[^:]*:([^:]+):/.exec(text) ?? [];
  return reason === undefined ? code : `ERR_SSL_${reason.toUpperCase()}`;
}

/** Replaces the blanks and slashes of OpenSSL's reasons, such as `ssl/tls alert handshake failure`. */
function plainToken(reason: string): string {
  return reason.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(0, 64);
}

/** Returns the code of an error of TLS; undefined for any other error. */
export function tlsOriginOf(thrown: unknown): string | undefined {
  return tlsFaultOf(thrown) === undefined ? undefined : plainToken(handshakeReason(thrown));
}

function faultFrom(table: typeof OF_CERTIFICATE, name: string): TlsFault | undefined {
  return table.find(([pattern]) => pattern.test(name))?.[1];
}

/** Returns the TLS fault of an error that a socket or a request has thrown; undefined for any other error. */
export function tlsFaultOf(thrown: unknown): TlsFault | undefined {
  const code = codeOf(thrown);
  if (code === UNNAMED) {
    return thrown instanceof Error && WEAK.test(thrown.message) ? 'weak' : 'unacceptable';
  }
  return (
    faultFrom(OF_CERTIFICATE, code) ?? faultFrom(OF_HANDSHAKE, plainToken(handshakeReason(thrown)))
  );
}
