import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { LAMBDA_ENVIRONMENT } from '../../local/lambda.ts';

const RUNTIME = join(import.meta.dirname, 'warm-runtime.ts');

/**
 * How one invocation ended.
 *
 * @property thrown the error's `name`, which Lambda answers the caller with; absent where the handler returned
 * @property errorType the name of its constructor, which Lambda prints in the log
 * @property code the error's code, if it has one
 */
export interface WarmResult {
  readonly thrown?: string;
  readonly errorType?: string;
  readonly code?: string;
}

/** Invokes a bundle once for each event, one after the other in one process, as Lambda does while it is warm. */
export async function invokeWarm(
  bundleFile: string,
  events: readonly unknown[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly WarmResult[]> {
  const child = fork(RUNTIME, [bundleFile], {
    env: { ...LAMBDA_ENVIRONMENT, ...environment },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const exited = once(child, 'exit');
  const results: WarmResult[] = [];
  try {
    await once(child, 'message');
    for (const event of events) {
      child.send({ event });
      const [result]: WarmResult[] = await once(child, 'message');
      if (result !== undefined) results.push(result);
    }
  } finally {
    child.disconnect();
    await exited;
  }
  return results;
}
