import { readdir } from 'node:fs/promises';
import { callHandler, importBundle } from '../local/lambda-handler.ts';
import { peakMemoryBytes, resetPeakMemory } from '../local/peak-memory.ts';
import type { WarmAnswer, WarmRequest } from './warm-lambda.ts';

/**
 * Lambda's runtime as `local/lambda-runtime.ts` has it, kept warm: imports the bundle once, and calls `handler` for each
 * message, one at a time. Each message brings the variables that differ from target to target, since the handler reads
 * them in each invocation.
 */
const [, , bundleFile = '', timeoutMs = ''] = process.argv;

let output = '';
const collect = (chunk: Uint8Array | string): boolean => {
  output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
  return true;
};
process.stdout.write = collect;
process.stderr.write = collect;
// Such as that of an emitter with too many listeners: no line of the function's, and so an error.
process.on('warning', ({ name, message }) => collect(`${name}: ${message}\n`));

function answer(message: WarmAnswer): void {
  process.send?.(message);
}

async function invoke(event: unknown, variables: Readonly<Record<string, string>>): Promise<void> {
  Object.assign(process.env, variables);
  resetPeakMemory();
  const result = await callHandler(bundleFile, event, Number(timeoutMs));
  for (const name of Object.keys(variables)) delete process.env[name];
  const log = output.split('\n').filter((line) => line !== '');
  output = '';
  answer({ invocation: { ...result, log, maxMemoryBytes: peakMemoryBytes() } });
}

/** What the process holds when everything that nobody needs is gone. */
async function weigh(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    // What is finalised in one round frees what the next one collects.
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  answer({
    weight: {
      heapBytes: heapUsed,
      externalBytes: external,
      rssBytes: rss,
      handles: process.getActiveResourcesInfo(),
      openFiles: (await readdir('/dev/fd')).length,
      cpuMs: (user + system) / 1_000,
    },
  });
}

await importBundle(bundleFile);
process.on('message', (request: WarmRequest) => {
  if (request === 'weigh') void weigh();
  else void invoke(request.event, request.variables);
});
await weigh();
