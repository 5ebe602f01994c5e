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

/** An invocation, all connections that the process of the function opened, and all names that it looked up. */
export type Recorded = Invocation & {
  readonly connections: readonly string[];
  readonly lookups: readonly string[];
};

/** Returns the rests of the lines that begin with a prefix, sorted and without duplicates. */
function restsAfter(prefix: string, lines: readonly string[]): string[] {
  const found = lines
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length));
  return [...new Set(found)].toSorted();
}

/**
 * Invokes the bundle of a function in a process that records its connections and lookups. DELIVERY is always set, although
 * only send-report has it in a deployment.
 */
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
    connections: restsAfter(CONNECTS, invocation.log),
    lookups: restsAfter(LOOKS_UP, invocation.log),
  };
}

/** Invokes the bundle of send-report in a process with Lambda's environment. */
export function invokeSendReport(
  world: World,
  { event = {}, timeoutMs, ...settings }: Settings & { timeoutMs?: number } = {},
): Promise<Invocation> {
  return invoke(
    inject('bundles')['send-report'].file,
    event,
    { AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url, ...world.environment(settings) },
    timeoutMs,
  );
}

/** Parses every line that a function wrote; throws for a line that is not JSON. */
export function linesOf({ log }: Pick<Invocation, 'log'>): Json[] {
  return log.map((line) => JSON.parse(line));
}

/** Returns the summary lines: those with an outcome. A correct run writes exactly one. */
export function summariesOf(invocation: Pick<Invocation, 'log'>): Json[] {
  return linesOf(invocation).filter((line) => 'outcome' in line);
}

/** Returns the lines of metrics. */
export function metricsOf(invocation: Pick<Invocation, 'log'>): Json[] {
  return linesOf(invocation).filter((line) => '_aws' in line);
}
