import * as z from 'zod';
import { type Answered, startSandbox } from '../../../emulator/lambda/invoke.ts';

/** The function's time limit in milliseconds, as the deployment sets it. */
const TIME_LIMIT_MS = 120_000;

/**
 * The end of one invocation.
 *
 * @property thrown the error's `name`, which Lambda returns to the caller; absent where the handler returned
 * @property errorType the name of the error's constructor, which Lambda logs
 * @property code the error's code, if it has one
 */
export interface WarmResult {
  readonly thrown?: string;
  readonly errorType?: string;
  readonly code?: string | undefined;
}

const runtimeLineSchema = z.object({
  message: z.object({ errorType: z.string(), code: z.optional(z.string()) }),
});

function toWarmResult(answer: Answered): WarmResult {
  if (!('error' in answer)) return {};
  const { message } = runtimeLineSchema.parse(JSON.parse(answer.runtimeLog.at(-1) ?? '{}'));
  return { thrown: answer.error.name, ...message };
}

/** Invokes a bundle once for each event, one after the other in one process, as Lambda does while it is warm. */
export async function invokeWarm(
  bundleFile: string,
  events: readonly unknown[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly WarmResult[]> {
  await using sandbox = await startSandbox(bundleFile, environment, TIME_LIMIT_MS);
  const results: WarmResult[] = [];
  for (const event of events) results.push(toWarmResult(await sandbox.invoke(event)));
  return results;
}
