import type { FaultGroup } from './fault.ts';
import {
  AUTHORITY_NO_PEM,
  AUTHORITY_UNREADABLE,
  CERTIFICATE_MISNAMED,
  CERTIFICATE_OUT_OF_DATE,
  CERTIFICATE_UNTRUSTED,
  configInvalid,
  DATABASE_BROKEN_OFF,
  DATABASE_CONNECTION_LOST,
  DATABASE_NOT_POSTGRESQL,
  DATABASE_TLS_UNSUPPORTED,
  OUT_OF_DATE,
  secretInvalid,
  timeLimit,
} from './sayings.ts';

export const TLS_FAULTS = {
  title: 'TLS to the database',
  faults: {
    selfSigned: {
      fault: 'its certificate is signed by itself',
      outcome: 'failed',
      says: CERTIFICATE_UNTRUSTED,
      origin: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    },
    noAuthority: {
      fault: 'a private authority signed its certificate, and none is given',
      outcome: 'failed',
      says: CERTIFICATE_UNTRUSTED,
      origin: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    otherAuthority: {
      fault: 'another authority signed its certificate than the one that is given',
      outcome: 'failed',
      says: CERTIFICATE_UNTRUSTED,
      origin: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    otherAuthorityVerifyCa: {
      fault: 'another authority signed its certificate, with verify-ca',
      outcome: 'failed',
      says: CERTIFICATE_UNTRUSTED,
      origin: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    wrongHost: {
      fault: 'its certificate is for another host',
      outcome: 'failed',
      says: CERTIFICATE_MISNAMED,
      origin: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
    address: {
      fault: 'the host is an address, which its certificate does not name',
      outcome: 'failed',
      says: CERTIFICATE_MISNAMED,
      origin: 'ERR_TLS_CERT_ALTNAME_INVALID',
    },
    expired: {
      fault: 'its certificate has expired',
      outcome: 'failed',
      says: CERTIFICATE_OUT_OF_DATE,
      origin: 'CERT_HAS_EXPIRED',
    },
    expiredVerifyCa: {
      fault: 'its certificate has expired, with verify-ca',
      outcome: 'failed',
      says: CERTIFICATE_OUT_OF_DATE,
      origin: 'CERT_HAS_EXPIRED',
    },
    notYetValid: {
      fault: 'its certificate is not valid yet',
      outcome: 'failed',
      says: CERTIFICATE_OUT_OF_DATE,
      origin: 'CERT_NOT_YET_VALID',
    },
    authorityExpired: {
      fault: 'the authority that signed its certificate has expired',
      outcome: 'failed',
      says: CERTIFICATE_OUT_OF_DATE,
      origin: 'CERT_HAS_EXPIRED',
    },
    urlWeakens: {
      fault: 'the secret is a URL whose sslmode would have no certificate verified',
      outcome: 'failed',
      says: CERTIFICATE_UNTRUSTED,
      origin: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    variableWeakens: {
      fault: 'NODE_TLS_REJECT_UNAUTHORIZED would have no certificate verified',
      outcome: 'failed',
      says: configInvalid(
        'NODE_TLS_REJECT_UNAUTHORIZED: is 0, which switches off the verification of every certificate; remove it',
      ),
    },
    none: {
      fault: 'the server has no TLS',
      outcome: 'failed',
      says: DATABASE_TLS_UNSUPPORTED,
    },
    plainAfterYes: {
      fault: 'the server says yes to TLS, and goes on in plain text',
      outcome: 'failed',
      says: DATABASE_TLS_UNSUPPORTED,
      origin: 'EPROTO',
    },
    stuffed: {
      fault: 'with the yes to TLS comes plain text, which somebody on the way has put in',
      outcome: 'failed',
      says: DATABASE_NOT_POSTGRESQL,
    },
    tooOld: {
      fault: 'the server speaks TLS 1.1 at the most',
      outcome: 'failed',
      says: DATABASE_TLS_UNSUPPORTED,
      origin: 'EPROTO',
    },
    hangs: {
      fault: 'the handshake is never answered',
      outcome: 'failed',
      says: timeLimit('connection'),
    },
    reset: {
      fault: 'the connection is reset in the middle of the handshake',
      outcome: 'failed',
      says: DATABASE_BROKEN_OFF,
      origin: 'ECONNRESET',
    },
    resetInQuery: {
      fault: 'the connection is reset in the middle of a query, over TLS',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
      origin: 'ECONNRESET',
    },
    goodbyeUnanswered: {
      fault: 'the goodbye is never answered, over TLS',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    noPemInSecret: {
      fault: 'what the secret gives as the authority is no PEM',
      outcome: 'failed',
      says: secretInvalid('ca must be a certificate in PEM'),
    },
    noFile: {
      fault: 'the file with the authority is not there',
      outcome: 'failed',
      says: AUTHORITY_UNREADABLE,
    },
    noPemInFile: {
      fault: 'the file with the authority is no PEM',
      outcome: 'failed',
      says: AUTHORITY_NO_PEM,
    },
    authorityInSecret: {
      fault: 'a private authority signed its certificate, and is in the secret',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    authorityInFile: {
      fault: 'a private authority signed its certificate, and is in a file',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    rotatedOld: {
      fault: 'the authority is being replaced, and the old one still signs: both are given',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    rotatedNew: {
      fault: 'the authority is being replaced, and the new one signs: both are given',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    serverName: {
      fault: 'the host is an address, and tls.serverName is what its certificate names',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    verifyCa: {
      fault: 'its certificate is for another host, and the target asks for verify-ca',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
  },
} satisfies FaultGroup;
