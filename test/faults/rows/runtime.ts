import {
  configInvalid,
  DATABASE_AUTHENTICATION,
  DO_NOT_TRACK_DENIAL,
  ENDPOINT_UNREACHABLE,
  endpointUnavailable,
  eventInvalid,
  KILLED,
  NOT_DUE,
  OUT_OF_DATE,
  SECRET_DENIED,
  timeLimit,
} from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

function sent(fault: string): Fault {
  return { fault, outcome: 'sent', says: OUT_OF_DATE };
}

function killed(fault: string, arrive = 0): Fault {
  return { fault, outcome: 'killed', says: KILLED, arrive };
}

function misconfigured(fault: string, ...problems: readonly string[]): Fault {
  return { fault, outcome: 'failed', says: configInvalid(...problems) };
}

function misunderstood(fault: string, problem: string): Fault {
  return { fault, outcome: 'failed', says: eventInvalid(problem) };
}

/** The endpoint is broken, too, so that a retry is wanted. */
function unscheduled(fault: string): Fault {
  return {
    fault,
    outcome: 'failed',
    says: endpointUnavailable(503),
    origin: '503',
    arrive: 1,
    retry: false,
  };
}

/** Spellings of DO_NOT_TRACK, each under a name of its own. */
export const FORBIDDING = {
  one: '1',
  true: 'true',
  upperTrue: 'TRUE',
  yes: 'yes',
  on: 'on',
  other: 'please',
} as const;
export const ALLOWING = {
  empty: '',
  zero: '0',
  false: 'false',
  upperFalse: 'FALSE',
  spaces: ' ',
} as const;

/** One fault for each spelling, under the name `doNotTrack<name>`. */
export function bySpelling<Name extends string, Value>(
  spellings: Readonly<Record<Name, string>>,
  make: (text: string) => Value,
): Record<`doNotTrack-${Name}`, Value> {
  return Object.fromEntries(
    Object.entries<string>(spellings).map(([name, text]) => [`doNotTrack-${name}`, make(text)]),
  ) as Record<`doNotTrack-${Name}`, Value>;
}

