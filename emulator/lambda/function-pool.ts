import { type Answered, type Circumstances, type Sandbox, startSandbox } from './invoke.ts';

/** A function whose processes stay warm. */
export interface FunctionPool extends AsyncDisposable {
  /** Invokes the function in an idle process, or in a new one if all are busy. */
  invoke(event: unknown): Promise<Answered>;
  /** Starts an idle process, and waits until it can be invoked. */
  warm(): Promise<void>;
}

/**
 * Deploys a bundle as Lambda does: each process has one invocation at a time, and is used again.
 *
 * @param timeoutMs the function's time limit
 */
export function createFunctionPool(
  bundleFile: string,
  environment: Readonly<Record<string, string>>,
  timeoutMs = 120_000,
  circumstances: Circumstances = {},
): FunctionPool {
  const idle: Sandbox[] = [];
  const all: Promise<Sandbox>[] = [];
  const start = (): Promise<Sandbox> => {
    const started = startSandbox(bundleFile, environment, timeoutMs, circumstances);
    all.push(started);
    return started;
  };
  return {
    async invoke(event) {
      const sandbox = idle.pop() ?? (await start());
      const answered = await sandbox.invoke(event);
      if (sandbox.isAlive()) idle.push(sandbox);
      return answered;
    },
    async warm() {
      const sandbox = await start();
      await sandbox.untilIdle();
      idle.push(sandbox);
    },
    async [Symbol.asyncDispose]() {
      for (const sandbox of await Promise.all(all)) await sandbox[Symbol.asyncDispose]();
    },
  };
}
