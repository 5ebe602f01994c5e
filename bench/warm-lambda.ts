import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Invocation, type InvocationResult, LAMBDA_ENVIRONMENT } from '../local/lambda.ts';

const RUNTIME = join(import.meta.dirname, 'warm-runtime.ts');
/** The one that the deployment gives a function. */
const TIME_LIMIT_MS = 120_000;
/** How long a function may go on after its time limit before its process is killed. */
const GRACE_MS = 3_000;

export type WarmInvocation = InvocationResult &
  Pick<Invocation, 'tookMs' | 'maxMemoryBytes' | 'log'>;

/** What a process holds after a garbage collection, and what it has used of the processor so far. */
export interface Weight {
  readonly heapBytes: number;
  /** Buffers, and what else is not in V8's heap and belongs to objects in it. */
  readonly externalBytes: number;
  readonly rssBytes: number;
  /** What keeps the process's event loop alive, a name each. */
  readonly handles: readonly string[];
  /** Files and sockets, also those that keep nothing alive, such as idle connections. */
  readonly openFiles: number;
  readonly cpuMs: number;
}

export type WarmRequest =
  | 'weigh'
  | { readonly event: unknown; readonly variables: Readonly<Record<string, string>> };
export type WarmAnswer = { readonly invocation: WarmInvocation } | { readonly weight: Weight };

/** One process that Lambda keeps warm: it holds one invocation at a time. */
export interface WarmFunction extends AsyncDisposable {
  /**
   * @param variables those of this invocation alone
   * @throws Error with what the process wrote, when it ended, or was killed because it went on after its time limit
   */
  invoke(event: unknown, variables: Readonly<Record<string, string>>): Promise<WarmInvocation>;
  weigh(): Promise<Weight>;
}

/**
 * Starts a process that has imported the bundle and waits for invocations.
 *
 * @param environment the variables of all its invocations, beside Lambda's own
 * @param timeLimitMs the function's time limit
 */
export async function startWarm(
  bundleFile: string,
  environment: Readonly<Record<string, string>>,
  timeLimitMs = TIME_LIMIT_MS,
): Promise<WarmFunction> {
  const child = fork(RUNTIME, [bundleFile, String(timeLimitMs)], {
    env: { ...LAMBDA_ENVIRONMENT, ...environment },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let written = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    written += chunk.toString('utf8');
  });
  const ended = Promise.withResolvers<never>();
  // Of a process that ends between two invocations, the next one hears.
  ended.promise.catch(() => undefined);
  child.on('close', (code, signal) => {
    const text = written.length > 1_500 ? `…${written.slice(-1_500)}` : written;
    ended.reject(new Error(`The function's process ended (${signal ?? code}). ${text}`.trim()));
  });
  // Also of a message that could not be sent, because the process has just ended.
  child.on('error', (error) => ended.reject(error));
  let waiting = Promise.withResolvers<WarmAnswer>();
  child.on('message', (answer: WarmAnswer) => waiting.resolve(answer));
  const ask = async (request: WarmRequest): Promise<WarmAnswer> => {
    waiting = Promise.withResolvers();
    child.send(request);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeLimitMs + GRACE_MS);
    try {
      return await Promise.race([waiting.promise, ended.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  await Promise.race([waiting.promise, ended.promise]);
  return {
    async invoke(event, variables) {
      const answer = await ask({ event, variables });
      if ('invocation' in answer) return answer.invocation;
      throw new TypeError('The function answered another question.');
    },
    async weigh() {
      const answer = await ask('weigh');
      if ('weight' in answer) return answer.weight;
      throw new TypeError('The function answered another question.');
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // It may hold on to something, which is told elsewhere.
      const closed = once(child, 'close');
      child.kill();
      await closed;
    },
  };
}
