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
  split: 'own',
  command: 'own',
  faults: {
    missing: {
      fault: 'there is no such secret',
      outcome: 'failed',
      expected: SECRET_NOT_FOUND,
      origin: 'ResourceNotFoundException',
    },
    denied: {
      fault: 'the role is not allowed to read it',
      outcome: 'failed',
      expected: SECRET_DENIED,
      origin: 'AccessDeniedException',
    },
    keyDenied: {
      fault: 'the role is not allowed to use its KMS key',
      outcome: 'failed',
      expected: SECRET_DENIED,
      origin: 'AccessDeniedException',
    },
    keyDisabled: {
      fault: 'its KMS key is disabled',
      outcome: 'failed',
      expected: SECRET_UNREADABLE,
      origin: 'DecryptionFailure',
    },
    deleted: {
      fault: 'it is scheduled for deletion',
      outcome: 'failed',
      expected: SECRET_UNREADABLE,
      origin: 'InvalidRequestException',
    },
    noVersion: {
      fault: 'it has no version AWSCURRENT',
      outcome: 'failed',
      expected: SECRET_NOT_FOUND,
      origin: 'ResourceNotFoundException',
    },
    throttled: {
      fault: 'Secrets Manager throttles every attempt',
      outcome: 'failed',
      expected: SECRET_UNAVAILABLE,
      origin: 'ThrottlingException',
    },
    throttledOnce: {
      fault: 'Secrets Manager throttles the first attempt',
      outcome: 'sent',
      expected: OUT_OF_DATE,
    },
    broken: {
      fault: 'Secrets Manager answers 500',
      outcome: 'failed',
      expected: SECRET_UNAVAILABLE,
      origin: 'InternalServiceError',
    },
    refused: {
      fault: 'no server listens at the address of Secrets Manager',
      outcome: 'failed',
      expected: SECRET_UNAVAILABLE,
      origin: 'ECONNREFUSED',
    },
    silent: {
      fault: 'Secrets Manager receives the request and does not answer',
      outcome: 'failed',
      expected: SECRET_UNAVAILABLE,
      origin: 'ETIMEDOUT',
    },
    slow: {
      fault: 'Secrets Manager is slower than the time limit of the run allows',
      outcome: 'failed',
      expected: timeLimit('credentials'),
    },
    notJson: {
      fault: 'it is neither JSON nor a URL',
      outcome: 'failed',
      expected: secretInvalid('it is neither JSON nor a postgres:// URL'),
    },
    wrongShape: {
      fault: 'it is JSON without a password',
      outcome: 'failed',
      expected: secretInvalid('password must be a string that is not empty'),
    },
    portInHost: {
      fault: 'its host has a port',
      outcome: 'failed',
      expected: secretInvalid(
        'host must be one name or address, without port (which has its own setting), URL, list or white space',
      ),
    },
    blankParts: {
      fault: 'its ca is null, its port a string, and its host has white space around it',
      outcome: 'sent',
      expected: OUT_OF_DATE,
    },
    binary: {
      fault: 'it is binary',
      outcome: 'failed',
      expected: secretInvalid('it is binary'),
    },
    empty: {
      fault: 'it is empty',
      outcome: 'failed',
      expected: secretInvalid('it is empty'),
    },
    rotatedBetween: {
      fault: 'it is rotated between reading it and the login',
      outcome: 'sent',
      expected: OUT_OF_DATE,
    },
    stillPending: {
      fault: 'the old password is rejected, and the new one is still AWSPENDING',
      outcome: 'sent',
      expected: OUT_OF_DATE,
    },
    pendingRefused: {
      fault: 'the old password and that of AWSPENDING are rejected',
      outcome: 'failed',
      expected: DATABASE_AUTHENTICATION,
      origin: '28P01',
    },
    deniedOnRotation: {
      fault: 'the password is rejected, and the role is not allowed to read AWSPENDING',
      outcome: 'failed',
      expected: DATABASE_AUTHENTICATION,
      origin: '28P01',
    },
  },
} satisfies FaultGroup;
