/**
 * What is wrong with a TLS connection.
 *
 * - `untrusted`, `misnamed`, `out-of-date`, `weak`, `wrong-purpose`, `unacceptable`: of the server's certificate
 * - `client-certificate`: the server requires one, and this client has none
 * - `rejected`: the server ended the handshake with an alert
 * - `name-unknown`: the server has no certificate for the name that it was asked for (SNI)
 * - `weak-exchange`: the server's key exchange or signature algorithm is below what this client accepts
 * - `unsupported`: no common version or cipher, or no TLS at the other end
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

/** By Node's names of a certificate that does not verify; the first pattern that matches counts. */
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

/** By Node's names of a handshake that failed; alerts are those of RFC 8446, section 6, as OpenSSL calls them. */
const OF_HANDSHAKE: readonly (readonly [RegExp, TlsFault])[] = [
  // A client without a certificate gets these alerts only because it has none.
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

/** Node's name for every verdict of OpenSSL on a certificate that it has no name for: only OpenSSL's text tells them apart. */
const UNNAMED = 'UNSPECIFIED';
const WEAK = /too (weak|small)/i;

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Whether a write or a read found it, Node says EPROTO with OpenSSL's text, or names OpenSSL's reason: here it is the reason. */
function handshakeReason(thrown: unknown): string {
  const code = codeOf(thrown);
  const text = code === 'EPROTO' && thrown instanceof Error ? thrown.message : '';
  const [, reason] = /:SSL routines:[^:]*:([^:]+):/.exec(text) ?? [];
  return reason === undefined ? code : `ERR_SSL_${reason.toUpperCase()}`;
}

/** OpenSSL's reasons have blanks and slashes: `ssl/tls alert handshake failure`. */
function plainToken(reason: string): string {
  return reason.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(0, 64);
}

/** The name of an error of TLS; undefined for any other error. */
export function tlsOriginOf(thrown: unknown): string | undefined {
  return tlsFaultOf(thrown) === undefined ? undefined : plainToken(handshakeReason(thrown));
}

function faultFrom(table: typeof OF_CERTIFICATE, name: string): TlsFault | undefined {
  return table.find(([pattern]) => pattern.test(name))?.[1];
}

/** What is wrong with TLS, by what a socket or a request has thrown; undefined for an error that is none of TLS. */
export function tlsFaultOf(thrown: unknown): TlsFault | undefined {
  const code = codeOf(thrown);
  if (code === UNNAMED) {
    return thrown instanceof Error && WEAK.test(thrown.message) ? 'weak' : 'unacceptable';
  }
  return (
    faultFrom(OF_CERTIFICATE, code) ?? faultFrom(OF_HANDSHAKE, plainToken(handshakeReason(thrown)))
  );
}
