import { parseArgs } from 'node:util';
import { bundleOnce } from '../infra/bundle/bundle.ts';
import { checkRuns, type Run, summaryOf } from './fleet/check.ts';
import type { Kind } from './fleet/kind.ts';
import { KINDS } from './fleet/kinds.ts';
import { countHandles, runWarm, type Warm } from './fleet/leak.ts';
import { type Load, runLoad } from './fleet/load.ts';
import { startFleetWorld } from './fleet/world.ts';
import { median, percentile, printTable } from './support/figures.ts';

/**
 * Runs `send-report` as it ships for a fleet: many targets at once, of kinds with every outcome, and then many runs in one
 * process. Fails if a run has another result than its kind must have, or if sessions, handles or memory remain.
 */

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '500' },
    'at-once': { type: 'string', default: '50' },
    'warm-runs': { type: 'string', default: '2000' },
  },
});

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printKinds(runs: readonly Run[]): void {
  const row = (kind: Kind): string[] => {
    const { outcome, code, rule, isRetried, reports } = kind.expected;
    const count = runs.filter(({ target }) => target.kind === kind).length;
    const all = (one: boolean): string => (one ? String(count) : '–');
    return [
      kind.name,
      String(count),
      outcome,
      code ?? rule ?? '–',
      all(reports === 1),
      all(isRetried === true),
    ];
  };
  printLine('\nExpected results:');
  printTable([
    ['kind of target', 'targets', 'outcome', 'code or rule', 'reports', 'retries'],
    ...KINDS.map(row),
  ]);
}

/** Prints the durations of the phases in the order of a run. */
function printPhases(runs: readonly Run[]): void {
  const usual = runs.filter(({ target }) => !target.kind.isSlow);
  const durations = usual.map(
    (run): Readonly<Record<string, number>> => summaryOf(run)?.durationMs ?? {},
  );
  const phases = new Set(durations.flatMap((one) => Object.keys(one)));
  // The total is the last row.
  if (phases.delete('total')) phases.add('total');
  const row = ([phase, ms]: readonly [string, readonly number[]]): string[] => [
    phase,
    String(ms.length),
    ...[median(ms), percentile(ms, 99), Math.max(...ms)].map((one) => one.toFixed(0)),
  ];
  printLine(
    `\nTime by phase, without ${runs.length - usual.length} runs that wait for retries of the AWS SDK:`,
  );
  printTable([
    ['phase', 'runs', 'p50 ms', 'p99 ms', 'max ms'],
    ...[...phases].map((phase) =>
      row([phase, durations.map((one) => one[phase]).filter((ms) => ms !== undefined)]),
    ),
    row(['measured by the caller', usual.map(({ ms }) => ms)]),
  ]);
}

function printServer({ runs, seconds, sessions, server, functionCpuMs }: Load): void {
  const perRun = (ms: number | undefined): string =>
    ms === undefined ? 'unknown' : (ms / runs.length).toFixed(1);
  printLine('\nAll runs:');
  printTable(
    Object.entries({
      'runs per second': (runs.length / seconds).toFixed(1),
      'maximum of concurrent invocations': String(sessions.running),
      'maximum of sessions on the server': `${sessions.sessions} (${sessions.samples} samples)`,
      'maximum of open transactions': String(sessions.transactions),
      'sessions in total': String(server.sessions),
      'committed transactions (one of them per login)': String(server.commits),
      'rolled-back transactions': String(server.rollbacks),
      'rows written': String(server.rowsWritten),
      'CPU ms per run, functions': perRun(functionCpuMs),
      'CPU ms per run, server': perRun(server.cpuMs),
    }),
  );
}

function printWarm({ samples, bytesPerRun }: Warm): void {
  const kB = (bytes: number): string => (bytes / 1_000).toFixed(0);
  printLine('\nOne process, after garbage collections:');
  printTable([
    ['runs', 'heap kB', 'buffers kB', 'resident kB', 'open files', 'handles'],
    ...samples.map(({ runs, weight }) => [
      String(runs),
      kB(weight.heapBytes),
      kB(weight.externalBytes),
      kB(weight.rssBytes),
      String(weight.openFiles),
      countHandles(weight),
    ]),
  ]);
  printLine(
    Number.isNaN(bytesPerRun)
      ? 'too few runs to measure growth'
      : `growth of the warm process: ${bytesPerRun.toFixed(0)} bytes of heap and buffers per run`,
  );
}

printLine('starting a server with a database of each kind');
await using world = await startFleetWorld();
await using built = await bundleOnce('send-report');

printLine(`running ${values.targets} targets, ${values['at-once']} at once`);
const load = await runLoad(world, built.file, Number(values.targets), Number(values['at-once']));
printKinds(load.runs);
printPhases(load.runs);
printServer(load);

printLine(`\nrunning ${values['warm-runs']} targets in one process`);
const warm = await runWarm(world, built.file, Number(values['warm-runs']));
printWarm(warm);

const problems = [
  ...checkRuns([...load.runs, ...warm.runs], world),
  ...load.problems,
  ...warm.problems,
];
printLine(
  problems.length === 0 ? '\nAll results are as expected.' : `\nProblems: ${problems.length}`,
);
for (const problem of problems) printLine(`  ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
