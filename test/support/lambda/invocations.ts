import { join } from 'node:path';
import { inject } from 'vitest';
import { type Invocation, invoke } from '../../../emulator/lambda/invoke.ts';
import type { FunctionName } from '../../../infra/bundle/bundle.ts';
import type { Settings, World } from '../run/world.ts';
import type { Json } from '../timescaledb/reports.ts';

const RECORDER = join(import.meta.dirname, '..', 'network', 'record-connections.ts');
const CONNECTS = 'CONNECTS TO ';
const LOOKS_UP = 'LOOKS UP ';

/** `127.0.0.1:<port>` of a server on loopback, as the recorder writes it. */
export function portOf({ url }: { readonly url: string }): string {
  return `127.0.0.1:${new URL(url).port}`;
}

/** An invocation, everything that the process of the function was connected to, and every name that it looked up. */
export type Recorded = Invocation & {
  readonly connections: readonly string[];
  readonly lookups: readonly string[];
};

/** What follows a word in those lines that begin with it; each once, in order. */
function after(word: string, lines: readonly string[]): string[] {
  const found = lines
    .filter((line) => line.startsWith(word))
    .map((line) => line.slice(word.length));
  return [...new Set(found)].toSorted();
}

/** Runs the file that ships with Lambda's environment, in which DELIVERY is set although only send-report has it. */
export async function invokeRecorded(
  world: World,
  name: FunctionName,
  event: unknown = {},
  settings: Settings = {},
  timeoutMs?: number,
): Promise<Recorded> {
  const invocation = await invoke(
    inject('bundles')[name].file,
    event,
    { AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url, ...world.environment(settings) },
    timeoutMs,
    { preload: [RECORDER] },
  );
  const isRecord = (line: string) => line.startsWith(CONNECTS) || line.startsWith(LOOKS_UP);
  return {
    ...invocation,
    log: invocation.log.filter((line) => !isRecord(line)),
    connections: after(CONNECTS, invocation.log),
    lookups: after(LOOKS_UP, invocation.log),
  };
}

/** Every line that a function wrote; a line that is no JSON object is an error. */
export function linesOf({ log }: Pick<Invocation, 'log'>): Json[] {
  return log.map((line) => JSON.parse(line));
}

/** The lines that tell how a run ended; there has to be exactly one. */
export function summariesOf(invocation: Pick<Invocation, 'log'>): Json[] {
  return linesOf(invocation).filter((line) => 'outcome' in line);
}

/** The lines of metrics. */
export function metricsOf(invocation: Pick<Invocation, 'log'>): Json[] {
  return linesOf(invocation).filter((line) => '_aws' in line);
}