export const RUNTIME_FAULTS = {
  title: 'The runtime',
  faults: {
    oneSecond: {
      fault: 'Lambda has 1 s left at the beginning: too little for a retry, too',
      outcome: 'failed',
      says: timeLimit('credentials'),
      retry: false,
    },
    fiveSeconds: {
      fault: 'Lambda has 5 s left at the beginning: enough for a retry',
      outcome: 'failed',
      says: timeLimit('credentials'),
    },
    killedInCredentials: killed('it is killed while it reads the secret'),
    killedInConnection: killed('it is killed while it logs in'),
    killedInDatabase: killed('it is killed while the server executes its statement'),
    killedInDelivery: killed('it is killed when the report has been posted', 1),
    killedInRetry: killed('it is killed while it schedules the retry', 1),
    outOfMemory: killed('it has no memory left'),
    littleMemory: sent('it has 128 MiB of memory'),
    doubled: { ...sent('a tick is invoked twice at once'), arrive: 2 },
    doubledFailure: {
      fault: 'a tick is invoked twice at once, and the endpoint answers 503',
      outcome: 'failed',
      says: endpointUnavailable(503),
      origin: '503',
      arrive: 2,
    },
    clockAhead: sent('its clock is a day ahead, and AWS refuses what is signed then'),
    clockBehind: sent('its clock is a day behind, and AWS refuses what is signed then'),
    clockAheadFailure: unscheduled(
      'its clock is a day ahead, and the endpoint answers 503: the next tick seems to have been',
    ),
    clockBehindFailure: {
      fault: 'its clock is a day behind, and the endpoint answers 503',
      outcome: 'failed',
      says: endpointUnavailable(503),
      origin: '503',
      arrive: 1,
    },
    signatureRefused: {
      fault: 'AWS refuses the signature of every attempt',
      outcome: 'failed',
      says: SECRET_DENIED,
      origin: 'InvalidSignatureException',
    },
    noCredentials: {
      fault: 'it has no AWS credentials',
      outcome: 'failed',
      says: SECRET_DENIED,
      origin: 'CredentialsProviderError',
    },
    noRegion: misconfigured('it does not know its AWS region', 'AWS_REGION: is not set'),
    readOnly: sent('nothing can be written, no process started, and no worker'),

    noTarget: misconfigured('it has no TARGET', 'TARGET: is not set; set it to a JSON object'),
    targetNoJson: misconfigured('its TARGET is not JSON', 'TARGET: is not JSON'),
    noDelivery: misconfigured(
      'it has no DELIVERY',
      'DELIVERY: is not set; set it to a JSON object',
    ),
    deliveryNoJson: misconfigured('its DELIVERY is not JSON', 'DELIVERY: is not JSON'),
    retryNoJson: misconfigured('its RETRY is not JSON', 'RETRY: is not JSON'),
    noEnvironment: misconfigured(
      'it has none of its variables',
      'TARGET: is not set; set it to a JSON object',
      'DELIVERY: is not set; set it to a JSON object',
    ),
    unverifiedTls: misconfigured(
      'NODE_TLS_REJECT_UNAUTHORIZED is 0',
      'NODE_TLS_REJECT_UNAUTHORIZED: is 0, which turns off certificate verification; remove it',
    ),
    replication: misconfigured(
      'PGREPLICATION is set',
      'PGREPLICATION: is set, which turns the database connection into a replication connection; remove it',
    ),
    pgVariables: sent('PGHOST, PGUSER, PGPASSWORD, PGSSLMODE and others name another server'),
    pgOptions: sent('PGOPTIONS sets a search_path, a level, and limits that nothing can keep to'),

    pgNative: sent('NODE_PG_FORCE_NATIVE asks for a driver that is not there'),

    eventText: misunderstood('the event is a text', 'event: must be an object, not a string'),
    eventList: misunderstood('the event is a list', 'event: must be an object, not an array'),
    eventUnknownKey: misunderstood(
      'the event has a key that nobody knows',
      'event: unknown key "force"',
    ),
    eventManyKeys: misunderstood(
      'the event has 5,000 keys that nobody knows, with control characters',
      'event: unknown keys "\\u001b0", "\\u001b1", "\\u001b2", "\\u001b3", "\\u001b4" and 4995 more',
    ),
    eventLongTime: misunderstood(
      "the event's scheduledTime has 100,000 decimals",
      'event scheduledTime: must have at most nine decimals',
    ),
    eventTime: misunderstood(
      "the event's scheduledTime is no time",
      'event scheduledTime: must be an ISO 8601 time such as 2026-11-22T04:05:00Z',
    ),
    eventAttempt: misunderstood(
      "the event's attempt is negative",
      'event attempt: must be at least 0',
    ),
    eventFlag: misunderstood(
      "the event's ignoreSchedule is a text",
      'event ignoreSchedule: must be true or false, not a string',
    ),
    eventNull: sent('the event is null'),
    lateRetry: {
      fault: 'a retry comes three days late, when two more ticks were due',
      outcome: 'skipped',
      says: NOT_DUE,
    },

    ...bySpelling(
      FORBIDDING,
      (text): Fault => ({
        fault: `DO_NOT_TRACK is "${text}"`,
        outcome: 'skipped',
        says: DO_NOT_TRACK_DENIAL,
      }),
    ),
    ...bySpelling(ALLOWING, (text) => sent(`DO_NOT_TRACK is "${text}"`)),

    debug: sent('the log level is DEBUG'),
    debugFailure: {
      fault: 'the log level is DEBUG, and nothing listens at the endpoint',
      outcome: 'failed',
      says: ENDPOINT_UNREACHABLE,
      origin: 'ECONNREFUSED',
    },
    debugLogin: {
      fault: 'the log level is DEBUG, and the password is wrong',
      outcome: 'failed',
      says: DATABASE_AUTHENTICATION,
      origin: '28P01',
    },
    powertools: sent('variables of Powertools ask for the event, for samples, and for other names'),

    schedulerDenies: unscheduled('EventBridge Scheduler denies the retry'),
    schedulerRefused: unscheduled('nothing listens where EventBridge Scheduler should be'),
    schedulerSilent: unscheduled('EventBridge Scheduler does not answer'),
  },
} satisfies FaultGroup;
