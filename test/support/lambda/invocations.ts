import { join } from 'node:path';
import { inject } from 'vitest';
import { type Invocation, invoke } from '../../../emulator/lambda/invoke.ts';
import type { FunctionName } from '../../../infra/bundle/bundle.ts';
import type { Settings, World } from '../run/world.ts';
import type { Json } from '../timescaledb/reports.ts';

/** Preloaded into a process whose connections are recorded. */
export const RECORDER = join(import.meta.dirname, '..', 'network', 'record-connections.ts');
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

/** Returns the destinations that a recorder has written into the log of a process. */
export function connectionsIn(log: readonly string[]): string[] {
  return restsAfter(CONNECTS, log);
}

/** Returns the lines of a log without those of a recorder. */
export function withoutRecord(log: readonly string[]): string[] {
  return log.filter((line) => !line.startsWith(CONNECTS) && !line.startsWith(LOOKS_UP));
}

/** Returns the place that a function connects to for its database: the database, or Lambda if it has a worker. */
export function databaseRoute({ lambda }: World, { port }: { readonly port: number }): string {
  return lambda === undefined ? `127.0.0.1:${port}` : portOf(lambda);
}

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
  return {
    ...invocation,
    log: withoutRecord(invocation.log),
    connections: connectionsIn(invocation.log),
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
