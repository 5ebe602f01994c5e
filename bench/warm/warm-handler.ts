import { pathToFileURL } from 'node:url';
import type { WarmRequest } from './warm-lambda.ts';
import { weigh } from './weigh.ts';

/**
 * Handler of a warm process: sets the environment variables of the request, calls the bundle's handler, and removes them.
 * The bundle reads its variables in each invocation, so one process can run many targets.
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
