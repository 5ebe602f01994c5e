import { Socket } from 'node:net';
import pg from 'pg';
import { type SocketServer, serveSockets } from '../network/sockets.ts';
import {
  errorResponse,
  int32,
  type Message,
  message,
  messageReader,
  readyForQuery,
  startupParameters,
} from '../network/wire.ts';
import type { TestDatabase } from './databases.ts';
import { type LoginMethod, startLogin } from './pooler-login.ts';

/**
 * What PgBouncer takes in a startup message without being told to: what it can keep track of. Source: its documentation,
 * `ignore_startup_parameters`.
 */
const KNOWN_PARAMETERS = new Set([
  'user',
  'database',
  'application_name',
  'client_encoding',
  'datestyle',
  'timezone',
  'standard_conforming_strings',
]);

const SESSIONS = 2;

export interface PoolerOptions {
  readonly database: TestDatabase;
  /** `statement` allows no transaction. */
  readonly mode?: 'transaction' | 'statement';
  /** PgBouncer's max_client_conn. */
  readonly maxClients?: number;
  /** PgBouncer's auth_type. */
  readonly method?: LoginMethod;
}

/**
 * A pooler on loopback, as PgBouncer is: it asks for the password itself, refuses parameters that it does not know, and
 * lends its clients one of its two sessions of the server for each transaction, in turn, so that nothing that a client
 * sets is there in its next one. It knows nothing of prepared statements.
 */
export interface Pooler extends SocketServer {
  /** Which session each transaction was lent. */
  readonly lent: readonly number[];
}

/** A session of the server, logged in. */
async function openSession({ port, name, role, password }: TestDatabase): Promise<Socket> {
  const socket = new Socket();
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: role,
    password,
    database: name,
    ssl: false,
    stream: () => socket,
  });
  client.on('error', () => undefined);
  await client.connect();
  // node-postgres has done the login; what is said from now on is between the pooler's clients and the server.
  return socket.removeAllListeners('data');
}

/** PgBouncer's SQLSTATE for whatever it refuses. */
function refusal(text: string): Buffer {
  return errorResponse('FATAL', '08P01', text);
}

const WELCOME = Buffer.concat([
  message('R', int32(0)),
  message('S', 'server_version\0', '18.4\0'),
  message('S', 'client_encoding\0', 'UTF8\0'),
  message('K', int32(1), int32(1)),
  readyForQuery('I'),
]);

/** Why a client is not let in before it is asked for its password. */
function whyRefused({ type, body }: Message, isFull: boolean): string | undefined {
  if (type !== '') return undefined;
  const unknown = Object.keys(startupParameters(body)).find((key) => !KNOWN_PARAMETERS.has(key));
  if (unknown !== undefined) return `unsupported startup parameter: ${unknown}`;
  return isFull ? 'no more connections allowed (max_client_conn)' : undefined;
}

export async function startPooler({
  database,
  mode = 'transaction',
  maxClients = 100,
  method = 'plain',
}: PoolerOptions): Promise<Pooler> {
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => openSession(database)));
  const free = [...sessions];
  const lent: number[] = [];
  let clients = 0;

  const talk = (client: Socket): void => {
    clients += 1;
    let session: Socket | undefined;
    const logIn = startLogin(method, database);

    const giveBack = (): void => {
      if (session === undefined) return;
      free.push(session.removeAllListeners('data'));
      session = undefined;
    };
    const handOn = ({ type, body, bytes }: Message): void => {
      const isInTransaction = type === 'Z' && body.toString() !== 'I';
      if (isInTransaction && mode === 'statement') {
        client.end(refusal('transaction blocks not allowed in statement pooling mode'));
        return;
      }
      client.write(bytes);
      if (type === 'Z' && !isInTransaction) giveBack();
    };
    const borrow = (): Socket | undefined => {
      session = free.shift();
      if (session === undefined) return undefined;
      lent.push(sessions.indexOf(session));
      const readAnswer = messageReader(false);
      return session.on('data', (chunk: Buffer) => readAnswer(chunk).forEach(handOn));
    };
    const letIn = (said: Message): void => {
      const refused = whyRefused(said, clients > maxClients);
      if (refused !== undefined) {
        client.end(refusal(refused));
        return;
      }
      const { bytes, isAccepted } = logIn(said);
      client.write(bytes);
      if (isAccepted === true) client.write(WELCOME);
      if (isAccepted === false) client.end(refusal('password authentication failed'));
    };
    const hear = (said: Message): void => {
      if (said.type === 'X') client.end();
      else if (said.type === '' || said.type === 'p') letIn(said);
      else (session ?? borrow())?.write(said.bytes);
    };

    const read = messageReader(true);
    client.on('data', (chunk: Buffer) => read(chunk).forEach(hear));
    client.on('close', () => {
      clients -= 1;
      // Whoever leaves in the middle of a transaction takes the session along.
      session?.destroy();
    });
  };

  const pooler = await serveSockets(talk);
  return {
    port: pooler.port,
    lent,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await pooler[Symbol.asyncDispose]();
    },
  };
}
