import { errorCodeOf, RunError } from '../errors.ts';
import { type TlsFault, tlsFaultOf, tlsOriginOf } from '../network/tls-faults.ts';

/** Time limit in milliseconds to connect, send, and receive the status line. */
export const RESPONSE_TIMEOUT_MS = 10_000;

interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

const TLS_FAILED = 'TLS with the telemetry endpoint, or with a proxy before it, failed:';

const UNVERIFIED: Explanation = {
  message:
    'TLS with the telemetry endpoint failed: its certificate does not verify, or it supports no TLS version that this client accepts.',
  remedy:
    "Exempt the endpoint from TLS inspection, or trust its authority with NODE_EXTRA_CA_CERTS where you set the function's environment yourself. Check the certificate of your own collector. The report was not sent.",
};

const REJECTED: Explanation = {
  message:
    'The telemetry endpoint, or a proxy before it, ended the TLS handshake with an alert: it shares no cipher, curve or signature algorithm with this client, or it requires a client certificate, which this client does not have.',
  remedy:
    'Allow TLS 1.2 or later with the ciphers and curves of current clients, and no client certificate, on your collector or proxy. The report was not sent.',
};

const BY_FAULT: Readonly<Record<TlsFault, Explanation>> = {
  untrusted: UNVERIFIED,
  misnamed: UNVERIFIED,
  'out-of-date': UNVERIFIED,
  unsupported: UNVERIFIED,
  weak: {
    message: `${TLS_FAILED} the key or the signature of its certificate, or of the certificate's authority, is too weak.`,
    remedy:
      'Issue a certificate with an RSA key of at least 2048 bits or an EC key of at least 256 bits, signed with SHA-256 or better. Replace the authority if it is the weak one. The report was not sent.',
  },
  'wrong-purpose': {
    message: `${TLS_FAILED} its certificate is not valid for servers.`,
    remedy:
      'Issue a certificate whose extended key usage contains serverAuth, or that has none. The report was not sent.',
  },
  unacceptable: {
    message: `${TLS_FAILED} the content of its certificate, or of an authority's, does not allow this use.`,
    remedy:
      "Compare the key usage and the name constraints of the certificates with the endpoint's use; the log level DEBUG (logLevel of the environment) shows OpenSSL's message. The report was not sent.",
  },
  'client-certificate': {
    message:
      'The telemetry endpoint, or a proxy before it, requires a client certificate, and this client has none.',
    remedy:
      'Accept connections without a client certificate on your collector or proxy; client certificates are not supported. The endpoint has not accepted the report.',
  },
  rejected: REJECTED,
  'name-unknown': {
    message:
      'The telemetry endpoint, or a proxy before it, has no certificate for the requested server name.',
    remedy: 'Check the host of the endpoint in DELIVERY. The report was not sent.',
  },
  'weak-exchange': {
    message: `${TLS_FAILED} its key exchange or its signature algorithm is too weak.`,
    remedy:
      'Use ECDHE, or Diffie-Hellman parameters of at least 2048 bits, on your collector or proxy. The report was not sent.',
  },
};

/** Converts an error of a request, a socket or TLS: no status line was received. */
export function unreachableError(original: unknown): RunError {
  const origin = errorCodeOf(original);
  const details = { origin, original };
  if (origin === 'TimeoutError') {
    return new RunError(
      'ENDPOINT_TIMEOUT',
      `The telemetry endpoint did not answer within ${RESPONSE_TIMEOUT_MS / 1000} s.`,
      {
        remedy:
          'Give a function in a private subnet a NAT gateway or a proxy (HTTPS_PROXY with NODE_USE_ENV_PROXY=1). The run will be retried automatically.',
        ...details,
      },
    );
  }
  const fault = tlsFaultOf(original);
  if (fault !== undefined) {
    const { message, remedy } = BY_FAULT[fault];
    return new RunError('ENDPOINT_TLS', message, {
      remedy,
      origin: tlsOriginOf(original),
      original,
    });
  }
  return new RunError(
    'ENDPOINT_UNREACHABLE',
    'The telemetry endpoint cannot be reached, or it closed the connection.',
    {
      remedy:
        'Check NAT gateway or proxy, security group and name resolution. The run will be retried automatically.',
      ...details,
    },
  );
}

/** Converts a status that is not 2xx. */
export function statusError(status: number): RunError {
  if (status >= 300 && status < 400) {
    return new RunError(
      'ENDPOINT_REDIRECTED',
      `The telemetry endpoint answered with a redirect (${status}). Redirects are not followed.`,
      {
        remedy: 'Set the endpoint in DELIVERY to the final address.',
        origin: String(status),
      },
    );
  }
  const isTemporary = status >= 500 || status === 408 || status === 429;
  return new RunError(
    isTemporary ? 'ENDPOINT_UNAVAILABLE' : 'ENDPOINT_REJECTED',
    `telemetry got unexpected HTTP response status: ${status}`,
    {
      remedy: isTemporary
        ? 'Wait: the endpoint is overloaded or broken. The run will be retried automatically.'
        : 'Check the endpoint in DELIVERY, and whether a proxy refuses the request.',
      origin: String(status),
    },
  );
}
