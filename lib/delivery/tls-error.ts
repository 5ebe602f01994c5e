import { RunError } from '../errors.ts';
import type { TlsFault } from '../network/tls-faults.ts';

/** What a fault of TLS is called, and what helps. */
interface Explanation {
  readonly message: string;
  readonly remedy: string;
}

const UNVERIFIED: Explanation = {
  message:
    'TLS with the telemetry endpoint failed: its certificate does not verify, or it speaks no version that this client accepts.',
  remedy:
    'Something between the function and the endpoint may open TLS: have it let the endpoint through, or give its authority with NODE_EXTRA_CA_CERTS where you set the environment of the function yourself. Of a collector of your own look at the certificate. The report was not sent.',
};

const REJECTED: Explanation = {
  message:
    'The telemetry endpoint, or a proxy on the way, ended the TLS handshake with an alert: it shares no cipher, curve or signature algorithm with this client, or it requires a client certificate, which this client does not have.',
  remedy:
    'Allow TLS 1.2 or later with the ciphers and curves of current clients, and no client certificate, on your collector or proxy. The report was not sent.',
};

const BY_FAULT: Readonly<Record<TlsFault, Explanation>> = {
  untrusted: UNVERIFIED,
  misnamed: UNVERIFIED,
  'out-of-date': UNVERIFIED,
  unsupported: UNVERIFIED,
  weak: {
    message:
      'TLS with the telemetry endpoint, or with a proxy on the way, failed: the key or the signature of its certificate, or of the authority that signed it, is too weak.',
    remedy:
      'Issue a certificate with an RSA key of 2048 bits or more, or an EC key of 256 bits, signed with SHA-256 or better; where the authority is the weak one, replace it too. The report was not sent.',
  },
  'wrong-purpose': {
    message:
      'TLS with the telemetry endpoint, or with a proxy on the way, failed: its certificate is not for servers.',
    remedy:
      'Issue a certificate whose extended key usage has serverAuth, or that has none. The report was not sent.',
  },
  unacceptable: {
    message:
      'TLS with the telemetry endpoint, or with a proxy on the way, failed: its certificate, or that of an authority, has a content that rules out this use.',
    remedy:
      'Compare the key usage and the name constraints of the certificates with what the endpoint is used for; the log level DEBUG (logLevel of the environment) shows the words of OpenSSL. The report was not sent.',
  },
  'client-certificate': {
    message:
      'The telemetry endpoint, or a proxy on the way, requires a client certificate, and this client has none.',
    remedy:
      'Accept connections without a client certificate on your collector or proxy; client certificates are not supported. The endpoint has not accepted the report.',
  },
  rejected: REJECTED,
  'name-unknown': {
    message:
      'The telemetry endpoint, or a proxy on the way, has no certificate for the name that it was asked for.',
    remedy: 'Check the host of the endpoint in DELIVERY. The report was not sent.',
  },
  'weak-exchange': {
    message:
      'TLS with the telemetry endpoint, or with a proxy on the way, failed: its key exchange or its signature algorithm is too weak.',
    remedy:
      'Use ECDHE, or Diffie-Hellman parameters of 2048 bits or more, on your collector or proxy. The report was not sent.',
  },
};

/** A fault of TLS on the way to the endpoint, as the error of a run. */
export function endpointTlsError(
  fault: TlsFault,
  details: { readonly origin: string | undefined; readonly original: unknown },
): RunError {
  const { message, remedy } = BY_FAULT[fault];
  return new RunError('ENDPOINT_TLS', message, { remedy, ...details });
}
