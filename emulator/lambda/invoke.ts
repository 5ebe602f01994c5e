import { spawn } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { basename, dirname, extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { peakMemoryBytes } from './memory.ts';
import { type ErrorDocument, type RuntimeAnswer, startRuntimeApi } from './runtime-api.ts';

/** The default runtime of a sandbox. */
const RUNTIME_CLIENT = join(import.meta.dirname, `runtime-client${extname(import.meta.filename)}`);
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:send-report-local';

/** Publishes the answers and the lines of functions as texts, for tests that look for secrets in everything a function emits. */
export const ANSWERS = channel('timescaledb-telemetry:lambda-answers');

/** Allows for a busy machine: on Lambda, the function's share of a processor is its own. */
const GRACE_MS = 30_000;

/** Credentials without any rights; their secrets are unlike any other text. */
export const LOCAL_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'secret-access-key-without-rights',
  AWS_SESSION_TOKEN: 'session-token-without-rights',
} as const;

/** The variables of Lambda that its runtime, the SDK and Powertools read. */
export const LAMBDA_ENVIRONMENT = {
  ...LOCAL_CREDENTIALS,
  AWS_REGION: 'us-east-1',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: 'send-report-local',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_FORMAT: 'JSON',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/send-report-local',
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  TZ: ':UTC',
} as const;

