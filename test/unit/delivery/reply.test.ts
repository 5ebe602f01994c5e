import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import { deliver } from '../../../lib/delivery/deliver.ts';
import { writeEndlessly } from '../../support/network/endless.ts';
import { GOOD_REPLY, listenRaw, post, REPORT, RUN_LEFT_MS, stopTimers } from './post-report.ts';

describe('a reply', () => {
  async function replyOf(
    answer: (response: ServerResponse) => Promise<void> | void,
    signal?: AbortSignal,
  ) {
    await using server = await listen((_request, response) => answer(response));
    const { receipt, reply } = await post(server.url, signal);
    expect(receipt.status).toBe(200);
    return reply;
  }

  test('of 4096 bytes is readable, and one of 4097 bytes is too large', async () => {
    const ofBytes = (bytes: number) =>
      replyOf((response) => {
        response.end('x'.repeat(bytes));
      });
    expect(await ofBytes(4_096)).toStrictEqual({ body: Buffer.alloc(4_096, 'x') });
    expect(await ofBytes(4_097)).toStrictEqual({ unreadable: 'too large' });
  });

  test('in small pieces has the same limit for their sum', async () => {
    const reply = await replyOf(async (response) => {
      for (let piece = 0; piece < 5; piece += 1) {
        response.write(Buffer.alloc(1_000, ' '));
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
      response.end();
    });
    expect(reply).toStrictEqual({ unreadable: 'too large' });
  });

  test('without an end is too large, and its connection is closed', async () => {
    stopTimers();
    const closed = Promise.withResolvers<void>();
    await using server = await listen((_request, response) => {
      response.on('close', closed.resolve);
      writeEndlessly(response);
    });
    expect((await post(server.url)).reply).toStrictEqual({ unreadable: 'too large' });
    await closed.promise;
  });

  test('that is compressed is not decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(2_000_000));
    expect(bomb.byteLength).toBeLessThan(4_096);
    const reply = await replyOf((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    });
    expect(reply).toStrictEqual({ body: bomb });
  });

  test.each([
    ['ends early', (socket: Socket, head: string) => socket.end(head)],
    [
      'is reset',
      (socket: Socket, head: string) => socket.write(head, () => socket.resetAndDestroy()),
    ],
    [
      'has an invalid chunk',
      (socket: Socket) =>
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n'),
    ],
  ])('that %s is a lost connection and not a failure', async (_what, answer) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${GOOD_REPLY}`;
    await using server = await listenRaw((socket) => answer(socket, head));
    const { receipt, reply } = await post(server.url);
    expect(receipt.status).toBe(200);
    expect(reply).toStrictEqual({ unreadable: 'connection lost' });
  });

  test("that is not complete when the run's signal is aborted is too slow", async () => {
    const run = new AbortController();
    await using server = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{');
    });
    const { readReply } = await deliver(REPORT, { endpoint: server.url }, run.signal);
    const reply = readReply(RUN_LEFT_MS);
    run.abort();
    expect(await reply).toStrictEqual({ unreadable: 'too slow' });
  });
});
