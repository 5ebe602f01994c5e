import type { ServerResponse } from 'node:http';
import type { SecretVersion, ServiceError, Stage } from '../../emulator/secrets-manager.ts';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import type { Outcome } from '../../lib/run/outcome.ts';
import type { TestDatabase } from '../../test/support/postgres/databases.ts';
import { type HandmadeRelease, jobSchema } from '../../test/support/timescaledb/catalogs.ts';

/** The keys of a secret in the RDS shape. */
type SecretKeys = Readonly<Record<string, unknown>>;
export type SecretStages = Partial<Record<Stage, SecretVersion>>;

/** How a run for a target of one kind must end. */
export interface Expected {
  readonly outcome: Outcome['outcome'];
  /** What decided, where the run was skipped. */
  readonly rule?: string;
  readonly code?: ErrorCode;
  /** Whether another attempt is scheduled. A failure without one throws. */
  readonly isRetried?: true;
  /** How many reports arrive at the endpoint. */
  readonly reports: 0 | 1;
  /**
   * How far the run comes on the server: it may not log in at all, or not into this database, which PostgreSQL counts as a
   * session that an error has ended; reads to the end; or ends its transaction before.
   */
  readonly database: 'not asked' | 'no login' | 'not let in' | 'read' | 'broken off';
}

/**
 * What is particular to some of the targets. Where nothing is said: a database of TimescaleDB 2.28.3 whose level is set, a
 * secret that is right, an endpoint that answers, and a tick.
 */
export interface Kind {
  readonly name: string;
  /** How often it comes in one round of all kinds. */
  readonly share: number;
  /** Null for a database without TimescaleDB. */
  readonly release?: HandmadeRelease | null;
  /** Run in the kind's database, by its superuser. */
  readonly sql?: (database: Pick<TestDatabase, 'name' | 'role'>) => string;
  readonly secret?: (right: SecretKeys) => SecretStages | ServiceError;
  readonly target?: Readonly<Record<string, unknown>>;
  /** DELIVERY, where it is not the endpoint's address. */
  readonly delivery?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Beside the tick's time; null is a person's invocation, which has none. */
  readonly event?: Readonly<Record<string, unknown>> | null;
  readonly answer?: (response: ServerResponse) => void;
  /** Waits by itself, so that it says nothing of the rest. */
  readonly isSlow?: true;
  readonly expected: Expected;
}

const SENT: Expected = { outcome: 'sent', reports: 1, database: 'read' };
const skipped = (rule: string): Expected => ({
  outcome: 'skipped',
  rule,
  reports: 0,
  database: 'read',
});
const failed = (code: ErrorCode, rest: Partial<Expected> = {}): Expected => ({
  outcome: 'failed',
  code,
  reports: 0,
  database: 'not asked',
  ...rest,
});
const undelivered = (code: ErrorCode, rest: Partial<Expected> = {}): Expected =>
  failed(code, { reports: 1, database: 'read', ...rest });

const job = (set: string) => (): string => `update ${jobSchema('2.28.3')}.bgw_job set ${set}`;
const version = (id: string, keys: SecretKeys): SecretVersion => ({
  VersionId: id,
  SecretString: JSON.stringify(keys),
});
const current =
  (change: SecretKeys) =>
  (right: SecretKeys): SecretStages => ({ AWSCURRENT: version('first', { ...right, ...change }) });
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers).end();
  };

const GRANTED_RELEASES = [
  '0.12.1',
  '1.7.5',
  '2.5.2',
  '2.10.3',
  '2.14.2',
  '2.23.1',
  '2.28.3',
  '2.29.2',
] as const;