/** Deviations from the process that Lambda starts. */
export interface Circumstances {
  /** Modules that the process loads before all others. */
  readonly preload?: readonly string[];
  /** Options of Node.js. */
  readonly nodeOptions?: readonly string[];
  /** Ends the process with SIGKILL when it resolves. */
  readonly kill?: Promise<unknown>;
  /** Time after the deadline until the process is killed; Lambda has none. In milliseconds. */
  readonly graceMs?: number;
  /** A runtime instead of `runtime-client.ts`, such as aws-lambda-ric. */
  readonly runtimeClient?: string | undefined;
  /** The process's own clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** The handler's result, or its error with the type as the name. */
type InvocationResult =
  | { readonly value: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

/** An invocation as seen in its result, its log and Lambda's REPORT line. */
export type Answered = InvocationResult & {
  readonly requestId: string;
  /** Milliseconds since the runtime took the invocation. */
  readonly tookMs: number;
  /** Peak memory (RSS) of the process so far; undefined if it has ended. */
  readonly maxMemoryBytes: number | undefined;
  /** Lines that the function wrote since the previous invocation. */
  readonly log: readonly string[];
  /** Lines in which the runtime logged what the handler threw. */
  readonly runtimeLog: readonly string[];
};

/** One process that runs a function, with one invocation at a time. */
export interface Sandbox extends AsyncDisposable {
  readonly pid: number;
  /** Whether the process can still be invoked. */
  readonly isAlive: () => boolean;
  invoke(event: unknown): Promise<Answered>;
  /** Waits until the runtime has imported the bundle and waits for an invocation. */
  untilIdle(): Promise<void>;
  /** Stops the process, as Lambda does between two invocations. */
  freeze(): void;
  thaw(): void;
  /** Closes the Runtime API, waits until the process exits without a signal, and returns its exit code and last lines. */
  end(): Promise<{ readonly exitCode: number | null; readonly log: readonly string[] }>;
}

function toResult(answer: RuntimeAnswer): InvocationResult {
  if ('body' in answer) return { value: JSON.parse(answer.body) };
  const { errorType, errorMessage } = answer.error;
  return { error: { name: errorType, message: errorMessage } };
}

/** Recognizes the runtime's own error lines, which have the request's identifier as their third field. */
function isOfRuntime(line: string): boolean {
  return /^\{"timestamp":"[^"]+","level":"ERROR","requestId":/.test(line);
}

/** Collects the output of a process. The returned function takes the lines since its previous call. */
function collect(...streams: readonly Readable[]) {
  let chunks: Buffer[] = [];
  for (const stream of streams) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return (): { log: string[]; runtimeLog: string[] } => {
    const lines = Buffer.concat(chunks)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
    chunks = [];
    return {
      log: lines.filter((line) => !isOfRuntime(line)),
      runtimeLog: lines.filter(isOfRuntime),
    };
  };
}

/** Returns Node's folder for compiled code, so that `runtime-client.ts` is compiled once and not in each process. */
function compileCache(): Readonly<Record<string, string>> {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

/**
 * Starts a process that imports a bundle and waits for invocations. It has Lambda's variables and `environment`, and inherits
 * no variable of this process.
 *
 * @param bundleFile the module that exports `handler`
 * @param timeoutMs the function's time limit
 */
export async function startSandbox(
  bundleFile: string,
  environment: Readonly<Record<string, string>>,
  timeoutMs: number,
  circumstances: Circumstances = {},
): Promise<Sandbox> {
  const { preload = [], nodeOptions = [], kill, graceMs = GRACE_MS } = circumstances;
  const { runtimeClient = RUNTIME_CLIENT, now = Date.now } = circumstances;
  const api = await startRuntimeApi();
  const child = spawn(
    process.execPath,
    [...nodeOptions, ...preload.flatMap((file) => ['--import', file]), runtimeClient],
    {
      env: {
        ...LAMBDA_ENVIRONMENT,
        ...compileCache(),
        AWS_LAMBDA_RUNTIME_API: api.address,
        LAMBDA_TASK_ROOT: dirname(bundleFile),
        _HANDLER: `${basename(bundleFile, extname(bundleFile))}.handler`,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const closed = once(child, 'close');
  const takeLines = collect(child.stdout, child.stderr);
  const { pid } = child;
  if (pid === undefined) throw new Error('The process of the function could not be started.');
  void kill?.then(() => child.kill('SIGKILL'));

  let requestId = '';
  /** Set if the time limit ended the process. */
  let timedOut: ErrorDocument | undefined;
  let isAlive = true;
  child.once('close', (code, signal) => {
    isAlive = false;
    const how = code === null ? `signal: ${signal}` : `exit status ${code}`;
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: ${how}`;
    api.abandon(timedOut ?? { errorType: 'Runtime.ExitError', errorMessage });
  });

  return {
    pid,
    isAlive: () => isAlive,
    untilIdle: () => api.untilIdle(),
    async invoke(event) {
      if (!isAlive) throw new Error('The process of the function has ended.');
      requestId = crypto.randomUUID();
      let startedAt = performance.now();
      let timer: NodeJS.Timeout | undefined;
      const answer = await api.invoke({
        requestId,
        event,
        functionArn: FUNCTION_ARN,
        startDeadline() {
          startedAt = performance.now();
          timer = setTimeout(() => {
            const seconds = (timeoutMs / 1_000).toFixed(2);
            const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
            timedOut = { errorType: 'Sandbox.Timedout', errorMessage };
            child.kill('SIGKILL');
          }, timeoutMs + graceMs);
          return now() + timeoutMs;
        },
      });
      clearTimeout(timer);
      const tookMs = performance.now() - startedAt;
      // Lines written before the answer are already in the pipe, and are read in this turn of the event loop or the next.
      await setImmediate();
      await setImmediate();
      ANSWERS.publish(JSON.stringify(answer));
      const maxMemoryBytes = peakMemoryBytes(pid);
      const lines = takeLines();
      ANSWERS.publish([...lines.log, ...lines.runtimeLog].join('\n'));
      return { ...toResult(answer), requestId, tookMs, maxMemoryBytes, ...lines };
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    async end() {
      await api[Symbol.asyncDispose]();
      const [exitCode] = await closed;
      return { exitCode, log: takeLines().log };
    },
    async [Symbol.asyncDispose]() {
      // Lambda ends a process without extensions with SIGKILL, too.
      child.kill('SIGKILL');
      await closed;
      await api[Symbol.asyncDispose]();
    },
  };
}

/** An invocation and the exit code of its process, which is 0 if the function left nothing open. */
export type Invocation = Answered & { readonly exitCode: number | null };

/**
 * Invokes a bundle once as Lambda does, in a new process, and waits until the process exits.
 *
 * @param timeoutMs the function's time limit
 */
export async function invoke(
  bundleFile: string,
  event: unknown,
  environment: Readonly<Record<string, string>>,
  timeoutMs = 120_000,
  circumstances: Circumstances = {},
): Promise<Invocation> {
  const sandbox = await startSandbox(bundleFile, environment, timeoutMs, circumstances);
  const answered = await sandbox.invoke(event);
  const { exitCode, log } = await sandbox.end();
  return { ...answered, log: [...answered.log, ...log], exitCode };
}
