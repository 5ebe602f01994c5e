import { inject } from 'vitest';
import type { TestDatabase } from '../postgres/databases.ts';
import { type Arrange, consenting, type Faulty } from '../run/faults.ts';
import { secretFor } from '../run/world.ts';
import { type Ends, type Meddling, serveSockets, startProxy } from './sockets.ts';
import { isQuery } from './wire.ts';

/** The database is elsewhere than it was. */
export function movedTo(database: TestDatabase, to: { port?: number; host?: string }): Faulty {
  return { database, world: { secret: secretFor(database, to) } };
}

export const proxied =
  (meddle: (ends: Ends) => Meddling, faulty: Partial<Faulty> = {}): Arrange =>
  async (stack) => {
    const { port } = stack.use(await startProxy(inject('postgres').port, meddle));
    return { ...movedTo(await consenting(stack), { port }), ...faulty };
  };

/** What the server says after the client's nth query goes to `answer` instead; the first is 1. */
export const fromQuery =
  (n: number, answer: (chunk: Buffer, ends: Ends) => void) =>
  (ends: Ends): Meddling => {
    let queries = 0;
    return {
      fromClient(chunk) {
        if (isQuery(chunk)) queries += 1;
        ends.server.write(chunk);
      },
      fromServer: (chunk) => (queries < n ? ends.client.write(chunk) : answer(chunk, ends)),
    };
  };

/** In the middle of a login: the client has said who it is, and is asked to prove it. */
export const inLogin =
  (answer: (ends: Ends) => void) =>
  (ends: Ends): Meddling => ({ fromServer: () => answer(ends) });

export const inQuery = (
  answer: (chunk: Buffer, ends: Ends) => void,
  faulty?: Partial<Faulty>,
): Arrange => proxied(fromQuery(2, answer), faulty);

/** A server of the test's own stands where the database should be. */
export const instead =
  (talk: Parameters<typeof serveSockets>[0], faulty: Partial<Faulty> = {}): Arrange =>
  async (stack) => {
    const { port } = stack.use(await serveSockets(talk));
    return { ...movedTo(await consenting(stack), { port }), ...faulty };
  };
