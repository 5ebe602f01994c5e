import { expect, test } from 'vitest';
import { unreachableError } from '../../../lib/delivery/errors.ts';
import { tlsFaultOf } from '../../../lib/network/tls-faults.ts';
import { toDatabaseError } from '../../../lib/postgres/errors.ts';
import { expectNoNames, fromNode, fromServer } from './thrown-errors.ts';

const CERTIFICATE_CODES = [
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'CRL_HAS_EXPIRED',
  'PATH_LENGTH_EXCEEDED',
];

test.each(CERTIFICATE_CODES)('reports %s as a certificate that does not verify', (token) => {
  const error = toDatabaseError(fromNode(token), 'connect');
  expect(error).toMatchObject({
    code: 'DATABASE_TLS_UNVERIFIED',
    retryable: false,
    origin: token,
  });
  expectNoNames(error);
});

test.each([
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'no trusted certificate authority', 'tls.caFile'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'no trusted certificate authority', 'tls.caFile'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name', 'tls.serverName'],
  ['HOSTNAME_MISMATCH', 'for another name', 'tls.serverName'],
  ['CERT_HAS_EXPIRED', 'has expired or is not valid yet', 'Renew the certificate'],
  ['CERT_NOT_YET_VALID', 'has expired or is not valid yet', 'Renew the certificate'],
])('reports %s with the reason "%s"', (token, reason, remedy) => {
  const error = toDatabaseError(fromNode(token), 'connect');
  expect(error.message).toContain(reason);
  expect(error.remedy).toContain(remedy);
});

test.each(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'])(
  'reports %s as a failed handshake that is not caused by the certificate',
  (token) => {
    expect(tlsFaultOf(fromNode(token))).toBe('unsupported');
    expect(toDatabaseError(fromNode(token), 'connect').code).toBe('DATABASE_TLS_UNSUPPORTED');
  },
);

test.each(['28P01', 'ECONNRESET', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'NO_CERT_', ''])(
  'does not classify %s as an error of TLS',
  (token) => {
    expect(tlsFaultOf(fromNode(token))).toBeUndefined();
  },
);

/** Returns the error of a failed write, with OpenSSL's own message. */
function fromOpenssl(reason: string, alert = ''): Error {
  return fromNode(
    'EPROTO',
    `write EPROTO 408DC65AC47F0000:error:0A000410:SSL routines:ssl3_read_bytes:${reason}:../deps/openssl/ssl/record/rec_layer_s3.c:918:${alert}\n`,
  );
}

const TLS_REASONS = [
  ['tlsv13 alert certificate required', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['ssl/tls alert bad certificate', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['sslv3 alert bad certificate', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['ssl/tls alert certificate unknown', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  ['tlsv1 alert unknown ca', 'DATABASE_TLS_REFUSED', 'requires a client certificate'],
  [
    'ssl/tls alert handshake failure',
    'DATABASE_TLS_REFUSED',
    'or it requires a client certificate',
  ],
  ['sslv3 alert handshake failure', 'DATABASE_TLS_REFUSED', 'or it requires a client certificate'],
  ['tlsv1 alert insufficient security', 'DATABASE_TLS_REFUSED', 'shares no cipher'],
  ['tlsv1 alert internal error', 'DATABASE_TLS_REFUSED', 'with an alert'],
  ['tlsv1 unrecognized name', 'DATABASE_TLS_REFUSED', 'the requested server name'],
  ['dh key too small', 'DATABASE_TLS_REFUSED', 'key exchange'],
  ['wrong curve', 'DATABASE_TLS_REFUSED', 'key exchange'],
  ['tlsv1 alert protocol version', 'DATABASE_TLS_UNSUPPORTED', 'the server offers none'],
  ['wrong version number', 'DATABASE_TLS_UNSUPPORTED', 'the server offers none'],
] as const;

test.each(TLS_REASONS)(
  'reports OpenSSL\'s reason "%s" as %s for a read and for a write',
  (reason, code, message) => {
    const name = `ERR_SSL_${reason.replaceAll(' ', '_').toUpperCase()}`;
    for (const thrown of [fromOpenssl(reason), fromNode(name)]) {
      const error = toDatabaseError(thrown, 'connect');
      expect(error).toMatchObject({
        code,
        retryable: false,
        origin: name.replace('/', '_'),
        message: expect.stringContaining(message),
      });
      if (code === 'DATABASE_TLS_REFUSED') expect(error.remedy).not.toMatch(/disable|plain text/);
      expectNoNames(error);

      const endpoint = unreachableError(thrown);
      expect(endpoint).toMatchObject({ code: 'ENDPOINT_TLS', origin: name.replace('/', '_') });
      if (message.includes('client certificate')) {
        expect(endpoint.message).toContain('requires a client certificate');
      }
      expectNoNames(endpoint);
    }
  },
);

test('reports an error of TLS after the login as a lost connection, except for a late request for a certificate', () => {
  expect(
    toDatabaseError(fromOpenssl('decryption failed or bad record mac'), 'query'),
  ).toMatchObject({ code: 'DATABASE_CONNECTION_LOST', retryable: true });
  const late = fromOpenssl('tlsv13 alert certificate required');
  expect(toDatabaseError(late, 'query')).toMatchObject({ code: 'DATABASE_TLS_REFUSED' });
});

test.each([
  ['EE certificate key too weak', 'is too weak', 'SHA-256'],
  ['CA certificate key too weak', 'is too weak', 'SHA-256'],
  ['CA signature digest algorithm too weak', 'is too weak', 'SHA-256'],
  ['permitted subtree violation', 'does not allow this use', 'name constraints'],
])("classifies UNSPECIFIED by OpenSSL's message: %s", (text, reason, remedy) => {
  const thrown = fromNode('UNSPECIFIED', text);
  const errors = [toDatabaseError(thrown, 'connect'), unreachableError(thrown)];
  expect(errors.map(({ code }) => code)).toEqual(['DATABASE_TLS_UNVERIFIED', 'ENDPOINT_TLS']);
  for (const error of errors) {
    expect(error).toMatchObject({
      retryable: false,
      origin: 'UNSPECIFIED',
      message: expect.stringContaining(reason),
      remedy: expect.stringContaining(remedy),
    });
  }
});

test('has a specific remedy for a certificate with another purpose', () => {
  for (const error of [
    toDatabaseError(fromNode('INVALID_PURPOSE'), 'connect'),
    unreachableError(fromNode('INVALID_PURPOSE')),
  ]) {
    expect(error.message).toContain('is not valid for servers');
    expect(error.remedy).toContain('serverAuth');
  }
});

test('reports SQLSTATE 28000 with a message about a client certificate as a missing client certificate', () => {
  const thrown = fromServer('28000', 'connection requires a valid client certificate');
  const error = toDatabaseError(thrown, 'connect');
  expect(error).toMatchObject({ code: 'DATABASE_TLS_REFUSED', retryable: false, origin: '28000' });
  expect(error.message).toContain('requires a client certificate');
  expect(error.remedy).not.toMatch(/disable|plain text/);
  expectNoNames(error);
});
