import {
  configInvalid,
  FLEET_FOLDED,
  FLEET_STATE_CONFLICT,
  NOTIFICATION_NOT_SENT,
  RECORD_DENIED,
  RECORD_UNAVAILABLE,
} from '../expected-messages.ts';
import type { ExpectedMessage, Fault, FaultGroup } from './fault.ts';

/** A report that fails. Lambda invokes it twice more, so it schedules no retry. */
const fails = (fault: string, expected: ExpectedMessage, origin?: string): Fault => ({
  fault,
  outcome: 'failed',
  expected,
  ...(origin !== undefined && { origin }),
  retry: false,
});

const folds = (fault: string): Fault => ({ fault, outcome: 'folded', expected: FLEET_FOLDED });

export const FLEET_FAULTS = {
  title: 'The report on the fleet',
  faults: {
    invalid: fails(
      'its bucket has an invalid name',
      configInvalid('FLEET bucket: must be a bucket name'),
    ),
    noBucket: fails('there is no bucket of the record', RECORD_DENIED, 'NoSuchBucket'),
    stateDenied: fails('the role is not allowed to read the state', RECORD_DENIED, 'AccessDenied'),
    listDenied: fails('the role is not allowed to list the record', RECORD_DENIED, 'AccessDenied'),
    allDenied: fails('the role is not allowed to read any run', RECORD_DENIED, 'AccessDenied'),
    writeDenied: fails('the role is not allowed to write the state', RECORD_DENIED, 'AccessDenied'),
    refused: fails('no server listens at the address of S3', RECORD_UNAVAILABLE, 'ECONNREFUSED'),
    overloaded: fails('S3 answers 503 to every request', RECORD_UNAVAILABLE, 'SlowDown'),
    conflict: fails(
      'other reports write their states at the same time, three times',
      FLEET_STATE_CONFLICT,
    ),
    topicDenied: fails(
      'the role is not allowed to publish to the topic',
      NOTIFICATION_NOT_SENT,
      'AuthorizationError',
    ),
    damaged: folds('an object of the record is damaged, which the page lists'),
    foreign: folds('the record has a foreign object, which the page lists'),
    oneDenied: folds('the role is not allowed to read one run, which the page lists'),
    damagedState: folds('the state of the last report is damaged, and is replaced'),
    conflictOnce: folds('another report writes its state at the same time'),
    overloadedOnce: folds('S3 answers 503 to the first request'),
  },
} satisfies FaultGroup;
