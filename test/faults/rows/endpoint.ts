import {
  configInvalid,
  ENDPOINT_CERTIFICATE_WEAK,
  ENDPOINT_CERTIFICATE_WRONG_PURPOSE,
  ENDPOINT_CLIENT_CERTIFICATE_REQUIRED,
  ENDPOINT_HANDSHAKE_REJECTED,
  ENDPOINT_KEY_EXCHANGE_WEAK,
  ENDPOINT_TIMEOUT,
  ENDPOINT_TLS,
  ENDPOINT_UNREACHABLE,
  endpointRedirected,
  endpointRejected,
  endpointUnavailable,
  OUT_OF_DATE,
  REPLY_MALFORMED,
  replyUnreadable,
  replyWithoutVersion,
  timeLimit,
} from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

export const REDIRECTS = [301, 302, 303, 307, 308] as const;
export const REFUSALS = [400, 401, 403, 404, 407, 413, 418, 421] as const;
export const DISORDERS = [408, 429, 500, 502, 503, 504, 599] as const;

/** Returns one fault for each status, with the id `status<status>`. */
export function byStatus<Status extends number, Value>(
  statuses: readonly Status[],
  make: (status: Status) => Value,
): Record<`status${Status}`, Value> {
  return Object.fromEntries(statuses.map((status) => [`status${status}`, make(status)])) as Record<
    `status${Status}`,
    Value
  >;
}

/** A connection that ended before a report arrived. */
function cut(fault: string, origin: string): Fault {
  return {
    fault,
    outcome: 'failed',
    expected: ENDPOINT_UNREACHABLE,
    origin,
    touchesEndpoint: true,
  };
}

/** A report that arrived, without a valid answer. */
function unanswered(fault: string, origin: string): Fault {
  return { fault, outcome: 'failed', expected: ENDPOINT_UNREACHABLE, origin, arrive: 1 };
}

function unverified(fault: string, origin: string, expected = ENDPOINT_TLS): Fault {
  return { fault, outcome: 'failed', expected, origin, touchesEndpoint: true };
}

function sent(fault: string, expected = OUT_OF_DATE): Fault {
  return { fault, outcome: 'sent', expected };
}

