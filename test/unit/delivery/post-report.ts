import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, vi } from 'vitest';
import { deliver } from '../../../lib/delivery/deliver.ts';
import { RunError } from '../../../lib/errors.ts';
import type { Report } from '../../../lib/report/build-report.ts';

/** Not minified, not sorted, not ASCII: any reformatting changes the bytes. */
export const BODY = new TextEncoder().encode('{"db_uuid": "0b1c",  "b": 1.50, "a": "ü\\u00fc€"}\n');

export const REPORT: Report = {
  source: 'catalog',
  body: BODY,
  sha256: 'unused',
  estimatedRelations: 0,
};

export const GOOD_REPLY = '{"current_timescaledb_version": "2.23.0", "is_up_to_date": true}';

/** Remaining time of the run, much longer than the time limit of the reply. */
export const RUN_LEFT_MS = 60_000;

const NEVER = new AbortController().signal;

/** Sends one report and reads its reply, as a run does. */
export async function post(url: string, signal: AbortSignal = NEVER) {
  const { receipt, readReply } = await deliver(REPORT, { endpoint: `${url}/v1/metrics` }, signal);
  return { receipt, reply: await readReply(RUN_LEFT_MS) };
}

export async function errorOf(action: Promise<unknown>): Promise<RunError> {
  const result = await action.catch((error: unknown) => error);
  if (result instanceof RunError) return result;
  throw new Error('No RunError was thrown.', { cause: result });
}

/** Returns the error of a report that was rejected by its status, and so has a receipt. */
export async function refusalOf(url: string): Promise<RunError> {
  const { receipt, readReply } = await deliver(REPORT, { endpoint: url }, NEVER);
  const error = await errorOf(readReply(RUN_LEFT_MS));
  expect(error.origin).toBe(String(receipt.status));
  return error;
}

/** Starts a TCP server that handles a connection once it has sent its request. */
export async function listenRaw(answer: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('No port was given.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Stops the product's time limits. */
export function stopTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}