export const KINDS: readonly Kind[] = [
  ...GRANTED_RELEASES.map(
    (release): Kind => ({ name: `consent, ${release}`, share: 3, release, expected: SENT }),
  ),
  {
    name: 'sizes estimated',
    share: 1,
    target: { sizes: 'estimated' },
    expected: SENT,
  },
  {
    name: 'level no_functions',
    share: 1,
    sql: ({ name }) => `alter database ${name} set timescaledb.telemetry_level = 'no_functions'`,
    expected: SENT,
  },
  {
    name: 'secret being rotated',
    share: 1,
    secret: (right) => ({
      AWSCURRENT: version('first', { ...right, password: 'the one before' }),
      AWSPENDING: version('second', right),
    }),
    expected: SENT,
  },
  { name: 'reply of another kind', share: 1, answer: status(200), expected: SENT },
  {
    name: 'level off',
    share: 1,
    sql: ({ name }) => `alter database ${name} set timescaledb.telemetry_level = 'off'`,
    expected: skipped('level-off'),
  },
  {
    name: 'job removed',
    share: 1,
    sql: () => `delete from ${jobSchema('2.28.3')}.bgw_job`,
    expected: skipped('job-removed'),
  },
  {
    name: 'job paused',
    share: 1,
    sql: job('scheduled = false'),
    expected: skipped('job-paused'),
  },
  {
    name: 'job not due',
    share: 1,
    sql: job("schedule_interval = '7 days', initial_start = now() - interval '2 days'"),
    expected: skipped('level-set'),
  },
  {
    name: 'DO_NOT_TRACK',
    share: 1,
    environment: { DO_NOT_TRACK: '1' },
    expected: { ...skipped('do-not-track'), database: 'not asked' },
  },
  {
    name: 'only checked',
    share: 1,
    delivery: { latestVersion: '2.30.1' },
    expected: { outcome: 'checked', reports: 0, database: 'read' },
  },
  {
    name: 'secret missing',
    share: 1,
    secret: () => ({}),
    expected: failed('SECRET_NOT_FOUND'),
  },
  {
    name: 'secret not usable',
    share: 1,
    secret: current({ password: '' }),
    expected: failed('SECRET_INVALID'),
  },
  {
    name: 'secret throttled',
    share: 1,
    secret: () => ({ status: 400, type: 'ThrottlingException' }),
    isSlow: true,
    expected: failed('SECRET_UNAVAILABLE', { isRetried: true }),
  },
  {
    name: 'password wrong',
    share: 1,
    secret: current({ password: 'another' }),
    expected: failed('DATABASE_AUTHENTICATION', { database: 'no login' }),
  },
  {
    name: 'database missing',
    share: 1,
    secret: current({ dbname: 'nowhere' }),
    expected: failed('DATABASE_MISSING', { database: 'no login' }),
  },
  {
    name: 'CONNECT revoked',
    share: 1,
    sql: ({ name, role }) => `revoke connect on database ${name} from ${role}`,
    expected: failed('DATABASE_PERMISSION', { database: 'not let in' }),
  },
  {
    name: 'no connection left',
    share: 1,
    sql: ({ role }) => `alter role ${role} connection limit 0`,
    expected: failed('DATABASE_BUSY', { isRetried: true, database: 'no login' }),
  },
  {
    name: 'server not there',
    share: 1,
    // Port 1 of loopback, where nothing listens.
    target: { port: 1 },
    expected: failed('DATABASE_UNREACHABLE', { isRetried: true }),
  },
  {
    name: 'no TimescaleDB',
    share: 1,
    release: null,
    expected: failed('EXTENSION_MISSING', { database: 'broken off' }),
  },
  {
    name: 'endpoint answers 503',
    share: 2,
    answer: status(503),
    expected: undelivered('ENDPOINT_UNAVAILABLE', { isRetried: true }),
  },
  {
    name: 'the same, last attempt',
    share: 1,
    sql: job('max_retries = 1'),
    event: { attempt: 1 },
    answer: status(503),
    expected: undelivered('ENDPOINT_UNAVAILABLE'),
  },
  {
    name: 'the same, by a person',
    share: 1,
    event: null,
    answer: status(503),
    expected: undelivered('ENDPOINT_UNAVAILABLE'),
  },
  {
    name: 'endpoint answers 404',
    share: 1,
    answer: status(404),
    expected: undelivered('ENDPOINT_REJECTED'),
  },
  {
    name: 'endpoint redirects',
    share: 1,
    answer: status(307, { location: '/' }),
    expected: undelivered('ENDPOINT_REDIRECTED'),
  },
  {
    name: 'endpoint hangs up',
    share: 1,
    answer: (response) => response.destroy(),
    expected: undelivered('ENDPOINT_UNREACHABLE', { isRetried: true }),
  },
];

/** What an endpoint answers that has nothing particular to it. */
export const USUAL_ANSWER = answerWithVersion('2.30.1');

/** The kinds of so many targets, round by round: the same each time, and neighbours in the queue are of different kinds. */
export function mix(count: number, kinds: readonly Kind[] = KINDS): Kind[] {
  const round = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  // A step that has no divisor in common with the round's length comes by all of it.
  const step = 11;
  return Array.from({ length: count }, (_, i) => round[(i * step) % round.length]).filter(
    (kind) => kind !== undefined,
  );
}
