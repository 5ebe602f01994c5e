import { startWarm, type WarmFunction } from '../warm/warm-lambda.ts';
import type { Run } from './check.ts';
import type { Expected } from './kind.ts';
import { mix } from './kinds.ts';
import { Gauge, type SessionMaxima, watchSessions } from './sessions.ts';
import type { FleetTarget, FleetWorld, ServerFigures } from './world.ts';

/** The runs of many targets at once. */
export interface Load {
  readonly runs: readonly Run[];
  readonly seconds: number;
  readonly sessions: SessionMaxima;
  /** The increase of the server's counters. */
  readonly server: ServerFigures;
  /** CPU time of all function processes. */
  readonly functionCpuMs: number;
  readonly problems: readonly string[];
}

/** Invokes a function once and measures the time until its answer. */
export async function runOnce(warm: WarmFunction, target: FleetTarget): Promise<Run> {
  const startedAt = performance.now();
  const invocation = await warm.invoke(target.event, target.variables);
  return { target, invocation, ms: performance.now() - startedAt };
}

/** Runs all targets: each process takes the next target when it has finished one. */
async function runAll(
  processes: readonly WarmFunction[],
  targets: readonly FleetTarget[],
  gauge: Gauge,
): Promise<Run[]> {
  const queue = targets.values();
  const runs: Run[] = [];
  await Promise.all(
    processes.map(async (warm) => {
      for (const target of queue) {
        runs.push(await gauge.during(() => runOnce(warm, target)));
      }
    }),
  );
  return runs;
}

async function cpuOf(processes: readonly WarmFunction[]): Promise<number> {
  const weights = await Promise.all(processes.map((warm) => warm.weigh()));
  return weights.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

function since(before: ServerFigures, after: ServerFigures): ServerFigures {
  return {
    sessions: after.sessions - before.sessions,
    lost: after.lost - before.lost,
    commits: after.commits - before.commits,
    rollbacks: after.rollbacks - before.rollbacks,
    rowsWritten: after.rowsWritten - before.rowsWritten,
    cpuMs:
      before.cpuMs === undefined || after.cpuMs === undefined
        ? undefined
        : after.cpuMs - before.cpuMs,
  };
}

/** Compares the server's counters with those that the targets must cause. */
function checkServer(targets: readonly FleetTarget[], server: ServerFigures): string[] {
  const count = (stage: Expected['database']): number =>
    targets.filter(({ kind }) => kind.expected.database === stage).length;
  const read = count('read');
  const rolledBack = count('rolled-back');
  const rejected = count('database-rejected');
  const compared = [
    ['sessions on the server', server.sessions, read + rolledBack],
    ['sessions ended by an error or lost', server.lost, rejected],
    // PostgreSQL commits one transaction of its own in each login.
    ['transactions committed', server.commits, 2 * read + rolledBack],
    ['transactions rolled back', server.rollbacks, rolledBack + rejected],
    ['rows written', server.rowsWritten, 0],
  ] as const;
  return compared
    .filter(([, actual, expected]) => actual !== expected)
    .map(([what, actual, expected]) => `${what}: ${actual} instead of ${expected}`);
}

function checkSessions({ tooMany, samples }: SessionMaxima, left: number): string[] {
  return [
    ...(tooMany > 0
      ? [`${tooMany} of ${samples} samples found more sessions than running invocations`]
      : []),
    ...(left > 0 ? [`${left} sessions were left open`] : []),
  ];
}

/**
 * Runs a number of targets.
 *
 * @param atOnce number of processes, each with one invocation at a time
 */
export async function runLoad(
  world: FleetWorld,
  bundleFile: string,
  count: number,
  atOnce: number,
): Promise<Load> {
  await using stack = new AsyncDisposableStack();
  const processes: WarmFunction[] = [];
  for (let i = 0; i < atOnce; i += 1) {
    processes.push(stack.use(await startWarm(bundleFile, world.environment)));
  }
  const targets = mix(count).map((kind, i) => world.target(`target-${i}`, kind));
  const cpuBefore = await cpuOf(processes);
  const before = await world.figures();

  const gauge = new Gauge();
  const stopWatching = watchSessions(world, gauge);
  const startedAt = performance.now();
  const runs = await runAll(processes, targets, gauge);
  const seconds = (performance.now() - startedAt) / 1_000;
  // All invocations have ended, so every session must be closed.
  const left = await world.openSessions();
  const sessions = await stopWatching();

  const server = since(before, await world.figures());
  return {
    runs,
    seconds,
    sessions,
    server,
    functionCpuMs: (await cpuOf(processes)) - cpuBefore,
    problems: [...checkServer(targets, server), ...checkSessions(sessions, left.sessions)],
  };
}
