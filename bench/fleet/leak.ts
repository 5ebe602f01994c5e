import { slope } from '../figures.ts';
import { startWarm, type Weight } from '../warm-lambda.ts';
import type { Run } from './check.ts';
import { KINDS, mix } from './kinds.ts';
import { runOnce } from './load.ts';
import type { FleetWorld } from './world.ts';

/** Between two looks at what the process holds. */
const RUNS_PER_SAMPLE = 200;

/**
 * The least that a run could forget is more: a listener with its closure some 300 bytes, what it tells in its line 2 kB,
 * a report 4 kB. What V8 learns of the code meanwhile is less, see README.md.
 */
const MOST_BYTES_PER_RUN = 250;

/** What one process held after so many runs. */
export interface Sample {
  readonly runs: number;
  readonly weight: Weight;
}

export interface Warm {
  readonly runs: readonly Run[];
  readonly samples: readonly Sample[];
  /** How much more heap and buffers each run leaves behind, once the process is warm. */
  readonly bytesPerRun: number;
  readonly problems: readonly string[];
}

function heldBytes({ weight }: Sample): number {
  return weight.heapBytes + weight.externalBytes;
}

/** How many of each, such as `2 TCPSocketWrap`. */
export function countHandles({ handles }: Weight): string {
  const counts = Map.groupBy(handles.toSorted(), (name) => name);
  return [...counts].map(([name, all]) => `${all.length} ${name}`).join(', ');
}

/** Of a figure that must not grow: the most in the second half, and the most in the first one. */
function checkFlat(
  what: string,
  samples: readonly Sample[],
  of: (weight: Weight) => number,
): string[] {
  const half = Math.floor(samples.length / 2);
  const most = (part: readonly Sample[]): number =>
    Math.max(...part.map(({ weight }) => of(weight)));
  const [before, after] = [most(samples.slice(0, half)), most(samples.slice(half))];
  return after > before ? [`${what} grew from ${before} to ${after}`] : [];
}

/** Many runs of every kind in one process, one after the other, and what it holds in between. */
export async function runWarm(world: FleetWorld, bundleFile: string, count: number): Promise<Warm> {
  await using warm = await startWarm(bundleFile, world.environment);
  const kinds = mix(
    count,
    KINDS.filter(({ isSlow }) => !isSlow),
  );
  const runs: Run[] = [];
  const samples: Sample[] = [{ runs: 0, weight: await warm.weigh() }];
  for (const [i, kind] of kinds.entries()) {
    runs.push(await runOnce(warm, world.target(`warm-${i}`, kind)));
    if ((i + 1) % RUNS_PER_SAMPLE === 0) samples.push({ runs: i + 1, weight: await warm.weigh() });
  }
  const settled = samples.slice(Math.floor(samples.length / 2));
  const bytesPerRun = slope(settled.map((sample) => [sample.runs, heldBytes(sample)]));
  return {
    runs,
    samples,
    bytesPerRun,
    problems: [
      ...checkFlat('handles', samples, ({ handles }) => handles.length),
      ...checkFlat('open files and sockets', samples, ({ openFiles }) => openFiles),
      ...(bytesPerRun > MOST_BYTES_PER_RUN
        ? [`each run leaves ${bytesPerRun.toFixed(0)} bytes behind`]
        : []),
    ],
  };
}
