import { join } from 'node:path';
import { inject } from 'vitest';
import type { FunctionName } from '../../infra/bundle.ts';
import { type Invocation, invoke } from '../../local/lambda.ts';
import type { Json } from './reports.ts';
import type { Settings, World } from './world.ts';

const RECORDER = join(import.meta.dirname, 'record-connections.ts');
const CONNECTS = 'CONNECTS TO ';

/** `127.0.0.1:<port>` of a server on loopback, as the recorder writes it. */
export function portOf({ url }: { readonly url: string }): string {
  return `127.0.0.1:${new URL(url).port}`;
}

/** An invocation, and everything that the process of the function was connected to. */
export type Recorded = Invocation & { readonly connections: readonly string[] };

/** Runs the file that ships with Lambda's environment, in which DELIVERY is set although only send-report has it. */
export async function invokeRecorded(
  world: World,
  name: FunctionName,
  event: unknown = {},
  settings: Settings = {},
): Promise<Recorded> {
  const invocation = await invoke(
    inject('bundles')[name].file,
    event,
    { AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url, ...world.environment(settings) },
    undefined,
    { preload: [RECORDER] },
  );
  const [connections = [], log = []] = [true, false].map((wanted) =>
    invocation.log.filter((line) => line.startsWith(CONNECTS) === wanted),
  );
  return {
    ...invocation,
    log,
    connections: [...new Set(connections.map((line) => line.slice(CONNECTS.length)))].toSorted(),
  };
}

/** Every line that a function wrote; a line that is no JSON object is an error. */
export function linesOf({ log }: Invocation): Json[] {
  return log.map((line) => JSON.parse(line));
}

/** The lines that tell how a run ended; there has to be exactly one. */
export function summariesOf(invocation: Invocation): Json[] {
  return linesOf(invocation).filter((line) => 'outcome' in line);
}

/** The lines of metrics. */
export function metricsOf(invocation: Invocation): Json[] {
  return linesOf(invocation).filter((line) => '_aws' in line);
}
