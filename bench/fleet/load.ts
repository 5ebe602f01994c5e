import { startWarm, type WarmFunction } from '../warm-lambda.ts';
import type { Run } from './check.ts';
import { type Expected, mix } from './kinds.ts';
import { Gauge, type Watched, watchSessions } from './sessions.ts';
import type { FleetTarget, FleetWorld, ServerFigures } from './world.ts';

/** What so many targets at once did. */
export interface Load {
  readonly runs: readonly Run[];
  readonly seconds: number;
  readonly sessions: Watched;
  /** What the server counted meanwhile. */
  readonly server: ServerFigures;
  /** Of all the functions' processes. */
  readonly functionCpuMs: number;
  readonly problems: readonly string[];
}

/** One invocation, timed as its caller sees it. */
export async function runOnce(warm: WarmFunction, target: FleetTarget): Promise<Run> {
  const startedAt = performance.now();
  const invocation = await warm.invoke(target.event, target.variables);
  return { target, invocation, ms: performance.now() - startedAt };
}

/** Each process takes the next target as soon as it has done one, until there are no more. */
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

/** What the targets must leave behind on the server, and nothing else. */
function checkServer(targets: readonly FleetTarget[], server: ServerFigures): string[] {
  const coming = (soFar: Expected['database']): number =>
    targets.filter(({ kind }) => kind.expected.database === soFar).length;
  const read = coming('read');
  const connectionReset = coming('broken off');
  const notLetIn = coming('not let in');
  const compared = [
    ['sessions on the server', server.sessions, read + connectionReset],
    ['sessions ended by an error, or by nobody', server.lost, notLetIn],
    // PostgreSQL makes one of its own in each login.
    ['transactions committed', server.commits, 2 * read + connectionReset],
    ['transactions rolled back', server.rollbacks, connectionReset + notLetIn],
    ['rows written', server.rowsWritten, 0],
  ] as const;
  return compared
    .filter(([, is, mustBe]) => is !== mustBe)
    .map(([what, is, mustBe]) => `${what}: ${is} instead of ${mustBe}`);
}

function checkSessions({ tooMany, looks }: Watched, left: number): string[] {
  return [
    ...(tooMany > 0
      ? [`${tooMany} of ${looks} looks found more sessions than running invocations`]
      : []),
    ...(left > 0 ? [`${left} sessions were left open`] : []),
  ];
}

/**
 * Runs the fleet.
 *
 * @param atOnce so many processes, each with one invocation at a time
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
  // All have answered, so nothing of theirs may be there any more.
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
