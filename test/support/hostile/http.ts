import type { Socket } from 'node:net';
import fc from 'fast-check';
import { type SocketServer, serveSockets } from '../network/sockets.ts';
import { type Afterwards, send, type Tampered } from './server.ts';

/** An HTTP server that answers each request with the same bytes. */
export interface HostileHttp extends SocketServer {
  /** Number of requests so far. */
  readonly requests: () => number;
}

const END_OF_HEADERS = '\r\n\r\n';

/** Calls `onRequest` when a request is complete, by its Content-Length. */
function answerRequests(socket: Socket, onRequest: () => void): void {
  let pending = '';
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    const end = pending.indexOf(END_OF_HEADERS);
    if (end === -1) return;
    const length = Number(/content-length: (\d+)/i.exec(pending.slice(0, end))?.[1] ?? 0);
    if (pending.length < end + END_OF_HEADERS.length + length) return;
    pending = pending.slice(end + END_OF_HEADERS.length + length);
    onRequest();
  });
}

export async function startHostileHttp(answer: Tampered): Promise<HostileHttp> {
  let requests = 0;
  const server = await serveSockets((socket) => {
    answerRequests(socket, () => {
      requests += 1;
      void send(socket, answer);
    });
  });
  return { ...server, requests: () => requests };
}

export function reply(body: string, headers: readonly string[] = [], status = '200 OK'): string {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  return [`HTTP/1.1 ${status}`, length, ...headers, '', body].join('\r\n');
}

/** Invalid or unusual status lines. */
const STATUS_LINES = [
  'HTTP/1.1 200',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 2OO OK',
  'HTTP/1.1 20',
  'HTTP/1.1 000 None',
  'HTTP/1.1 099 Low',
  'HTTP/1.1 600 High',
  'HTTP/1.1 99999 High',
  'HTTP/1.1 -200 OK',
  'HTTP/0.9 200 OK',
  'HTTP/2 200',
  'HTTP/9.9 200 OK',
  'HTTP/1.1 200 \u0000',
  'http/1.1 200 ok',
  'ICY 200 OK',
  'GET / HTTP/1.1',
  '',
  '\u0000\u0000\u0000',
  '\u0016\u0003\u0001',
];

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

const CHUNKS = [
  'ffffffffffffffff\r\n',
  '7fffffff\r\n',
  '-1\r\n',
  '2;extension=1\r\n{}\r\n0\r\n\r\n',
  '2\r\n{}',
  '2\n{}\n0\n\n',
  '0\r\ntrailer: 1\r\n',
  '0x2\r\n{}\r\n0\r\n\r\n',
  '2\r\n{}\r\n0\r\n\r\nHTTP/1.1 500 Later\r\n\r\n',
];

const HEADERS = [
  'content-length: -1',
  'content-length: 99999999999999999999',
  'content-length: 2, 3',
  'content-length: 2\r\ncontent-length: 3',
  'content-length: 2\r\ntransfer-encoding: chunked',
  'transfer-encoding: identity',
  'transfer-encoding: gzip, chunked',
  'connection: keep-alive',
  'connection: upgrade\r\nupgrade: websocket',
  'a header without a colon',
  ': a header without a name',
  'name : with a space',
  ' folded',
  'x: \u0000',
  'x: \u001b[31m',
  '__proto__: x',
];

/** Complete answers with one invalid part. */
export function malformedReplies(body: string): Readonly<Record<string, string>> {
  const named = (what: string, text: string): readonly [string, string] => [
    `${what} ${JSON.stringify(text)}`,
    text,
  ];
  return Object.fromEntries([
    ...STATUS_LINES.map((line) => [
      named('status line', line)[0],
      `${line}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    ]),
    ...CHUNKS.map((chunk) => [named('chunk', chunk)[0], CHUNKED + chunk]),
    ...HEADERS.map((header) => [
      named('header', header)[0],
      `HTTP/1.1 200 OK\r\n${header}\r\n\r\n${body}`,
    ]),
  ]);
}

/** Endless answers: the bytes that come once, and those that are repeated. */
export const HTTP_FLOODS: Readonly<Record<string, readonly [first: string, again: string]>> = {
  'its status line': ['HTTP/1.1 200 ', 'OK'],
  'its headers': ['HTTP/1.1 200 OK\r\n', 'x: y\r\n'],
  'a header': ['HTTP/1.1 200 OK\r\nx: ', 'y'],
  'answers of 100': ['', 'HTTP/1.1 100 Continue\r\n\r\n'],
  'answers of 102': ['', 'HTTP/1.1 102 Processing\r\n\r\n'],
  'answers of 103': ['', 'HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload; as=style\r\n\r\n'],
  'answers of 200': ['', reply('{}')],
  'answers of 204': ['', 'HTTP/1.1 204 No Content\r\n\r\n'],
  'a body of unknown length': ['HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(1_000)],
  'a body of an error': ['HTTP/1.1 500 Error\r\n\r\n', 'x'.repeat(1_000)],
  'a body of a redirect': ['HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n', 'x'.repeat(1_000)],
  'chunks of a byte': [CHUNKED, '1\r\nx\r\n'],
  'chunks of a kilobyte': [CHUNKED, `3e8\r\n${'x'.repeat(1_000)}\r\n`],
  'the length of a chunk': [CHUNKED, '0'],
  'extensions of a chunk': [`${CHUNKED}1`, ';x=y'],
  trailers: [`${CHUNKED}0\r\n`, 'x: y\r\n'],
  zeros: ['', '\0'],
  'line breaks': ['', '\r\n'],
};

/** An answer with changed, missing or repeated bytes. */
export function mutatedReply(text: string): fc.Arbitrary<Tampered> {
  const at = fc.nat(text.length);
  const change = fc.oneof(
    fc.record({ at, remove: fc.nat(20), insert: fc.constant('') }),
    fc.record({ at, remove: fc.nat(3), insert: fc.string({ unit: 'binary', maxLength: 30 }) }),
    fc.record({
      at,
      remove: fc.constant(0),
      insert: fc.constantFrom('\r\n', '\r\n\r\n', '\n', '\0', ': ', '0', '-', '{', '}', '"', '\\'),
    }),
    fc.record({
      at,
      remove: fc.constant(0),
      insert: fc.constantFrom('x'.repeat(5_000), 'x: y\r\n'.repeat(3_000), text),
    }),
  );
  return fc.record({
    bytes: fc
      .array(change, { minLength: 1, maxLength: 4 })
      .map((changes) =>
        Buffer.from(
          changes.reduce(
            (before, { at: place, remove, insert }) =>
              before.slice(0, place) + insert + before.slice(place + remove),
            text,
          ),
        ),
      ),
    pieceBytes: fc.constantFrom(1, 3, 100, 10_000),
    afterwards: fc.constantFrom<Afterwards>('goes on', 'hangs up', 'hangs up', 'resets'),
  });
}
