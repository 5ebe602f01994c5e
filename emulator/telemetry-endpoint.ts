import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { type ListenOptions, type LoopbackServer, listen, readBody } from './http-server.ts';

export const ENDPOINT_PATH = '/v1/metrics';

/** One received request. */
interface ReceivedReport {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The exact bytes. */
  readonly body: Buffer;
}

export interface TelemetryEndpoint extends LoopbackServer {
  readonly reports: readonly ReceivedReport[];
}

/** Answers like the real endpoint: the newest version, and whether the sender's is up to date. */
export function answerWithVersion(latest: string, isUpToDate = false) {
  return (response: ServerResponse): void => {
    const body = JSON.stringify({
      current_timescaledb_version: latest,
      is_up_to_date: isUpToDate,
    });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  };
}

/** Starts a telemetry endpoint on loopback that keeps the requests. */
export async function startTelemetryEndpoint(
  answer: (response: ServerResponse) => Promise<void> | void,
  options: ListenOptions = {},
): Promise<TelemetryEndpoint> {
  const reports: ReceivedReport[] = [];
  const server = await listen(async (request, response) => {
    const body = await readBody(request);
    reports.push({ method: request.method, path: request.url, headers: request.headers, body });
    await answer(response);
  }, options);
  return Object.assign(server, { reports });
}
