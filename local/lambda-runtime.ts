import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import type { InvocationResult, RuntimeMessage } from './lambda.ts';

export interface Bundle {
  handler(event: unknown, context: unknown): Promise<unknown>;
}

/** The part of Lambda's runtime that a handler sees: imports the bundle, calls `handler`, hands back how it ended. */
const [, , bundleFile = '', timeoutMs = ''] = process.argv;
const [message]: { event: unknown }[] = await once(process, 'message');
const deadline = Date.now() + Number(timeoutMs);
const context = {
  functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:send-report-local',
  memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
  awsRequestId: crypto.randomUUID(),
  getRemainingTimeInMillis: () => deadline - Date.now(),
};

let result: InvocationResult;
try {
  const { handler }: Bundle = await import(pathToFileURL(bundleFile).href);
  result = { value: await handler(message?.event, context) };
} catch (error) {
  const { name, message } = error instanceof Error ? error : new TypeError(String(error));
  result = { error: { name, message } };
}
const maxMemoryBytes = process.resourceUsage().maxRSS * 1024;
process.send?.({ ...result, maxMemoryBytes } satisfies RuntimeMessage, () => process.disconnect());
