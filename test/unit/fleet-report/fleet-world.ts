import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { LAMBDA_ENVIRONMENT } from '../../../emulator/lambda/invoke.ts';
import { type S3, type S3Options, startS3 } from '../../../emulator/s3.ts';
import { type SnsOptions, startSns } from '../../../emulator/sns.ts';
import { fleetKey } from '../../../lib/fleet-report/reading/keys.ts';
import { decodeState, type StoredState } from '../../../lib/fleet-report/reading/stored-state.ts';
import type { FleetDependencies } from '../../../lib/fleet-report/report.ts';
import { runFleetReport } from '../../../lib/fleet-report/run-fleet-report.ts';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { recordKey } from '../../../lib/record/record-key.ts';
import type { RecordedRun } from '../../../lib/record/recorded-run.ts';

const BUCKET = 'records';
export const TOPIC = 'arn:aws:sns:us-east-1:111122223333:alarms';

/** Returns the key of a run, as send-report chooses it. */
export function keyOf({ line, recordedAt }: RecordedRun): string {
  const { environment, database, scheduledTime, attempt = 0 } = line;
  return scheduledTime === undefined
    ? recordKey({ environment, database, time: Date.parse(recordedAt), attempt: 'hand' })
    : recordKey({ environment, database, time: Date.parse(scheduledTime), attempt });
}

export interface FleetWorldOptions {
  readonly s3?: Partial<S3Options>;
  readonly sns?: SnsOptions;
  /** Settings beside environment and bucket. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly databases?: readonly object[];
  readonly mute?: readonly object[];
}

/** Starts S3 and SNS on loopback, and runs the report of the environment `prod` against them. */
export async function startFleetWorld(options: FleetWorldOptions = {}) {
  const { settings = {}, databases = [{ name: 'orders', tickHours: 24 }], mute = [] } = options;
  const s3 = await startS3({ bucket: BUCKET, ...options.s3 });
  const sns = await startSns(options.sns);
  const file = join(tmpdir(), `fleet-${randomUUID()}.json`);
  const write = (content: object) => writeFile(file, JSON.stringify(content));
  await write({ databases, mute });
  const variables = {
    ...LAMBDA_ENVIRONMENT,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_SNS: sns.url,
    FLEET: JSON.stringify({ environment: 'prod', bucket: BUCKET, topic: TOPIC, file, ...settings }),
  };
  return {
    s3,
    sns,
    variables,
    /** Replaces the file with the databases and the mutes. */
    write,
    /** Adds runs, written at the time at which they were recorded. */
    add(...runs: readonly RecordedRun[]) {
      for (const run of runs) addObject(s3, keyOf(run), encodeRun(run), run.recordedAt);
    },
    run(now: string, event: unknown = {}, changes: Partial<FleetDependencies> = {}) {
      return runFleetReport(event, variables, {
        limitMs: 60_000,
        now: () => Date.parse(now),
        async *renderPage(state) {
          yield `<!doctype html>${state.environment}`;
        },
        ...changes,
      });
    },
    async [Symbol.asyncDispose]() {
      await s3[Symbol.asyncDispose]();
      await sns[Symbol.asyncDispose]();
    },
  };
}

export function addObject(s3: S3, key: string, bytes: Uint8Array, writtenAt: string): void {
  s3.objects.set(key, Buffer.from(bytes));
  s3.modified.set(key, Date.parse(writtenAt));
}

/** Returns the state in a bucket. */
export async function storedIn({ objects }: S3, environment = 'prod'): Promise<StoredState> {
  const state = await decodeState(objects.get(fleetKey('state', environment)) ?? Buffer.alloc(0));
  if (state === undefined) throw new TypeError('There is no state.');
  return state;
}

/** Returns the keys of the record that were requested, without listings. */
export function readKeys({ requests }: S3, from = 0): readonly string[] {
  return requests
    .slice(from)
    .filter(({ method, url = '' }) => method === 'GET' && url.includes('/runs/'))
    .map(({ url = '' }) => decodeURIComponent(url).slice(`/${BUCKET}/`.length));
}

/** Returns the text of an object that is compressed for the transfer. */
export function textIn({ objects }: S3, key: string): string {
  return gunzipSync(objects.get(key) ?? Buffer.alloc(0)).toString('utf8');
}
