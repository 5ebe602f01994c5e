import { expect } from 'vitest';
import { freePort } from '../../../emulator/http-server.ts';
import type { Arrange, FaultRun, Faulty } from '../../support/run/faults.ts';
import { ALLOWING, bySpelling, FORBIDDING } from '../rows/runtime.ts';
import { having } from './runtime.ts';

const DAY_MS = 86_400_000;

function expectNoSecretRead({ world }: FaultRun): void {
  expect(world.secrets.connections()).toBe(0);
}

/** Expects that the run ends before it reads the secret. */
const rejected = (faulty: Faulty): Arrange => having({ ...faulty, after: expectNoSecretRead });

/** Environment variables and events. */
export const INPUT_ARRANGEMENTS = {
  noCredentials: rejected({
    environment: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_SESSION_TOKEN: '',
      // Prevents a request to the metadata service of EC2.
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  }),
  noRegion: rejected({ environment: { AWS_REGION: '' } }),
  noTarget: rejected({ environment: { TARGET: '' } }),
  targetNoJson: rejected({ environment: { TARGET: '{' } }),
  noDelivery: rejected({ environment: { DELIVERY: '' } }),
  deliveryNoJson: rejected({ environment: { DELIVERY: 'https://telemetry.example.com/' } }),
  retryNoJson: rejected({ environment: { RETRY: '{' } }),
  noEnvironment: rejected({ environment: { TARGET: '', DELIVERY: '', RETRY: '' } }),
  unverifiedTls: rejected({ environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }),
  replication: rejected({ environment: { PGREPLICATION: 'database' } }),
  pgVariables: async () => ({
    environment: {
      PGHOST: '127.0.0.1',
      PGHOSTADDR: '127.0.0.1',
      PGPORT: String(await freePort()),
      PGUSER: 'another-user',
      PGPASSWORD: 'another-password',
      PGDATABASE: 'elsewhere',
      PGSERVICE: 'another',
      PGPASSFILE: '/dev/null',
      PGSSLMODE: 'require',
      PGSSLROOTCERT: '/nowhere',
      PGAPPNAME: 'another',
      PGCLIENTENCODING: 'LATIN1',
      PGCONNECT_TIMEOUT: '1',
    },
  }),
  pgOptions: having({
    environment: {
      PGOPTIONS:
        '-c search_path=public -c timescaledb.telemetry_level=basic -c lock_timeout=1 -c default_transaction_isolation=serializable',
    },
  }),

  pgNative: having({ environment: { NODE_PG_FORCE_NATIVE: '1' } }),

  eventText: rejected({ event: () => 'now' }),
  eventList: rejected({ event: (tick) => [{ scheduledTime: tick }] }),
  eventUnknownKey: rejected({ event: { force: true } }),
  eventManyKeys: rejected({
    event: () => Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`\u001b${i}`, i])),
  }),
  eventLongTime: rejected({
    event: { scheduledTime: `2026-11-22T04:05:00.${'0'.repeat(100_000)}Z` },
  }),
  eventTime: rejected({ event: { scheduledTime: 'yesterday' } }),
  eventAttempt: rejected({ event: { attempt: -1 } }),
  eventFlag: rejected({ event: { ignoreSchedule: 'yes' } }),
  eventNull: having({ event: () => null }),
  lateRetry: having({
    event: (tick) => ({
      scheduledTime: new Date(Date.parse(tick) - 3 * DAY_MS).toISOString(),
      attempt: 1,
    }),
  }),

  ...bySpelling(FORBIDDING, (text) => rejected({ environment: { DO_NOT_TRACK: text } })),
  ...bySpelling(ALLOWING, (text) => having({ environment: { DO_NOT_TRACK: text } })),
} satisfies Record<string, Arrange>;
