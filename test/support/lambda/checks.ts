import { expect } from 'vitest';
import type { CheckResult } from '../../../lib/diagnostics/check-result.ts';
import type { Stage } from '../../../lib/diagnostics/checklist.ts';
import { createDatabase, type TestDatabase } from '../postgres/databases.ts';
import type { Settings, World } from '../run/world.ts';
import { invokeRecorded, linesOf, metricsOf, type Recorded } from './invocations.ts';

/** A label of more than 63 letters is invalid, so that no DNS server is queried. */
export const UNRESOLVABLE = 'canary'.repeat(11);
export const CHECK_EVENT = { check: true };

/** The stages of a check of a function with a worker, in order. */
export const SPLIT_READING_STAGES = [
  ...['secret', 'worker', 'dns', 'tcp', 'tls', 'login', 'privileges', 'extension'],
];
/** The stages of a check, in order. */
export const READING_STAGES = SPLIT_READING_STAGES.filter((stage) => stage !== 'worker');
export const REPORT_STAGES = ['level', 'job', 'report'];
export const ENDPOINT_STAGES = ['endpoint-dns', 'endpoint-tcp', 'proxy', 'endpoint-tls'];

/** Creates a consenting database. Its names contain `canary`, which no output of a check may contain. */
export function createCheckedDatabase(): Promise<TestDatabase> {
  return createDatabase({ release: '2.28.3', level: 'basic', label: 'canary' });
}

/** The result and the log of a check, and the connections and lookups of its process. */
export interface Checked extends Pick<Recorded, 'log' | 'connections' | 'lookups'> {
  readonly value: CheckResult;
}

/** Invokes the check of a bundle. Expects a result, one line, no metrics and no secret. */
export async function check(
  world: World,
  settings: Settings = {},
  name: 'send-report' | 'get-report' = 'send-report',
): Promise<Checked> {
  const invocation = await invokeRecorded(world, name, CHECK_EVENT, settings);
  expect(invocation).toMatchObject({ value: { database: 'metrics', environment: 'test' } });
  expect(linesOf(invocation)).toMatchObject([{ outcome: 'checked-only', database: 'metrics' }]);
  expect(metricsOf(invocation)).toEqual([]);
  const { log, connections, lookups } = invocation;
  const value: CheckResult = Reflect.get(invocation, 'value');
  expect(JSON.stringify({ value, log })).not.toContain('canary');
  return { value, log, connections, lookups };
}

/** Returns the names of the stages with one of these statuses. */
export function stagesWith(
  stages: readonly Stage[],
  ...statuses: readonly Stage['status'][]
): string[] {
  return stages.filter(({ status }) => statuses.includes(status)).map(({ stage }) => stage);
}

/** Returns the failed stage. Expects at most one, no later stage reached, and its description in the line. */
function failedStageOf({ value, log }: Checked): Stage | undefined {
  const { stages, ok, sentence } = value;
  const at = stages.findIndex(({ status }) => status === 'failed');
  const failed = stages[at];
  expect(ok).toBe(failed === undefined);
  if (failed === undefined) return undefined;
  const states = stages.map(({ status }) => status);
  expect(states.slice(at + 1).every((state) => state === 'not-reached')).toBe(true);
  expect(failed).toMatchObject({ remedy: expect.stringMatching(/\S/), ms: expect.any(Number) });
  const isInWorker =
    stages.some(({ stage }) => stage === 'worker') &&
    [...SPLIT_READING_STAGES.slice(2), ...REPORT_STAGES].includes(failed.stage);
  expect(sentence).toBe(
    `The stage "${failed.stage}" failed${isInWorker ? ' in the worker' : ''}: ${failed.detail}`,
  );
  expect(log.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 'WARN',
      message: sentence,
      stage: failed.stage,
      remedy: failed.remedy,
      error: { code: failed.code },
    },
  ]);
  return failed;
}

/** Returns the failed stage as `<stage> <code>`, or `none`. */
export function failureOf(checked: Checked): string {
  const failed = failedStageOf(checked);
  return failed === undefined ? 'none' : `${failed.stage} ${failed.code}`;
}
