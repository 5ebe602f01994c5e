import { pathToFileURL } from 'node:url';
import type { WarmRequest } from './warm-lambda.ts';
import { weigh } from './weigh.ts';

/**
 * The handler of a process that the benchmarks keep warm: calls the bundle's handler with the variables of the request,
 * which differ from target to target, since the bundle reads them in each invocation.
 */
const { handler: runBundle } = await import(pathToFileURL(process.env['BUNDLE_FILE'] ?? '').href);

export async function handler(request: WarmRequest, context: unknown): Promise<unknown> {
  if (request === 'weigh') return weigh();
  Object.assign(process.env, request.variables);
  try {
    return await runBundle(request.event, context);
  } finally {
    for (const name of Object.keys(request.variables)) delete process.env[name];
  }
}
