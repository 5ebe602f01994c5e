import {
  configInvalid,
  endpointUnavailable,
  OUT_OF_DATE,
  RECORD_NOT_WRITTEN,
} from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

const unrecorded = (fault: string, origin: string): Fault => ({
  fault,
  outcome: 'sent',
  expected: OUT_OF_DATE,
  warning: { expected: RECORD_NOT_WRITTEN, origin },
});

const recorded = (fault: string): Fault => ({ fault, outcome: 'sent', expected: OUT_OF_DATE });

export const RECORD_FAULTS = {
  title: 'The record',
  split: 'own',
  command: 'own',
  faults: {
    invalid: {
      fault: 'its bucket has an invalid name',
      outcome: 'failed',
      expected: configInvalid('RECORD bucket: must be a bucket name'),
    },
    noBucket: unrecorded('there is no such bucket', 'NoSuchBucket'),
    denied: unrecorded('the role is not allowed to create the object', 'AccessDenied'),
    elsewhere: unrecorded('the bucket is in another region', 'PermanentRedirect'),
    expired: unrecorded('the session of the role has expired', 'InvalidToken'),
    refused: unrecorded('no server listens at the address of S3', 'ECONNREFUSED'),
    silent: unrecorded('S3 receives the object and does not answer', 'TIME_LIMIT'),
    drips: unrecorded("S3's answer arrives byte by byte", 'TIME_LIMIT'),
    resets: unrecorded('S3 closes every connection', 'ECONNRESET'),
    overloaded: unrecorded('S3 answers 503 to every request', 'SlowDown'),
    garbage: unrecorded('a server that does not speak HTTP answers', 'HPE_INVALID_CONSTANT'),
    switches: unrecorded('S3 answers 101 to switch protocols', '101'),
    endless: unrecorded("S3 answers 403, and the answer's body does not end", '403'),
    overloadedOnce: recorded('S3 answers 503 to the first request'),
    lost: recorded('S3 creates the object and closes the first connection without an answer'),
    exists: recorded('another invocation of the tick was recorded before (S3 answers 412)'),
    afterFailure: {
      fault: 'the endpoint answers 503, and the role is not allowed to create the object',
      outcome: 'failed',
      expected: endpointUnavailable(503),
      origin: '503',
      arrive: 1,
      warning: { expected: RECORD_NOT_WRITTEN, origin: 'AccessDenied' },
    },
  },
} satisfies FaultGroup;
