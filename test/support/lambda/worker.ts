import { inject } from 'vitest';
import { createFunctionPool, type FunctionPool } from '../../../emulator/lambda/function-pool.ts';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import {
  type InvokeApi,
  type InvokeApiOptions,
  startInvokeApi,
} from '../../../emulator/lambda/invoke-api.ts';

export const WORKER_ARN =
  'arn:aws:lambda:us-east-1:000000000000:function:telemetry-test-metrics-database-worker';

/** The variables of the worker. It has no target and no secret. */
export const WORKER_ENVIRONMENT = {
  AWS_LAMBDA_FUNCTION_NAME: 'telemetry-test-metrics-database-worker',
} as const;

let shared: FunctionPool | undefined;

/** Returns the worker that all worlds of a test file share, as it ships. Its processes stay warm. */
function sharedWorker(): FunctionPool {
  shared ??= createFunctionPool(inject('bundles')['database-worker'].file, WORKER_ENVIRONMENT);
  return shared;
}

/** Starts a process of the shared worker, so that its first invocation does not wait for one. */
export function warmSharedWorker(): Promise<void> {
  return sharedWorker().warm();
}

/** Ends the processes of the shared worker; called after each test file. */
export async function disposeSharedWorker(): Promise<void> {
  await shared?.[Symbol.asyncDispose]();
  shared = undefined;
}

export interface WorkerOptions extends InvokeApiOptions {
  /** Another worker than the one that all worlds share. */
  readonly worker?: Pick<FunctionPool, 'invoke'>;
}

/** Starts a Lambda on loopback with the worker. */
export function startWorkerApi({ worker, ...options }: WorkerOptions): Promise<InvokeApi> {
  const invoke = (event: unknown) => (worker ?? sharedWorker()).invoke(event);
  return startInvokeApi({ [WORKER_ARN]: { invoke } }, options);
}

/** Returns the variables of a function with a worker. */
export function workerVariables({ url }: Pick<InvokeApi, 'url'>) {
  return { WORKER: JSON.stringify({ functionArn: WORKER_ARN }), AWS_ENDPOINT_URL_LAMBDA: url };
}

/** The variables of Lambda with which the source of a function signs its requests. */
export const CALLER_VARIABLES = { ...LOCAL_CREDENTIALS, AWS_REGION: 'us-east-1' } as const;
