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
  return { fault, outcome: 'sent', expected: OUT_OF_DATE };
}

function killed(fault: string, arrive = 0): Fault {
  return { fault, outcome: 'killed', expected: KILLED, arrive };
}

function misconfigured(fault: string, ...problems: readonly string[]): Fault {
  return { fault, outcome: 'failed', expected: configInvalid(...problems) };
}

function misunderstood(fault: string, problem: string): Fault {
  return { fault, outcome: 'failed', expected: eventInvalid(problem) };
}

/** A fault of scheduling; the endpoint also answers 503, so that a retry is due. */
function unscheduled(fault: string): Fault {
  return {
    fault,
    outcome: 'failed',
    expected: endpointUnavailable(503),
    origin: '503',
    arrive: 1,
    retry: false,
  };
}

/** Values of DO_NOT_TRACK that forbid telemetry, by name. */
export const FORBIDDING = {
  one: '1',
  true: 'true',
  upperTrue: 'TRUE',
  yes: 'yes',
  on: 'on',
  other: 'please',
} as const;
/** Values of DO_NOT_TRACK that allow telemetry, by name. */
export const ALLOWING = {
  empty: '',
  zero: '0',
  false: 'false',
  upperFalse: 'FALSE',
  spaces: ' ',
} as const;

/** Returns one fault for each value, with the id `doNotTrack-<name>`. */
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
      split: 'own',
      fault: 'Lambda has 1 s left at the start, which is too short to schedule a retry',
      outcome: 'failed',
      expected: timeLimit('credentials'),
      retry: false,
    },
    fiveSeconds: {
      split: 'own',
      fault: 'Lambda has 5 s left at the start, which is enough to schedule a retry',
      outcome: 'failed',
      expected: timeLimit('credentials'),
    },
    killedInCredentials: killed('it is killed while it reads the secret'),
    killedInConnection: killed('it is killed while it logs in'),
    killedInDatabase: killed('it is killed while the server executes its statement'),
    killedInDelivery: killed('it is killed after it has posted the report', 1),
    killedInRetry: killed('it is killed while it schedules the retry', 1),
    outOfMemory: killed('it has no memory left'),
    littleMemory: sent('it has 128 MiB of memory'),
    doubled: { ...sent('a tick is invoked twice at once'), arrive: 2, split: 'own' },
    doubledFailure: {
      split: 'own',
      fault: 'a tick is invoked twice at once, and the endpoint answers 503',
      outcome: 'failed',
      expected: endpointUnavailable(503),
      origin: '503',
      arrive: 2,
    },
    clockAhead: {
      ...sent('its clock is a day ahead, and AWS rejects its signatures'),
      split: 'own',
    },
    clockBehind: {
      ...sent('its clock is a day behind, and AWS rejects its signatures'),
      split: 'own',
    },
    clockAheadFailure: {
      ...unscheduled(
        'its clock is a day ahead, so that the next tick has passed, and the endpoint answers 503',
      ),
      split: 'own',
    },
    clockBehindFailure: {
      split: 'own',
      fault: 'its clock is a day behind, and the endpoint answers 503',
      outcome: 'failed',
      expected: endpointUnavailable(503),
      origin: '503',
      arrive: 1,
    },
    signatureRefused: {
      fault: 'AWS rejects the signature of every attempt',
      outcome: 'failed',
      expected: SECRET_DENIED,
      origin: 'InvalidSignatureException',
    },
    noCredentials: {
      fault: 'it has no AWS credentials',
      outcome: 'failed',
      expected: SECRET_DENIED,
      origin: 'CredentialsProviderError',
    },
    noRegion: misconfigured('its AWS region is not set', 'AWS_REGION: is not set'),
    readOnly: {
      ...sent('it has no permission to write files or to start processes and workers'),
      split: 'own',
    },

    noTarget: misconfigured('it has no TARGET', 'TARGET: is not set; set it to a JSON object'),
    targetNoJson: misconfigured('its TARGET is not JSON', 'TARGET: is not JSON'),
    noDelivery: misconfigured(
      'it has no DELIVERY',
      'DELIVERY: is not set; set it to a JSON object',
    ),
    deliveryNoJson: misconfigured('its DELIVERY is not JSON', 'DELIVERY: is not JSON'),
    retryNoJson: misconfigured('its RETRY is not JSON', 'RETRY: is not JSON'),
    noEnvironment: misconfigured(
      'none of its variables is set',
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
    pgVariables: sent('PGHOST, PGUSER, PGPASSWORD, PGSSLMODE and others refer to another server'),
    pgOptions: sent('PGOPTIONS sets a search_path, a level, and very short limits'),

    pgNative: sent('NODE_PG_FORCE_NATIVE requests a driver that is not installed'),

    versionDataMissing: sent('the file of its version data is missing'),
    versionDataMalformed: sent('the file of its version data has no valid content'),

    eventText: misunderstood('the event is a string', 'event: must be an object, not a string'),
    eventList: misunderstood('the event is an array', 'event: must be an object, not an array'),
    eventUnknownKey: misunderstood('the event has an unknown key', 'event: unknown key "force"'),
    eventManyKeys: misunderstood(
      'the event has 5,000 unknown keys with control characters',
      'event: unknown keys "\\u001b0", "\\u001b1", "\\u001b2", "\\u001b3", "\\u001b4" and 4995 more',
    ),
    eventLongTime: misunderstood(
      "the event's scheduledTime has 100,000 decimals",
      'event scheduledTime: must have at most nine decimals',
    ),
    eventTime: misunderstood(
      "the event's scheduledTime is not a time",
      'event scheduledTime: must be an ISO 8601 time such as 2026-11-22T04:05:00Z',
    ),
    eventAttempt: misunderstood(
      "the event's attempt is negative",
      'event attempt: must be at least 0',
    ),
    eventFlag: misunderstood(
      "the event's ignoreSchedule is a string",
      'event ignoreSchedule: must be true or false, not a string',
    ),
    eventNull: sent('the event is null'),
    lateRetry: {
      fault: 'a retry arrives three days late, after two more ticks were due',
      outcome: 'skipped',
      expected: NOT_DUE,
    },

    ...bySpelling(
      FORBIDDING,
      (text): Fault => ({
        fault: `DO_NOT_TRACK is "${text}"`,
        outcome: 'skipped',
        expected: DO_NOT_TRACK_DENIAL,
      }),
    ),
    ...bySpelling(ALLOWING, (text) => sent(`DO_NOT_TRACK is "${text}"`)),

    debug: sent('the log level is DEBUG'),
    debugFailure: {
      fault: 'the log level is DEBUG, and no server listens at the endpoint',
      outcome: 'failed',
      expected: ENDPOINT_UNREACHABLE,
      origin: 'ECONNREFUSED',
    },
    debugLogin: {
      fault: 'the log level is DEBUG, and the password is wrong',
      outcome: 'failed',
      expected: DATABASE_AUTHENTICATION,
      origin: '28P01',
    },
    powertools: sent('variables of Powertools request logs of events, samples and other names'),

    schedulerDenies: unscheduled('EventBridge Scheduler denies the retry'),
    schedulerRefused: unscheduled('no server listens at the address of EventBridge Scheduler'),
    schedulerSilent: unscheduled('EventBridge Scheduler does not answer'),
  },
} satisfies FaultGroup;
