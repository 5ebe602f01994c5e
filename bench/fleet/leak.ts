import { median } from '../support/figures.ts';
import { startWarm } from '../warm/warm-lambda.ts';
import type { Weight } from '../warm/weigh.ts';
import type { Run } from './check.ts';
import { KINDS, mix } from './kinds.ts';
import { runOnce } from './load.ts';
import type { FleetWorld } from './world.ts';

/** Number of runs between two samples of the process. */
const RUNS_PER_SAMPLE = 200;

/** Minimum number of samples of a warm process that show growth. */
const MIN_SAMPLES = 4;
/**
 * V8's compiled code and pools of buffers account for up to 200 bytes per run. A leaked AbortController takes 1.3 kB, a
 * leaked run record with its report several kB, and a socket more.
 */
const MAX_BYTES_PER_RUN = 500;

/** The weight of one process after a number of runs. */
interface Sample {
  readonly runs: number;
  readonly weight: Weight;
}

export interface Warm {
  readonly runs: readonly Run[];
  readonly samples: readonly Sample[];
  /** Growth of heap and buffers per run of a warm process; NaN with too few samples. */
  readonly bytesPerRun: number;
  readonly problems: readonly string[];
}

/** Counts handles by name, such as `2 TCPSocketWrap`. */
export function countHandles({ handles }: Weight): string {
  const counts = Map.groupBy(handles.toSorted(), (name) => name);
  return [...counts].map(([name, all]) => `${all.length} ${name}`).join(', ');
}

/** Reports a figure whose maximum in the second half exceeds that in the first half. */
function checkFlat(
  what: string,
  [before, after]: Halves,
  of: (weight: Weight) => number,
): string[] {
  const most = (half: readonly Sample[]): number =>
    Math.max(...half.map(({ weight }) => of(weight)));
  return most(after) > most(before) ? [`${what} grew from ${most(before)} to ${most(after)}`] : [];
}

/** The earlier and the later samples of a warm process. */
type Halves = readonly [before: readonly Sample[], after: readonly Sample[]];

/**
 * Returns the median growth between two samples, per run. V8 sometimes drops megabytes of unused code at once: a regression
 * line would turn that into negative growth and hide a leak.
 */
function growthPerRun(samples: readonly Sample[], of: (weight: Weight) => number): number {
  const growths = samples
    .slice(1)
    .map(({ weight }, i) => of(weight) - of(samples[i]?.weight ?? weight));
  return median(growths) / RUNS_PER_SAMPLE;
}

function judge(samples: readonly Sample[]): Pick<Warm, 'bytesPerRun' | 'problems'> {
  const warm = samples.slice(Math.ceil(samples.length / 4));
  if (warm.length < MIN_SAMPLES) return { bytesPerRun: Number.NaN, problems: [] };
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
      ...(bytesPerRun > MAX_BYTES_PER_RUN
        ? [`heap and buffers grow by ${bytesPerRun.toFixed(0)} bytes per run`]
        : []),
    ],
  };
}

/** Runs all kinds except the slow ones in one process, one run after the other, and samples its weight. */
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
