import { pathToFileURL } from 'node:url';
import type { InvocationResult } from './lambda.ts';

export interface Bundle {
  handler(event: unknown, context: unknown): Promise<unknown>;
}

/** Imports a bundle as Lambda does: once in a process, however often this is called. */
export async function importBundle(bundleFile: string): Promise<Bundle> {
  return import(pathToFileURL(bundleFile).href);
}

/**
 * Calls a bundle's `handler` with the part of Lambda's context that it looks at, and hands back how it ended. Never
 * throws.
 *
 * @param timeoutMs when Lambda would stop it, from the call of the handler on: the import has time of its own
 */
export async function callHandler(
  bundleFile: string,
  event: unknown,
  timeoutMs: number,
): Promise<InvocationResult & { readonly tookMs: number }> {
  let startedAt = performance.now();
  const tookMs = (): number => performance.now() - startedAt;
  const context = {
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:send-report-local',
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    awsRequestId: crypto.randomUUID(),
    getRemainingTimeInMillis: () => timeoutMs - tookMs(),
  };
  try {
    const { handler } = await importBundle(bundleFile);
    startedAt = performance.now();
    const value = await handler(event, context);
    return { value, tookMs: tookMs() };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new TypeError(String(error));
    return { error: { name, message }, tookMs: tookMs() };
  }
}
