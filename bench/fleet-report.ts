import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { invoke, LAMBDA_ENVIRONMENT } from '../emulator/lambda/invoke.ts';
import { type S3, startS3 } from '../emulator/s3.ts';
import { bundleOnce } from '../infra/bundle/bundle.ts';
import type { FleetState } from '../lib/fleet/fleet-state.ts';
import { fleetKey } from '../lib/fleet-report/reading/keys.ts';
import { encodeState } from '../lib/fleet-report/reading/stored-state.ts';
import { encodeRun } from '../lib/record/encode-run.ts';
import { recordKey } from '../lib/record/record-key.ts';
import { sampleFleet } from '../test/support/fleet/sample-fleet.ts';
import { aRun } from '../test/unit/fleet/runs.ts';
import { printRow } from './support/figures.ts';

/**
 * Measures a daily report of `fleet-report` as it ships, by the number of databases: the state has `days` days, and the record a
 * new run of each database. S3 is a server on loopback, and its share of the processors is not the function's.
 */

const { values } = parseArgs({
  options: {
    databases: { type: 'string', default: '40,1000,10000' },
    days: { type: 'string', default: '400' },
  },
});

const BUCKET = 'bench';
const MEMORY_MB = 1_024;
const LIMIT_MS = 900_000;
const EXAMPLE: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'docs', 'examples', '2.28.3.json'), 'utf8'),
);

/** Puts the state of yesterday, and a run of today for each database. */
async function fill({ objects }: S3, fleet: FleetState, now: number): Promise<void> {
  const yesterday = new Date(now - 86_400_000).toISOString();
  const state = await encodeState({
    fleet,
    readUntil: yesterday,
    pending: [],
    outbox: [],
    writer: 'bench',
  });
  objects.set(fleetKey('state', fleet.environment), state);
  const time = now - 3_600_000;
  const at = new Date(time).toISOString();
  for (const database of Object.keys(fleet.databases)) {
    const run = aRun(at.slice(0, 10), {
      database,
      scheduledTime: at,
      recordedAt: at,
      content: { ...EXAMPLE, db_uuid: database },
    });
    const key = recordKey({ environment: fleet.environment, database, time, attempt: 0 });
    objects.set(key, Buffer.from(encodeRun(run)));
  }
}

function megabytes(bytes: number | undefined): string {
  return ((bytes ?? Number.NaN) / 1_000_000).toFixed(1);
}

await using built = await bundleOnce('fleet-report');
const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bench-'));

async function measure(count: number): Promise<readonly string[]> {
  await using s3 = await startS3({ bucket: BUCKET });
  const fleet = sampleFleet(count, Number(values.days));
  await fill(s3, fleet, Date.now());
  const file = join(folder, 'fleet.json');
  const databases = Object.keys(fleet.databases).map((name) => ({ name, tickHours: 24 }));
  await writeFile(file, JSON.stringify({ databases, mute: [] }));
  const settings = { environment: fleet.environment, bucket: BUCKET, file };
  const { log, tookMs, maxMemoryBytes } = await invoke(
    built.file,
    {},
    {
      ...LAMBDA_ENVIRONMENT,
      AWS_ENDPOINT_URL_S3: s3.url,
      FLEET: JSON.stringify(settings),
    },
    LIMIT_MS,
    // As Lambda's runtime does for this memory size.
    { nodeOptions: [`--max-old-space-size=${Math.floor(MEMORY_MB * 0.9)}`] },
  );
  const line = log.map((text) => Object(JSON.parse(text))).find((one) => 'outcome' in one);
  if (line?.outcome !== 'folded' || line.objects.read !== count) {
    throw new Error(`The record was not folded:\n${log.join('\n')}`);
  }
  const { state, record, write, page } = line.durationMs;
  const size = (object: 'state' | 'page') =>
    megabytes(s3.objects.get(fleetKey(object, fleet.environment))?.byteLength);
  return [
    String(count),
    ...[tookMs, state, record, write, page].map((ms) => (ms / 1_000).toFixed(1)),
    megabytes(maxMemoryBytes),
    size('state'),
    size('page'),
  ];
}

const WIDTHS = [9, 8, 8, 8, 8, 8, 9, 9, 9];
printRow(
  [
    'databases',
    'total s',
    'state s',
    'record s',
    'write s',
    'page s',
    'peak MB',
    'state MB',
    'page MB',
  ],
  WIDTHS,
);
try {
  for (const count of values.databases.split(',')) printRow(await measure(Number(count)), WIDTHS);
} finally {
  await rm(folder, { recursive: true });
}
