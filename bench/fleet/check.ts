import { createHash } from 'node:crypto';
import type { Outcome } from '../../lib/run/outcome.ts';
import { retryPrefix } from '../../lib/schedule/plan-retry.ts';
import type { WarmInvocation } from '../warm/warm-lambda.ts';
import type { Expected } from './kind.ts';
import { ENVIRONMENT, type FleetTarget, type FleetWorld, nameIn } from './world.ts';

/** One run, and the answer of the process that ran it. */
export interface Run {
  readonly target: FleetTarget;
  readonly invocation: WarmInvocation;
  /** Time from the invocation to its answer, measured by the caller. */
  readonly ms: number;
}

type Json = Readonly<Record<string, unknown>>;

/** Returns the summary lines of an invocation; there must be exactly one. */
function summariesOf({ log }: WarmInvocation): Outcome[] {
  return log
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((line) => 'outcome' in line);
}

/** Returns the summary line of a run, which contains the duration of each phase. */
export function summaryOf({ invocation }: Run): Outcome | undefined {
  return summariesOf(invocation)[0];
}

/** Groups the received reports and the scheduled retries by target. */
function arrivals({ endpoint, scheduler }: FleetWorld) {
  return {
    reports: Map.groupBy(endpoint.reports, ({ path }) => nameIn(path)),
    retries: Map.groupBy(scheduler.schedules, ({ name }) => name.split('-')[0] ?? ''),
  };
}

/** An actual value and the expected one. */
type Comparison = readonly [what: string, actual: unknown, expected: unknown];

function compareLine(run: Run, expected: Expected): Comparison[] {
  const { target, invocation } = run;
  const line = summaryOf(run);
  return [
    ['summary lines', summariesOf(invocation).length, 1],
    // One line is the summary, the other contains the metrics.
    ['lines', invocation.log.length, 2],
    ['the name in the line', line?.database, target.name],
    ['outcome', line?.outcome, expected.outcome],
    ['code', line?.error?.code, expected.code],
    ['a retry in the line', line?.retry !== undefined, expected.isRetried ?? false],
    [
      'an error thrown',
      'error' in invocation,
      expected.outcome === 'failed' && !expected.isRetried,
    ],
    ...(expected.rule === undefined ? [] : [['rule', line?.consent?.rule, expected.rule] as const]),
  ];
}

function compareReport(run: Run, body: Buffer): Comparison[] {
  const report: Json = JSON.parse(body.toString('utf8'));
  return [
    ['db_uuid', report['db_uuid'], run.target.uuid],
    ['the hash', createHash('sha256').update(body).digest('hex'), summaryOf(run)?.report?.sha256],
  ];
}

function problemsOf(run: Run, { reports, retries }: ReturnType<typeof arrivals>): string[] {
  const { name, kind } = run.target;
  const { expected } = kind;
  const received = reports.get(name) ?? [];
  const scheduled = retries.get(retryPrefix({ environment: ENVIRONMENT, name })) ?? [];
  const compared: Comparison[] = [
    ...compareLine(run, expected),
    ['reports received', received.length, expected.reports],
    ['retries scheduled', scheduled.length, expected.isRetried ? 1 : 0],
    ...received.flatMap(({ body }) => compareReport(run, body)),
  ];
  return compared
    .filter(([, actual, wanted]) => actual !== wanted)
    .map(
      ([what, actual, wanted]) => `${name} (${kind.name}): ${what}: ${actual} instead of ${wanted}`,
    );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

/**
 * Returns the differences between the runs and the results that their kinds must have: outcome, code, retries and reports.
 *
 * @param runs all runs of this world
 */
export function checkRuns(runs: readonly Run[], world: FleetWorld): string[] {
  const arrived = arrivals(world);
  const expected = runs.map(({ target }) => target.kind.expected);
  const counts: Comparison[] = [
    [
      'reports received',
      world.endpoint.reports.length,
      sum(expected.map(({ reports }) => reports)),
    ],
    [
      'retries scheduled',
      world.scheduler.schedules.length,
      expected.filter(({ isRetried }) => isRetried).length,
    ],
  ];
  return [
    ...runs.flatMap((run) => problemsOf(run, arrived)),
    ...counts
      .filter(([, actual, wanted]) => actual !== wanted)
      .map(([what, actual, wanted]) => `total of ${what}: ${actual} instead of ${wanted}`),
  ];
}
