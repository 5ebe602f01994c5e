import { expect, inject } from 'vitest';
import { createFunctionPool, type FunctionPool } from '../../../emulator/lambda/function-pool.ts';
import type { Answered, Circumstances, Invocation } from '../../../emulator/lambda/invoke.ts';
import { writeLines } from '../../../lib/observability/write-lines.ts';
import { SUMMARY_RESERVE_MS } from '../../../lib/run/deadline.ts';
import { summariesOf } from '../lambda/invocations.ts';
import { CALLER_VARIABLES, WORKER_ENVIRONMENT, type WorkerOptions } from '../lambda/worker.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { expectNoSecretLogged } from './fault-checks.ts';
import type { Faulty } from './faults.ts';
import type { World } from './world.ts';

const SCHEDULER_URL = 'AWS_ENDPOINT_URL_SCHEDULER';

type Variables = Readonly<Record<string, string>>;

/** Variables of send-report, which a worker does not have. */
const OF_SENDER = /^(?:AWS_|TARGET$|DELIVERY$|RETRY$|RECORD$)/;

function isDefault({ preload = [], nodeOptions = [], kill, now }: Circumstances): boolean {
  const isPlain = preload.length === 0 && nodeOptions.length === 0;
  return isPlain && kill === undefined && now === undefined;
}

/** Variables that only a process of its own reads: Node at its start, and the clients of the AWS SDK. */
const OF_PROCESS = /^(?:NODE_|AWS_(?!ENDPOINT_URL_S3$))/;

/** Whether `send-report` can run with the fault in the process of the tests. */
export function isRunnableHere(circumstances: Circumstances, variables: Variables = {}): boolean {
  return isDefault(circumstances) && !Object.keys(variables).some((name) => OF_PROCESS.test(name));
}

/** Sets the variables with which a retry is scheduled in this process, and returns a function that removes them. */
export function setCaller(): () => void {
  Object.assign(process.env, CALLER_VARIABLES);
  return () => {
    for (const name of [...Object.keys(CALLER_VARIABLES), SCHEDULER_URL]) delete process.env[name];
  };
}

/** The worker of a fault. */
export interface FaultyWorker {
  readonly options: WorkerOptions;
  /** Peak memory (RSS) of its own process, in bytes; undefined for the worker that all worlds share. */
  readonly peakBytes: () => number | undefined;
}

/** Returns the worker of a fault, as it ships: the shared one, or one whose process has the circumstances of the fault. */
export function workerFor(
  { environment = {}, memoryBytes, ...circumstances }: Faulty,
  stack: AsyncDisposableStack,
): FaultyWorker {
  let answered: Answered | undefined;
  const peakBytes = (): number | undefined => answered?.maxMemoryBytes;
  if (isDefault(circumstances) && memoryBytes === undefined) return { options: {}, peakBytes };
  const variables = typeof environment === 'function' ? {} : environment;
  const shared = Object.entries(variables).filter(([name]) => !OF_SENDER.test(name));
  const { preload = [], nodeOptions = [], now = Date.now } = circumstances;
  const pool: FunctionPool = stack.use(
    createFunctionPool(
      inject('bundles')['database-worker'].file,
      { ...WORKER_ENVIRONMENT, ...Object.fromEntries(shared) },
      undefined,
      { preload, nodeOptions, now },
    ),
  );
  const invoke = async (event: unknown): Promise<Answered> => {
    answered = await pool.invoke(event);
    return answered;
  };
  return { options: { worker: { invoke } }, peakBytes };
}

/** Runs the source of `send-report` in this process, which saves the start of another one, and returns its end as Lambda's. */
export async function runHere(
  world: World,
  event: unknown,
  environment: Variables,
  timeoutMs: number,
): Promise<Invocation> {
  process.env[SCHEDULER_URL] = environment[SCHEDULER_URL];
  const startedAt = performance.now();
  const limitMs = timeoutMs - SUMMARY_RESERVE_MS;
  const { outcome, error } = await world.run({ event, environment, limitMs });
  const log: string[] = [];
  const write = (text: string): void => void log.push(text.trimEnd());
  writeLines(outcome, [error], { debug: false, now: Date.now, write });
  const isFinal = error !== undefined && outcome.retry === undefined;
  return {
    ...(isFinal ? { error } : { value: outcome }),
    requestId: '',
    tookMs: performance.now() - startedAt,
    maxMemoryBytes: undefined,
    log,
    runtimeLog: [],
    exitCode: 0,
  };
}

/** Expects of the worker one line for each invocation, without a name or a credential. */
export function expectWorkerLines(
  { lambda }: World,
  database: TestDatabase | undefined,
  secrets: readonly string[],
): void {
  const { log = [], exchanges = [] } = lambda ?? {};
  expectNoSecretLogged(log, database, secrets);
  expect(summariesOf({ log })).toHaveLength(exchanges.length);
}
