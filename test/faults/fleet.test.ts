import { describe, expect, inject, test } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { invoke } from '../../emulator/lambda/invoke.ts';
import { encodeRun } from '../../lib/record/encode-run.ts';
import { linesOf } from '../support/lambda/invocations.ts';
import { aRun } from '../unit/fleet/runs.ts';
import {
  addObject,
  type FleetWorldOptions,
  keyOf,
  startFleetWorld,
  storedIn,
} from '../unit/fleet-report/fleet-world.ts';
import type { Fault } from './rows/fault.ts';
import { FLEET_FAULTS } from './rows/fleet.ts';

const STATE = 'fleet/environment=prod/state.json.gz';
const AN_HOUR_AGO = new Date(Date.now() - 3_600_000).toISOString();
const RUN = aRun(AN_HOUR_AGO.slice(0, 10), { scheduledTime: AN_HOUR_AGO, recordedAt: AN_HOUR_AGO });

interface Arrangement extends FleetWorldOptions {
  readonly variables?: () => Promise<Readonly<Record<string, string>>>;
  /** Changes the objects of the bucket before the report. */
  readonly change?: (world: FleetWorld) => void;
  /** Expects what the report has written. */
  readonly after?: (world: FleetWorld) => Promise<void>;
}

type FleetWorld = Awaited<ReturnType<typeof startFleetWorld>>;

/** Refuses requests whose method and key match. */
const denies = (method: string, key: RegExp): Arrangement => ({
  s3: { refuse: (used, of) => (used === method && key.test(of) ? 'AccessDenied' : undefined) },
});

/** Answers the first requests with 503. */
function overloads(count: number): Arrangement {
  return {
    s3: {
      interfere(response, index) {
        if (index >= count) return false;
        response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
        return true;
      },
    },
  };
}

/** Another report writes its state before each of the first writes of this one. */
function conflicts(count: number): Arrangement {
  let left = count;
  let objects: Map<string, Buffer> | undefined;
  return {
    s3: {
      refuse(method, key) {
        if (method === 'PUT' && key === STATE && left > 0) {
          left -= 1;
          objects?.set(STATE, Buffer.from(`state ${left}`));
        }
        return undefined;
      },
    },
    change: ({ s3 }) => {
      objects = s3.objects;
    },
  };
}

/** Adds an object, which is a problem of the state. */
const adds = (key: string): Arrangement => ({
  change: ({ s3 }) => addObject(s3, key, Buffer.from('not a run'), AN_HOUR_AGO),
  async after({ s3 }) {
    expect((await storedIn(s3)).fleet.problems).toMatchObject([{ object: key }]);
  },
});

const second = aRun(AN_HOUR_AGO.slice(0, 10), {
  scheduledTime: AN_HOUR_AGO,
  recordedAt: AN_HOUR_AGO,
  attempt: 1,
});

const ARRANGEMENTS: Readonly<Record<keyof typeof FLEET_FAULTS.faults, Arrangement>> = {
  invalid: { settings: { bucket: 'Records' } },
  noBucket: { settings: { bucket: 'others' } },
  stateDenied: {
    ...denies('GET', /state/),
    change: ({ s3 }) => s3.objects.set(STATE, Buffer.from('x')),
  },
  listDenied: denies('GET', /^runs\/.*\/$/),
  allDenied: denies('GET', /^runs\/.*gz$/),
  writeDenied: denies('PUT', /state/),
  refused: {
    variables: async () => ({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${await freePort()}` }),
  },
  overloaded: overloads(Number.POSITIVE_INFINITY),
  conflict: conflicts(3),
  topicDenied: {
    sns: { refuse: () => 'AuthorizationError' },
    settings: { digest: 'daily' },
  },
  damaged: adds(keyOf(second)),
  foreign: adds(keyOf(RUN).replace(/[^/]+$/, 'report.csv')),
  oneDenied: {
    ...denies('GET', /-1\.json\.gz$/),
    change: ({ s3 }) => addObject(s3, keyOf(second), encodeRun(second), AN_HOUR_AGO),
    async after({ s3 }) {
      expect((await storedIn(s3)).fleet.problems).toMatchObject([{ object: keyOf(second) }]);
    },
  },
  damagedState: { change: ({ s3 }) => s3.objects.set(STATE, Buffer.from('damaged')) },
  conflictOnce: conflicts(1),
  overloadedOnce: overloads(1),
};

async function expectRow({ outcome, expected, origin }: Fault, arrangement: Arrangement) {
  await using world = await startFleetWorld(arrangement);
  world.add(RUN);
  arrangement.change?.(world);
  const before = new Map(world.s3.objects);
  const variables = { ...world.variables, ...(await arrangement.variables?.()) };
  const event = arrangement.sns === undefined ? {} : { digest: true };
  const invocation = await invoke(inject('bundles')['fleet-report'].file, event, variables, 60_000);
  const [line, ...others] = linesOf(invocation).filter((one) => 'outcome' in one);
  expect(others).toEqual([]);
  const { code, message, remedy } = expected;
  expect(line).toMatchObject({
    outcome,
    message,
    ...(remedy !== undefined && { remedy }),
    ...(code !== undefined && { error: { code, ...(origin !== undefined && { origin }) } }),
  });
  if (outcome === 'folded') {
    expect((await storedIn(world.s3)).fleet.databases['orders']?.lastRun).not.toBeNull();
    await arrangement.after?.(world);
  } else {
    expect(invocation).toMatchObject({ error: { name: 'RunError' } });
    // A failed report changes nothing, unless only its notification failed.
    const isWritten = code === 'NOTIFICATION_NOT_SENT' || code === 'FLEET_STATE_CONFLICT';
    if (!isWritten) expect(world.s3.objects).toEqual(before);
  }
}

describe.concurrent(FLEET_FAULTS.title, () => {
  const rows = Object.entries<Fault>(FLEET_FAULTS.faults);
  test.each(rows.map(([id, fault]) => ({ id, ...fault })))('$fault', async ({ id, ...fault }) => {
    const found = Object.entries(ARRANGEMENTS).find(([name]) => name === id);
    if (found === undefined) throw new TypeError(`There is no arrangement of ${id}.`);
    await expectRow(fault, found[1]);
  });
});