export const ENDPOINT_FAULTS = {
  title: 'The endpoint',
  split: 'own',
  command: 'own',
  faults: {
    unresolved: {
      fault: 'its name does not resolve',
      outcome: 'failed',
      expected: ENDPOINT_UNREACHABLE,
      origin: 'ENOTFOUND',
    },
    refused: {
      fault: 'no server listens there',
      outcome: 'failed',
      expected: ENDPOINT_UNREACHABLE,
      origin: 'ECONNREFUSED',
    },
    blackHole: {
      fault: 'packets to it are dropped',
      outcome: 'failed',
      expected: ENDPOINT_TIMEOUT,
      origin: 'TimeoutError',
    },
    handshakeSilent: {
      fault: 'it accepts the connection, and the TLS handshake does not end',
      outcome: 'failed',
      expected: timeLimit('delivery'),
    },
    silent: {
      fault: 'it receives the report and does not answer',
      outcome: 'failed',
      expected: timeLimit('delivery'),
      arrive: 1,
    },
    headDrips: {
      fault: 'its answer arrives byte by byte',
      outcome: 'failed',
      expected: timeLimit('delivery'),
      arrive: 1,
    },
    bodyDrips: sent("its answer's body arrives byte by byte", replyUnreadable('too slow')),
    resetAtOnce: cut('it resets the connection', 'ECONNRESET'),
    resetBeforeHead: unanswered('it receives the report and resets the connection', 'ECONNRESET'),
    resetAfterHead: sent(
      "it resets the connection after its answer's headers",
      replyUnreadable('connection lost'),
    ),
    resetInBody: sent(
      "it resets the connection in its answer's body",
      replyUnreadable('connection lost'),
    ),
    closes: unanswered('it receives the report and closes the connection', 'ECONNRESET'),
    closesInHead: unanswered('it closes the connection within its status line', 'ECONNRESET'),
    garbage: unanswered('it does not speak HTTP', 'HPE_INVALID_CONSTANT'),
    headersTooLarge: unanswered("its answer's headers do not end", 'HPE_HEADER_OVERFLOW'),

    status100: sent('it answers 100 before 200 without an Expect header'),
    status103: sent('it answers 103 (early hints) before 200'),
    ...byStatus(
      REDIRECTS,
      (status): Fault => ({
        fault: `it answers ${status}, a redirect to another host`,
        outcome: 'failed',
        expected: endpointRedirected(status),
        origin: String(status),
        arrive: 1,
      }),
    ),
    status101: {
      fault: 'it answers 101 to switch protocols',
      outcome: 'failed',
      expected: endpointRejected(101),
      origin: '101',
      arrive: 1,
    },
    ...byStatus(
      REFUSALS,
      (status): Fault => ({
        fault: `it answers ${status}`,
        outcome: 'failed',
        expected: endpointRejected(status),
        origin: String(status),
        arrive: 1,
      }),
    ),
    ...byStatus(
      DISORDERS,
      (status): Fault => ({
        fault: `it answers ${status}`,
        outcome: 'failed',
        expected: endpointUnavailable(status),
        origin: String(status),
        arrive: 1,
      }),
    ),

    emptyBody: sent('it answers 200 without a body', REPLY_MALFORMED),
    status204: sent('it answers 204', REPLY_MALFORMED),
    endless: sent("its answer's body does not end", replyUnreadable('too large')),
    bomb: sent(
      'its answer is compressed, and has 100 MB uncompressed',
      replyUnreadable('too large'),
    ),
    smallBomb: sent(
      'its answer is compressed twice into 1 kB, and has 100 MB uncompressed',
      REPLY_MALFORMED,
    ),
    lengthTooLong: sent(
      'its answer is shorter than its content-length',
      replyUnreadable('connection lost'),
    ),
    lengthTooShort: sent('its answer is longer than its content-length', REPLY_MALFORMED),
    chunkGarbage: sent('its answer has an invalid chunk', replyUnreadable('connection lost')),
    byteOrderMark: sent('its answer begins with a byte order mark', REPLY_MALFORMED),
    wrongCharset: sent('its answer is in UTF-16', REPLY_MALFORMED),
    notJson: sent('its answer is a web page', REPLY_MALFORMED),
    deepJson: sent('its answer is JSON, nested 2000 deep', REPLY_MALFORMED),
    doubleKeys: sent('its answer has each key twice; the last counts'),
    prototype: sent('its answer has the key __proto__', REPLY_MALFORMED),
    lineBreak: sent(
      'it names a version with a line break',
      replyWithoutVersion('version string has invalid characters'),
    ),
    longVersion: sent(
      'it names a version of 4000 characters',
      replyWithoutVersion('version string is too long'),
    ),

    selfSigned: unverified('its certificate is self-signed', 'DEPTH_ZERO_SELF_SIGNED_CERT'),
    wrongHost: unverified("its certificate is another host's", 'ERR_TLS_CERT_ALTNAME_INVALID'),
    expired: unverified('its certificate has expired', 'CERT_HAS_EXPIRED'),
    notYetValid: unverified('its certificate is not valid yet', 'CERT_NOT_YET_VALID'),
    unknownAuthority: unverified(
      'an unknown authority signed its certificate',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ),
    knownAuthority: sent('the authority of NODE_EXTRA_CA_CERTS signed its certificate'),
    oldTls: unverified('it supports TLS 1.1 at most', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'),
    noTls: unverified('it answers https in plain http', 'ERR_SSL_WRONG_VERSION_NUMBER'),
    weakKey: unverified(
      'its certificate has an RSA key of 1024 bits',
      'UNSPECIFIED',
      ENDPOINT_CERTIFICATE_WEAK,
    ),
    weakSignature: unverified(
      'its certificate is signed with SHA-1',
      'UNSPECIFIED',
      ENDPOINT_CERTIFICATE_WEAK,
    ),
    wrongPurpose: unverified(
      'its certificate is valid for clients only',
      'INVALID_PURPOSE',
      ENDPOINT_CERTIFICATE_WRONG_PURPOSE,
    ),
    clientCertificate: unverified(
      'it requires a client certificate, in TLS 1.3',
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      ENDPOINT_CLIENT_CERTIFICATE_REQUIRED,
    ),
    clientCertificateTls12: unverified(
      'it requires a client certificate, in TLS 1.2',
      'ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE',
      ENDPOINT_HANDSHAKE_REJECTED,
    ),
    otherCurve: unverified(
      'it supports no curve of this client',
      'ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE',
      ENDPOINT_HANDSHAKE_REJECTED,
    ),
    weakExchange: unverified(
      'its Diffie-Hellman parameters have 1024 bits',
      'ERR_SSL_DH_KEY_TOO_SMALL',
      ENDPOINT_KEY_EXCHANGE_WEAK,
    ),
    resetInHandshake: cut('it resets the connection in the TLS handshake', 'ECONNRESET'),
    plainText: {
      fault: 'its URL is http:// on a host other than loopback',
      outcome: 'failed',
      expected: configInvalid(
        'DELIVERY endpoint: must be an https:// URL without credentials or fragment (http:// on loopback only)',
      ),
    },

    proxy: sent('it is behind a proxy'),
    proxyForOthers: sent('NO_PROXY exempts it from the proxy'),
    proxyUnused: sent('HTTPS_PROXY is set without NODE_USE_ENV_PROXY'),
    proxyAbsent: {
      fault: 'no server listens at the address of its proxy',
      outcome: 'failed',
      expected: ENDPOINT_UNREACHABLE,
      origin: 'ECONNREFUSED',
    },
    proxyDenies: {
      fault: 'its proxy answers 403',
      outcome: 'failed',
      expected: ENDPOINT_UNREACHABLE,
      origin: 'ERR_PROXY_TUNNEL',
    },
    proxyWantsLogin: {
      fault: 'its proxy answers 407',
      outcome: 'failed',
      expected: ENDPOINT_UNREACHABLE,
      origin: 'ERR_PROXY_TUNNEL',
    },
    proxySilent: {
      fault: 'its proxy does not answer',
      outcome: 'failed',
      expected: timeLimit('delivery'),
    },
    proxyResets: {
      fault: 'its proxy resets the connection',
      outcome: 'failed',
      expected: ENDPOINT_UNREACHABLE,
      origin: 'ECONNRESET',
    },
    proxyOpensTls: unverified(
      'its proxy inspects TLS with its own authority',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ),
    proxyOpensTlsKnown: sent('its proxy inspects TLS with the authority of NODE_EXTRA_CA_CERTS'),
    proxyOverTls: sent('it is behind an https proxy'),
    proxyUnverified: {
      fault: 'an unknown authority signed the certificate of its https proxy',
      outcome: 'failed',
      expected: ENDPOINT_TLS,
      origin: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    proxyWeakKey: {
      fault: 'the certificate of its https proxy has an RSA key of 1024 bits',
      outcome: 'failed',
      expected: ENDPOINT_CERTIFICATE_WEAK,
      origin: 'UNSPECIFIED',
    },
    proxyClientCertificate: {
      fault: 'its https proxy requires a client certificate',
      outcome: 'failed',
      expected: ENDPOINT_CLIENT_CERTIFICATE_REQUIRED,
      origin: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    },
    proxyForPlainText: {
      fault: 'its URL is http:// on loopback, and a proxy is configured',
      outcome: 'failed',
      expected: configInvalid(
        'DELIVERY endpoint: is http:, and a proxy (NODE_USE_ENV_PROXY) would send the report in plain text beyond loopback',
      ),
    },
  },
} satisfies FaultGroup;
