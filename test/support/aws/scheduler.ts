import type { ServerResponse } from 'node:http';
import { type LoopbackServer, listen, readBody } from '../../../emulator/http-server.ts';
import type { Json } from '../timescaledb/reports.ts';

/** A CreateSchedule request: the name from the path, and the body. */
export interface ScheduleRequest {
  readonly name: string;
  readonly body: Json;
}

/**
 * Behaviour of the service. `hangs` never answers. `stumbles` creates the schedule of the first request and then answers 500,
 * as if the answer had been lost.
 */
export type SchedulerBehaviour = 'creates' | 'denies' | 'hangs' | 'stumbles';

export interface Scheduler extends LoopbackServer {
  /** All requests so far. */
  readonly requests: readonly ScheduleRequest[];
  /** The requests that created a schedule. */
  readonly schedules: readonly ScheduleRequest[];
}

function fail(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ Message: 'refused by the local endpoint' }));
}

/**
 * Starts an EventBridge Scheduler on loopback that implements CreateSchedule for the real AWS SDK. Names are unique in their
 * group.
 */
export async function startScheduler(
  behaviour: SchedulerBehaviour = 'creates',
): Promise<Scheduler> {
  const requests: ScheduleRequest[] = [];
  const schedules: ScheduleRequest[] = [];
  const taken = new Set<string>();
  const server = await listen(async (incoming, response) => {
    const [, folder, name = ''] = decodeURIComponent(incoming.url ?? '').split('/');
    const body: Json = JSON.parse((await readBody(incoming)).toString('utf8'));
    const request = { name, body };
    requests.push(request);
    if (incoming.method !== 'POST' || folder !== 'schedules') {
      return fail(response, 404, 'UnknownOperationException');
    }
    if (behaviour === 'hangs') return;
    if (behaviour === 'denies') return fail(response, 403, 'AccessDeniedException');
    const key = `${body['GroupName']}/${name}`;
    if (taken.has(key)) return fail(response, 409, 'ConflictException');
    taken.add(key);
    schedules.push(request);
    if (behaviour === 'stumbles') return fail(response, 500, 'InternalServerException');
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ ScheduleArn: `arn:aws:scheduler:local:000000000000:schedule/${key}` }),
    );
  });
  return Object.assign(server, { requests, schedules });
}
