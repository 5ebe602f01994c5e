import {
  type Answered,
  type Circumstances,
  type Sandbox,
  startSandbox,
} from '../../../emulator/lambda/invoke.ts';

/** Another runtime client; `npm run test:ric` sets it to aws-lambda-ric. */
const RUNTIME_CLIENT = process.env['TEST_RUNTIME_CLIENT'];

/** Circumstances of every sandbox of the tests. */
export const TEST_CIRCUMSTANCES: Circumstances = { runtimeClient: RUNTIME_CLIENT };

/** A function with at most one process, which Lambda replaces when it has ended. */
export interface LambdaFunction extends AsyncDisposable {
  invoke(event?: unknown): Promise<Answered>;
  /** The process of the next invocation. */
  sandbox(): Promise<Sandbox>;
  /** Number of processes that were started. */
  readonly coldStarts: () => number;
}

/** Deploys a bundle. The first invocation starts its process. */
export function deployFunction(
  bundleFile: string,
  environment: Readonly<Record<string, string>>,
  timeoutMs: number,
  circumstances: Circumstances = {},
): LambdaFunction {
  const sandboxes: Sandbox[] = [];
  const sandbox = async (): Promise<Sandbox> => {
    const last = sandboxes.at(-1);
    if (last?.isAlive()) return last;
    const next = await startSandbox(bundleFile, environment, timeoutMs, {
      ...TEST_CIRCUMSTANCES,
      ...circumstances,
    });
    sandboxes.push(next);
    return next;
  };
  return {
    sandbox,
    coldStarts: () => sandboxes.length,
    async invoke(event = {}) {
      return (await sandbox()).invoke(event);
    },
    async [Symbol.asyncDispose]() {
      for (const one of sandboxes) await one[Symbol.asyncDispose]();
    },
  };
}
