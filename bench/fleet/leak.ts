import { median } from '../figures.ts';
import { startWarm } from '../warm-lambda.ts';
import type { Weight } from '../weigh.ts';
import type { Run } from './check.ts';
import { KINDS, mix } from './kinds.ts';
import { runOnce } from './load.ts';
import type { FleetWorld } from './world.ts';

/** Between two looks at what the process holds. */
const RUNS_PER_SAMPLE = 200;

/** The first samples are of a process that is getting warm; so many after them say something. */
const LEAST_SAMPLES = 4;
/**
 * V8's own code and a pool of buffers more or less make up to 200 bytes of a run. An AbortController that is kept makes
 * 1.3 kB, a run's story and its report several kB, a socket more.
 */
const MOST_BYTES_PER_RUN = 500;

/** What one process held after so many runs. */
interface Sample {
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

/** How many of each, such as `2 TCPSocketWrap`. */
export function countHandles({ handles }: Weight): string {
  const counts = Map.groupBy(handles.toSorted(), (name) => name);
  return [...counts].map(([name, all]) => `${all.length} ${name}`).join(', ');
}

/** Of a figure that must not grow: the most in the second half, and the most in the first one. */
function checkFlat(
  what: string,
  [before, after]: Halves,
  of: (weight: Weight) => number,
): string[] {
  const most = (half: readonly Sample[]): number =>
    Math.max(...half.map(({ weight }) => of(weight)));
  return most(after) > most(before) ? [`${what} grew from ${most(before)} to ${most(after)}`] : [];
}

/** Samples of a warm process, by when they were taken. */
type Halves = readonly [before: readonly Sample[], after: readonly Sample[]];

/**
 * The median of what each span of runs adds, and not a line through the samples: now and then V8 drops megabytes of code
 * that is not used any more, and a line would take that for the opposite of a leak.
 */
function growthPerRun(samples: readonly Sample[], of: (weight: Weight) => number): number {
  const growths = samples
    .slice(1)
    .map(({ weight }, i) => of(weight) - of(samples[i]?.weight ?? weight));
  return median(growths) / RUNS_PER_SAMPLE;
}

function judge(samples: readonly Sample[]): Pick<Warm, 'bytesPerRun' | 'problems'> {
  const warm = samples.slice(Math.ceil(samples.length / 4));
  if (warm.length < LEAST_SAMPLES) return { bytesPerRun: Number.NaN, problems: [] };
  const half = Math.floor(warm.length / 2);
  const halves: Halves = [warm.slice(0, half), warm.slice(half)];
  const bytesPerRun =
    growthPerRun(warm, ({ heapBytes }) => heapBytes) +
    growthPerRun(warm, ({ externalBytes }) => externalBytes);
  return {
    bytesPerRun,
    problems: [
      ...checkFlat('handles', halves, ({ handles }) => handles.length),
      ...checkFlat('open files and sockets', halves, ({ openFiles }) => openFiles),
      ...(bytesPerRun > MOST_BYTES_PER_RUN
        ? [`each run leaves ${bytesPerRun.toFixed(0)} bytes behind`]
        : []),
    ],
  };
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
  return { runs, samples, ...judge(samples) };
}
