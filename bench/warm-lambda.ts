import { join } from 'node:path';
import { type Answered, startSandbox } from '../local/lambda.ts';
import type { Weight } from './weigh.ts';

const HANDLER = join(import.meta.dirname, 'warm-handler.ts');
/** The one that the deployment gives a function. */
const TIME_LIMIT_MS = 120_000;

export type WarmInvocation = Answered;

export type WarmRequest =
  | 'weigh'
  | { readonly event: unknown; readonly variables: Readonly<Record<string, string>> };

/** One process that Lambda keeps warm: it holds one invocation at a time. */
export interface WarmFunction extends AsyncDisposable {
  /**
   * @param variables those of this invocation alone
   */
  invoke(event: unknown, variables: Readonly<Record<string, string>>): Promise<WarmInvocation>;
  weigh(): Promise<Weight>;
}

function isWeight(value: unknown): value is Weight {
  return typeof value === 'object' && value !== null && 'heapBytes' in value;
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
  const sandbox = await startSandbox(
    HANDLER,
    { ...environment, BUNDLE_FILE: bundleFile },
    timeLimitMs,
    { nodeOptions: ['--expose-gc'] },
  );
  await sandbox.untilIdle();
  const ask = (request: WarmRequest): Promise<Answered> => sandbox.invoke(request);
  return {
    invoke: (event, variables) => ask({ event, variables }),
    async weigh() {
      const answer = await ask('weigh');
      if ('value' in answer && isWeight(answer.value)) return answer.value;
      throw new TypeError(`The process was not weighed:\n${answer.log.join('\n')}`);
    },
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}
