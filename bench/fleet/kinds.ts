import type { ServerResponse } from 'node:http';
import type { SecretVersion } from '../../emulator/secrets-manager.ts';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import { jobSchema } from '../../test/support/timescaledb/catalogs.ts';
import type { Expected, Kind, SecretKeys, SecretStages } from './kind.ts';

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
  database: 'no-connection',
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
  (valid: SecretKeys): SecretStages => ({ AWSCURRENT: version('first', { ...valid, ...change }) });
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
    secret: (valid) => ({
      AWSCURRENT: version('first', { ...valid, password: 'the previous one' }),
      AWSPENDING: version('second', valid),
    }),
    expected: SENT,
  },
  { name: 'empty reply', share: 1, answer: status(200), expected: SENT },
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
    expected: { ...skipped('do-not-track'), database: 'no-connection' },
  },
  {
    name: 'version check only',
    share: 1,
    delivery: { latestVersion: '2.30.1' },
    expected: { outcome: 'checked', reports: 0, database: 'read' },
  },
  {
    name: 'missing secret',
    share: 1,
    secret: () => ({}),
    expected: failed('SECRET_NOT_FOUND'),
  },
  {
    name: 'secret without password',
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
    name: 'wrong password',
    share: 1,
    secret: current({ password: 'another' }),
    expected: failed('DATABASE_AUTHENTICATION', { database: 'login-rejected' }),
  },
  {
    name: 'missing database',
    share: 1,
    secret: current({ dbname: 'nowhere' }),
    expected: failed('DATABASE_MISSING', { database: 'login-rejected' }),
  },
  {
    name: 'CONNECT revoked',
    share: 1,
    sql: ({ name, role }) => `revoke connect on database ${name} from ${role}`,
    expected: failed('DATABASE_PERMISSION', { database: 'database-rejected' }),
  },
  {
    name: 'connection limit reached',
    share: 1,
    sql: ({ role }) => `alter role ${role} connection limit 0`,
    expected: failed('DATABASE_BUSY', { isRetried: true, database: 'login-rejected' }),
  },
  {
    name: 'unreachable server',
    share: 1,
    // No process listens on port 1 of loopback.
    target: { port: 1 },
    expected: failed('DATABASE_UNREACHABLE', { isRetried: true }),
  },
  {
    name: 'no TimescaleDB',
    share: 1,
    release: null,
    expected: failed('EXTENSION_MISSING', { database: 'rolled-back' }),
  },
  {
    name: 'endpoint answers 503',
    share: 2,
    answer: status(503),
    expected: undelivered('ENDPOINT_UNAVAILABLE', { isRetried: true }),
  },
  {
    name: '503, last attempt',
    share: 1,
    sql: job('max_retries = 1'),
    event: { attempt: 1 },
    answer: status(503),
    expected: undelivered('ENDPOINT_UNAVAILABLE'),
  },
  {
    name: '503, invoked by hand',
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
    name: 'endpoint closes the connection',
    share: 1,
    answer: (response) => response.destroy(),
    expected: undelivered('ENDPOINT_UNREACHABLE', { isRetried: true }),
  },
];

/** The endpoint's answer to the kinds that set none. */
export const USUAL_ANSWER = answerWithVersion('2.30.1');

/** Returns the kinds of a number of targets, in the same order each time; neighbours in the queue have different kinds. */
export function mix(count: number, kinds: readonly Kind[] = KINDS): Kind[] {
  const round = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  // A step without a common divisor with the length of the round visits every kind.
  const step = 11;
  return Array.from({ length: count }, (_, i) => round[(i * step) % round.length]).filter(
    (kind) => kind !== undefined,
  );
}
