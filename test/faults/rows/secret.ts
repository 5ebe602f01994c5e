import {
  DATABASE_AUTHENTICATION,
  OUT_OF_DATE,
  SECRET_DENIED,
  SECRET_NOT_FOUND,
  SECRET_UNAVAILABLE,
  SECRET_UNREADABLE,
  secretInvalid,
  timeLimit,
} from '../expected-messages.ts';
import type { FaultGroup } from './fault.ts';

export const SECRET_FAULTS = {
  title: 'The secret',
  faults: {
    missing: {
      fault: 'there is no such secret',
      outcome: 'failed',
      says: SECRET_NOT_FOUND,
      origin: 'ResourceNotFoundException',
    },
    denied: {
      fault: 'the role may not read it',
      outcome: 'failed',
      says: SECRET_DENIED,
      origin: 'AccessDeniedException',
    },
    keyDenied: {
      fault: 'the role may not use its KMS key',
      outcome: 'failed',
      says: SECRET_DENIED,
      origin: 'AccessDeniedException',
    },
    keyDisabled: {
      fault: 'its KMS key is disabled',
      outcome: 'failed',
      says: SECRET_UNREADABLE,
      origin: 'DecryptionFailure',
    },
    deleted: {
      fault: 'it is marked for deletion',
      outcome: 'failed',
      says: SECRET_UNREADABLE,
      origin: 'InvalidRequestException',
    },
    noVersion: {
      fault: 'it has no version that is AWSCURRENT',
      outcome: 'failed',
      says: SECRET_NOT_FOUND,
      origin: 'ResourceNotFoundException',
    },
    throttled: {
      fault: 'Secrets Manager throttles every attempt',
      outcome: 'failed',
      says: SECRET_UNAVAILABLE,
      origin: 'ThrottlingException',
    },
    throttledOnce: {
      fault: 'Secrets Manager throttles the first attempt',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    broken: {
      fault: 'Secrets Manager answers 500',
      outcome: 'failed',
      says: SECRET_UNAVAILABLE,
      origin: 'InternalServiceError',
    },
    refused: {
      fault: 'nothing listens where Secrets Manager should be',
      outcome: 'failed',
      says: SECRET_UNAVAILABLE,
      origin: 'ECONNREFUSED',
    },
    silent: {
      fault: 'Secrets Manager takes the request and does not answer',
      outcome: 'failed',
      says: SECRET_UNAVAILABLE,
      origin: 'ETIMEDOUT',
    },
    slow: {
      fault: 'Secrets Manager is slower than the run has time',
      outcome: 'failed',
      says: timeLimit('credentials'),
    },
    notJson: {
      fault: 'it is neither JSON nor a URL',
      outcome: 'failed',
      says: secretInvalid('it is neither JSON nor a postgres:// URL'),
    },
    wrongShape: {
      fault: 'it is JSON without a password',
      outcome: 'failed',
      says: secretInvalid('password must be a string that is not empty'),
    },
    portInHost: {
      fault: 'its host has a port',
      outcome: 'failed',
      says: secretInvalid(
        'host must be one name or address, without port (which has its own setting), URL, list or white space',
      ),
    },
    blankParts: {
      fault: 'its ca is null, its port a text, and white space is around its host',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    binary: {
      fault: 'it is binary',
      outcome: 'failed',
      says: secretInvalid('it is binary'),
    },
    empty: {
      fault: 'it is empty',
      outcome: 'failed',
      says: secretInvalid('it is empty'),
    },
    rotatedBetween: {
      fault: 'it is rotated between the reading and the login',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    stillPending: {
      fault: 'the old password is refused, and the new one is still AWSPENDING',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    pendingRefused: {
      fault: 'the old password is refused, and the one that is AWSPENDING too',
      outcome: 'failed',
      says: DATABASE_AUTHENTICATION,
      origin: '28P01',
    },
    deniedOnRotation: {
      fault: 'the password is refused, and AWSPENDING may not be read',
      outcome: 'failed',
      says: DATABASE_AUTHENTICATION,
      origin: '28P01',
    },
  },
} satisfies FaultGroup;
