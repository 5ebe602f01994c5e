import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Invocation, LAMBDA_ENVIRONMENT } from '../local/lambda.ts';

const RUNTIME = join(import.meta.dirname, 'warm-runtime.ts');
/** The one that the deployment gives a function. */
const TIME_LIMIT_MS = 120_000;

export type WarmInvocation = Omit<Invocation, 'exitCode'>;

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
   */
  invoke(event: unknown, variables: Readonly<Record<string, string>>): Promise<WarmInvocation>;
  weigh(): Promise<Weight>;
}

/**
 * Starts a process that has imported the bundle and waits for invocations.
 *
 * @param environment the variables of all its invocations, beside Lambda's own
 */
export async function startWarm(
  bundleFile: string,
  environment: Readonly<Record<string, string>>,
): Promise<WarmFunction> {
  const child = fork(RUNTIME, [bundleFile, String(TIME_LIMIT_MS)], {
    env: { ...LAMBDA_ENVIRONMENT, ...environment },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let waiting = Promise.withResolvers<WarmAnswer>();
  child.on('message', (answer: WarmAnswer) => waiting.resolve(answer));
  child.on('exit', (code) => waiting.reject(new Error(`The function's process ended: ${code}.`)));
  const ask = async (request: WarmRequest): Promise<WarmAnswer> => {
    waiting = Promise.withResolvers();
    child.send(request);
    return waiting.promise;
  };
  await waiting.promise;
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
      // It may hold on to something, which is told elsewhere.
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
