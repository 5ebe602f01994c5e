import { parseArgs } from 'node:util';
import { bundleOnce } from '../infra/bundle/bundle.ts';
import { median, percentile, printTable } from './figures.ts';
import { checkRuns, type Run, summaryOf } from './fleet/check.ts';
import { KINDS, type Kind } from './fleet/kinds.ts';
import { countHandles, runWarm, type Warm } from './fleet/leak.ts';
import { type Load, runLoad } from './fleet/load.ts';
import { startFleetWorld } from './fleet/world.ts';

/**
 * The bundle of send-report as it ships, for a fleet: many targets at once, of kinds that end in every way, and then very
 * many runs in one process. Fails where a run ends in another way than it must, or leaves something behind.
 */

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '500' },
    'at-once': { type: 'string', default: '50' },
    'warm-runs': { type: 'string', default: '2000' },
  },
});

function say(line: string): void {
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
  say('\nWhat the runs must end with:');
  printTable([
    ['kind of target', 'targets', 'outcome', 'code or rule', 'reports', 'retries'],
    ...KINDS.map(row),
  ]);
}

/** The phases are those that the lines name, in the order in which a run comes by them. */
function printPhases(runs: readonly Run[]): void {
  const usual = runs.filter(({ target }) => !target.kind.isSlow);
  const durations = usual.map(
    (run): Readonly<Record<string, number>> => summaryOf(run)?.durationMs ?? {},
  );
  const phases = new Set(durations.flatMap((one) => Object.keys(one)));
  // The one that the others add up to goes last.
  if (phases.delete('total')) phases.add('total');
  const row = ([phase, ms]: readonly [string, readonly number[]]): string[] => [
    phase,
    String(ms.length),
    ...[median(ms), percentile(ms, 99), Math.max(...ms)].map((one) => one.toFixed(0)),
  ];
  say(`\nTime by phase, less what waits by itself (runs: ${runs.length - usual.length}):`);
  printTable([
    ['phase', 'runs', 'p50 ms', 'p99 ms', 'max ms'],
    ...[...phases].map((phase) =>
      row([phase, durations.map((one) => one[phase]).filter((ms) => ms !== undefined)]),
    ),
    row(['as its caller sees it', usual.map(({ ms }) => ms)]),
  ]);
}

function printServer({ runs, seconds, sessions, server, functionCpuMs }: Load): void {
  const perRun = (ms: number | undefined): string =>
    ms === undefined ? 'unknown' : (ms / runs.length).toFixed(1);
  say('\nThe whole:');
  printTable(
    Object.entries({
      'runs a second': (runs.length / seconds).toFixed(1),
      'most invocations at once': String(sessions.running),
      'most sessions of theirs on the server': `${sessions.sessions} (${sessions.looks} looks)`,
      'most of these in a transaction': String(sessions.transactions),
      'sessions, all in all': String(server.sessions),
      'transactions committed, with one for each login': String(server.commits),
      'transactions rolled back': String(server.rollbacks),
      'rows written': String(server.rowsWritten),
      'ms of processor per run, functions': perRun(functionCpuMs),
      'ms of processor per run, server': perRun(server.cpuMs),
    }),
  );
}

function printWarm({ samples, bytesPerRun }: Warm): void {
  const kB = (bytes: number): string => (bytes / 1_000).toFixed(0);
  say('\nOne process, after a garbage collection:');
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
  say(
    Number.isNaN(bytesPerRun)
      ? 'too few runs to tell whether that grows'
      : `growth, once it is warm: ${bytesPerRun.toFixed(0)} bytes of heap and buffers per run`,
  );
}

say('starting a server with a database of each kind');
await using world = await startFleetWorld();
await using built = await bundleOnce('send-report');

say(`running ${values.targets} targets, ${values['at-once']} at once`);
const load = await runLoad(world, built.file, Number(values.targets), Number(values['at-once']));
printKinds(load.runs);
printPhases(load.runs);
printServer(load);

say(`\nrunning ${values['warm-runs']} targets in one process`);
const warm = await runWarm(world, built.file, Number(values['warm-runs']));
printWarm(warm);

const problems = [
  ...checkRuns([...load.runs, ...warm.runs], world),
  ...load.problems,
  ...warm.problems,
];
say(problems.length === 0 ? '\nAll is as it must be.' : `\nProblems: ${problems.length}`);
for (const problem of problems) say(`  ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
