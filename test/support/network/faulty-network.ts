import { inject } from 'vitest';
import type { TestDatabase } from '../postgres/databases.ts';
import { type Arrange, type Faulty, healthy } from '../run/faults.ts';
import { secretFor } from '../run/world.ts';
import { type Interception, type ProxyEnds, serveSockets, startProxy } from './sockets.ts';
import { isQuery } from './wire.ts';

/** Returns a fault whose secret names another host or port for the database. */
export function movedTo(database: TestDatabase, to: { port?: number; host?: string }): Faulty {
  return { database, world: { secret: secretFor(database, to) } };
}

/** Puts a proxy between the function and the database. */
export const proxied =
  (intercept: (ends: ProxyEnds) => Interception, faulty: Partial<Faulty> = {}): Arrange =>
  async (stack) => {
    const { port } = stack.use(await startProxy(inject('postgres').port, intercept));
    return { ...movedTo(await healthy(), { port }), ...faulty };
  };

/** Passes the server's bytes after the client's nth query to `answer` instead of the client; the first query is 1. */
export const fromQuery =
  (n: number, answer: (chunk: Buffer, ends: ProxyEnds) => void) =>
  (ends: ProxyEnds): Interception => {
    let queries = 0;
    return {
      fromClient(chunk) {
        if (isQuery(chunk)) queries += 1;
        ends.server.write(chunk);
      },
      fromServer: (chunk) => (queries < n ? ends.client.write(chunk) : answer(chunk, ends)),
    };
  };

/** Calls `answer` instead of passing on the server's request for the password. */
export const inLogin =
  (answer: (ends: ProxyEnds) => void) =>
  (ends: ProxyEnds): Interception => ({ fromServer: () => answer(ends) });

/** Calls `answer` instead of passing on the server's answer to the second query. */
export const inQuery = (
  answer: (chunk: Buffer, ends: ProxyEnds) => void,
  faulty?: Partial<Faulty>,
): Arrange => proxied(fromQuery(2, answer), faulty);

/** Replaces the database by a server of the test. */
export const instead =
  (talk: Parameters<typeof serveSockets>[0], faulty: Partial<Faulty> = {}): Arrange =>
  async (stack) => {
    const { port } = stack.use(await serveSockets(talk));
    return { ...movedTo(await healthy(), { port }), ...faulty };
  };
