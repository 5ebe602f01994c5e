import { parseArgs } from 'node:util';
import type { FunctionPool } from '../emulator/lambda/function-pool.ts';
import { type Answered, type Sandbox, startSandbox } from '../emulator/lambda/invoke.ts';
import { startInvokeApi } from '../emulator/lambda/invoke-api.ts';
import { bundleOnce } from '../infra/bundle/bundle.ts';
import { cpuMsOf } from './split/cpu.ts';
import { startSplitWorld } from './split/world.ts';
import { median, printTable, range, sampleInRotation } from './support/figures.ts';

/**
 * Measures whole runs of `send-report` as it ships, on one database: in one function, with a worker that is started for the run,
 * and with a worker that is running. Each run sends its report.
 */

const { values } = parseArgs({ options: { samples: { type: 'string', default: '15' } } });

const TIMEOUT_MS = 120_000;
const WORKER_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:bench-database-worker';

/** CPU time and peak memory of one process for one invocation. */
interface Load {
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

/** An invocation of the worker. */
interface WorkerSample extends Load {
  /** Time from the arrival of the invocation until the process has imported the bundle; undefined for one that was running. */
  readonly coldStartMs?: number;
}

interface Sample {
  /** Time from the start of the sender's process to its answer. */
  readonly answerMs: number;
  /** Time of the invocation alone. */
  readonly runMs: number;
  readonly sender: Load;
  readonly worker: WorkerSample | undefined;
}

await using sender = await bundleOnce('send-report');
await using workerBundle = await bundleOnce('database-worker');
await using world = await startSplitWorld();
await using warmWorker = await startWorker();
/** The invocations of the worker in the run that is measured. */
const workerSamples: WorkerSample[] = [];

function startWorker(): Promise<Sandbox> {
  const environment = { AWS_LAMBDA_FUNCTION_NAME: 'bench-database-worker' };
  return startSandbox(workerBundle.file, environment, TIMEOUT_MS);
}

/** Invokes the function in a process, and returns its load without that of earlier invocations. */
async function invokeIn(sandbox: Sandbox, event: unknown) {
  const before = sandbox === warmWorker ? await cpuMsOf(sandbox.pid) : 0;
  const answered: Answered = await sandbox.invoke(event);
  const load: Load = {
    cpuMs: (await cpuMsOf(sandbox.pid)) - before,
    memoryBytes: answered.maxMemoryBytes ?? Number.NaN,
  };
  return { answered, load };
}

const coldPool: Pick<FunctionPool, 'invoke'> = {
  async invoke(event) {
    const startedAt = performance.now();
    await using sandbox = await startWorker();
    await sandbox.untilIdle();
    const coldStartMs = performance.now() - startedAt;
    const { answered, load } = await invokeIn(sandbox, event);
    workerSamples.push({ ...load, coldStartMs });
    return answered;
  },
};
const warmPool: Pick<FunctionPool, 'invoke'> = {
  async invoke(event) {
    const { answered, load } = await invokeIn(warmWorker, event);
    workerSamples.push(load);
    return answered;
  },
};

await using coldLambda = await startInvokeApi({ [WORKER_ARN]: coldPool });
await using warmLambda = await startInvokeApi({ [WORKER_ARN]: warmPool });

const MODES: Readonly<Record<string, string | undefined>> = {
  'one function': undefined,
  'with a cold worker': coldLambda.url,
  'with a warm worker': warmLambda.url,
};

/** Runs once, in a new process of the sender. */
async function sample(mode: string): Promise<Sample> {
  const lambdaUrl = MODES[mode];
  workerSamples.length = 0;
  const reports = world.endpoint.reports.length;
  const startedAt = performance.now();
  await using sandbox = await startSandbox(
    sender.file,
    {
      ...world.environment,
      ...(lambdaUrl !== undefined && {
        WORKER: JSON.stringify({ functionArn: WORKER_ARN }),
        AWS_ENDPOINT_URL_LAMBDA: lambdaUrl,
      }),
    },
    TIMEOUT_MS,
  );
  const { answered, load } = await invokeIn(sandbox, { ignoreSchedule: true });
  const answerMs = performance.now() - startedAt;
  const isSent = 'value' in answered && world.endpoint.reports.length === reports + 1;
  if (!isSent || workerSamples.length !== (lambdaUrl === undefined ? 0 : 1)) {
    throw new Error(`The run ${mode} did not send its report:\n${answered.log.join('\n')}`);
  }
  return { answerMs, runMs: answered.tookMs, sender: load, worker: workerSamples[0] };
}

const samples = await sampleInRotation(Object.keys(MODES), Number(values.samples), sample);

/** Returns the median of the numbers that are known; a dash without any. */
function middle(numbers: readonly (number | undefined)[]): string {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? '–' : median(known).toFixed(0);
}

function inMiB(load: Load | undefined): number | undefined {
  return load && load.memoryBytes / 2 ** 20;
}

function toRow(mode: string, taken: readonly Sample[]): readonly string[] {
  const answers = taken.map(({ answerMs }) => answerMs);
  const runs = taken.map(({ runMs }) => runMs);
  return [
    mode,
    ...[middle(answers), range(answers), middle(runs), range(runs)],
    middle(taken.map(({ sender: { cpuMs } }) => cpuMs)),
    middle(taken.map(({ sender: load }) => inMiB(load))),
    middle(taken.map(({ worker }) => worker?.coldStartMs)),
    middle(taken.map(({ worker }) => worker?.cpuMs)),
    middle(taken.map(({ worker }) => inMiB(worker))),
  ];
}

printTable([
  [
    ...[
      'run',
      'to answer ms',
      'min–max',
      'invocation ms',
      'min–max',
      'sender CPU ms',
      'sender MiB',
    ],
    ...['worker start ms', 'worker CPU ms', 'worker MiB'],
  ],
  ...[...samples].map(([mode, taken]) => toRow(mode, taken)),
]);
