import { createHash } from 'node:crypto';
import type { Outcome } from '../../lib/run/outcome.ts';
import { retryPrefix } from '../../lib/schedule/plan-retry.ts';
import type { WarmInvocation } from '../warm-lambda.ts';
import type { Expected } from './kinds.ts';
import { ENVIRONMENT, type FleetTarget, type FleetWorld, nameIn } from './world.ts';

/** One run, and what the process that had it told of it. */
export interface Run {
  readonly target: FleetTarget;
  readonly invocation: WarmInvocation;
  /** From the invocation to its answer, as its caller sees it. */
  readonly ms: number;
}

type Json = Readonly<Record<string, unknown>>;

/** The lines that tell how a run ended; there has to be exactly one. */
function summariesOf({ log }: WarmInvocation): Outcome[] {
  return log
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((line) => 'outcome' in line);
}

/** The summary line, which says how long each phase took. */
export function summaryOf({ invocation }: Run): Outcome | undefined {
  return summariesOf(invocation)[0];
}

/** What arrived, by the target that it arrived from. */
function arrivals({ endpoint, scheduler }: FleetWorld) {
  return {
    reports: Map.groupBy(endpoint.reports, ({ path }) => nameIn(path)),
    retries: Map.groupBy(scheduler.schedules, ({ name }) => name.split('-')[0] ?? ''),
  };
}

/** What is so, beside what has to be. */
type Comparison = readonly [what: string, is: unknown, mustBe: unknown];

function compareLine(run: Run, expected: Expected): Comparison[] {
  const { target, invocation } = run;
  const line = summaryOf(run);
  return [
    ['summary lines', summariesOf(invocation).length, 1],
    // The other one has the metrics.
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
    .filter(([, is, mustBe]) => is !== mustBe)
    .map(([what, is, mustBe]) => `${name} (${kind.name}): ${what}: ${is} instead of ${mustBe}`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((one, other) => one + other, 0);
}

/**
 * Whether every run ended as its kind must: outcome, code, retry, and what arrived where.
 *
 * @param runs all that there were in this world
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
      .filter(([, is, mustBe]) => is !== mustBe)
      .map(([what, is, mustBe]) => `in all, ${what}: ${is} instead of ${mustBe}`),
  ];
}
