import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Answered, type Circumstances, startSandbox } from '../../emulator/lambda/invoke.ts';
import { resetPeakMemory } from '../../emulator/lambda/memory.ts';
import type { Weight } from './weigh.ts';

const HANDLER = join(import.meta.dirname, 'warm-handler.ts');
/** The time limit of a deployed function. */
const TIME_LIMIT_MS = 120_000;

export type WarmInvocation = Answered;

export type WarmRequest =
  | 'weigh'
  | { readonly event: unknown; readonly variables: Readonly<Record<string, string>> };

/** One warm process, which runs one invocation at a time. */
export interface WarmFunction extends AsyncDisposable {
  /**
   * @param variables of this invocation only
   */
  invoke(event: unknown, variables: Readonly<Record<string, string>>): Promise<WarmInvocation>;
  weigh(): Promise<Weight>;
}

export interface WarmOptions extends Circumstances {
  /** The function's time limit in milliseconds. */
  readonly timeLimitMs?: number;
}

function isWeight(value: unknown): value is Weight {
  return typeof value === 'object' && value !== null && 'heapBytes' in value;
}

/** The bundled handler, which all warm functions of this process share. */
let handler: Promise<string> | undefined;

/** Bundles the handler, because Lambda’s Node does not strip types. Its folder is removed at exit. */
async function buildHandler(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-warm-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'warm-handler.mjs');
  await build({
    entryPoints: [HANDLER],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return file;
}

/**
 * Starts a process that has imported the bundle and waits for invocations.
 *
 * @param environment variables of all invocations, in addition to Lambda's own
 */
export async function startWarm(
  bundleFile: string,
  environment: Readonly<Record<string, string>>,
  { timeLimitMs = TIME_LIMIT_MS, nodeOptions = [], ...circumstances }: WarmOptions = {},
): Promise<WarmFunction> {
  await using starting = new AsyncDisposableStack();
  handler ??= buildHandler();
  const file = await handler;
  const sandbox = await startSandbox(
    file,
    { ...environment, BUNDLE_FILE: bundleFile },
    timeLimitMs,
    { ...circumstances, nodeOptions: ['--expose-gc', ...nodeOptions] },
  );
  starting.use(sandbox);
  await sandbox.untilIdle();
  const running = starting.move();
  const send = (request: WarmRequest): Promise<Answered> => sandbox.invoke(request);
  return {
    invoke(event, variables) {
      resetPeakMemory(sandbox.pid);
      return send({ event, variables });
    },
    async weigh() {
      const answer = await send('weigh');
      if ('value' in answer && isWeight(answer.value)) return answer.value;
      throw new TypeError(`The process returned no weight:\n${answer.log.join('\n')}`);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
