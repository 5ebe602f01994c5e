import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { answerWithVersion, startTelemetryEndpoint } from '../../../emulator/telemetry-endpoint.ts';
import { writeEndlessly } from '../../support/network/endless.ts';
import type { Arrange, Faulty } from '../../support/run/faults.ts';
import type { WorldOptions } from '../../support/run/world.ts';
import { byStatus, DISORDERS, REDIRECTS, REFUSALS } from '../rows/endpoint.ts';
import { SHORT_MS } from './endpoint.ts';

const GOOD_REPLY = '{"current_timescaledb_version":"2.30.1","is_up_to_date":false}';

const answers =
  (answer: NonNullable<WorldOptions['answer']>, faulty: Faulty = {}): Arrange =>
  () => ({ ...faulty, world: { answer } });

/** Writes bytes to the socket as soon as the report has arrived. */
const writes = (text: string, then?: 'end' | 'reset'): Arrange =>
  answers(async ({ socket }) => {
    socket?.write(text);
    // The client must read the text before the reset.
    await delay(100);
    if (then === 'end') socket?.end();
    if (then === 'reset') socket?.resetAndDestroy();
  });

const repliesWith = (body: string | Uint8Array, headers: Record<string, string> = {}): Arrange =>
  answers((response) => {
    response.writeHead(200, headers).end(body);
  });

async function drip(to: Writable | null, text: string): Promise<void> {
  for (const byte of text) {
    if (to?.writable !== true) return;
    to.write(byte);
    await delay(100);
  }
}

/** 97 kB. */
const BOMB = gzipSync(Buffer.alloc(100_000_000));

/** Less memory than a reply of 100 MB would need. */
const LITTLE_MEMORY: Faulty = { memoryBytes: 128 * 2 ** 20 };

/** The endpoint receives the report, and its reply has a fault. */
export const REPLY_ARRANGEMENTS = {
  silent: answers(() => undefined, { timeoutMs: SHORT_MS }),
  headDrips: answers(
    ({ socket }) => drip(socket, `HTTP/1.1 200 OK\r\nx-slow: ${'x'.repeat(300)}`),
    { timeoutMs: SHORT_MS },
  ),
  bodyDrips: answers(
    (response) => {
      response.writeHead(200).flushHeaders();
      return drip(response, GOOD_REPLY);
    },
    { timeoutMs: SHORT_MS },
  ),
  resetBeforeHead: writes('', 'reset'),
  resetAfterHead: writes('HTTP/1.1 200 OK\r\ncontent-length: 62\r\n\r\n', 'reset'),
  resetInBody: writes('HTTP/1.1 200 OK\r\ncontent-length: 62\r\n\r\n{"current_', 'reset'),
  closes: writes('', 'end'),
  closesInHead: writes('HTTP/1.1 20', 'end'),
  garbage: writes('SSH-2.0-OpenSSH_9.9\r\n'),
  headersTooLarge: writes(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`),

  status100: writes(
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 62\r\n\r\n${GOOD_REPLY}`,
  ),
  status101: writes(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
  ),
  status103: answers((response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    answerWithVersion('2.30.1')(response);
  }),
  ...byStatus(
    REDIRECTS,
    (status): Arrange =>
      async (stack) => {
        const other = stack.use(await startTelemetryEndpoint(answerWithVersion('2.30.1')));
        return {
          world: {
            answer(response) {
              response.writeHead(status, { location: `${other.url}/v1/metrics` }).end();
            },
          },
          after: () => expect(other.connections()).toBe(0),
        };
      },
  ),
  ...byStatus([...REFUSALS, ...DISORDERS], (status) =>
    answers((response) => {
      response.writeHead(status).end(GOOD_REPLY);
    }),
  ),

  emptyBody: repliesWith(''),
  status204: answers((response) => {
    response.writeHead(204).end();
  }),
  endless: answers((response) => {
    response.writeHead(200);
    writeEndlessly(response);
  }, LITTLE_MEMORY),
  bomb: answers((response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB);
  }, LITTLE_MEMORY),
  smallBomb: answers((response) => {
    response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(BOMB));
  }, LITTLE_MEMORY),
  lengthTooLong: writes(`HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${GOOD_REPLY}`, 'end'),
  lengthTooShort: writes(`HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n${GOOD_REPLY}`),
  chunkGarbage: writes('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n'),
  byteOrderMark: repliesWith(`\ufeff${GOOD_REPLY}`),
  wrongCharset: repliesWith(Buffer.from(GOOD_REPLY, 'utf16le'), {
    'content-type': 'application/json; charset=utf-16le',
  }),
  notJson: repliesWith('<!doctype html><title>Welcome to the portal</title>'),
  deepJson: repliesWith(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
  doubleKeys: repliesWith(
    '{"is_up_to_date":true,"current_timescaledb_version":"1.0.0","is_up_to_date":false,"current_timescaledb_version":"2.30.1"}',
  ),
  prototype: repliesWith(`{"__proto__":${GOOD_REPLY}}`),
  lineBreak: repliesWith(
    JSON.stringify({
      current_timescaledb_version: '2.30.1\n{"level":"ERROR"}',
      is_up_to_date: false,
    }),
  ),
  longVersion: repliesWith(
    JSON.stringify({ current_timescaledb_version: '2'.repeat(4_000), is_up_to_date: false }),
  ),
} satisfies Record<string, Arrange>;
