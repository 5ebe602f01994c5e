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
 * The parameters of a startup message that PgBouncer accepts by default. Source: its documentation,
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
  /** PgBouncer's pool_mode; `statement` allows no transactions. */
  readonly mode?: 'transaction' | 'statement';
  /** PgBouncer's max_client_conn. */
  readonly maxClients?: number;
  /** PgBouncer's auth_type. */
  readonly method?: LoginMethod;
}

/**
 * A pooler on loopback that behaves like PgBouncer: it requests the password itself, refuses unknown parameters, and assigns
 * one of two server sessions to each transaction, in turn, so that a client's settings are absent in its next transaction. It
 * does not support prepared statements.
 */
export interface Pooler extends SocketServer {
  /** The session of each transaction so far. */
  readonly assigned: readonly number[];
}

/** Opens a session on the server. */
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
  // node-postgres has logged in. From now on, the pooler passes messages between its clients and the server.
  return socket.removeAllListeners('data');
}

/** Returns an error with the one SQLSTATE that PgBouncer uses. */
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

/** Returns why a client is refused before its password is requested. */
function findRefusal({ type, body }: Message, isFull: boolean): string | undefined {
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
  const assigned: number[] = [];
  let clients = 0;

  const talk = (client: Socket): void => {
    clients += 1;
    let session: Socket | undefined;
    const logIn = startLogin(method, database);

    const release = (): void => {
      if (session === undefined) return;
      free.push(session.removeAllListeners('data'));
      session = undefined;
    };
    const toClient = ({ type, body, bytes }: Message): void => {
      const isInTransaction = type === 'Z' && body.toString() !== 'I';
      if (isInTransaction && mode === 'statement') {
        client.end(refusal('transaction blocks not allowed in statement pooling mode'));
        return;
      }
      client.write(bytes);
      if (type === 'Z' && !isInTransaction) release();
    };
    const assign = (): Socket | undefined => {
      session = free.shift();
      if (session === undefined) return undefined;
      assigned.push(sessions.indexOf(session));
      const readAnswer = messageReader(false);
      return session.on('data', (chunk: Buffer) => readAnswer(chunk).forEach(toClient));
    };
    const handleLogin = (received: Message): void => {
      const reason = findRefusal(received, clients > maxClients);
      if (reason !== undefined) {
        client.end(refusal(reason));
        return;
      }
      const { bytes, isAccepted } = logIn(received);
      client.write(bytes);
      if (isAccepted === true) client.write(WELCOME);
      if (isAccepted === false) client.end(refusal('password authentication failed'));
    };
    const handle = (received: Message): void => {
      if (received.type === 'X') client.end();
      else if (received.type === '' || received.type === 'p') handleLogin(received);
      else (session ?? assign())?.write(received.bytes);
    };

    const read = messageReader(true);
    client.on('data', (chunk: Buffer) => read(chunk).forEach(handle));
    client.on('close', () => {
      clients -= 1;
      // PgBouncer closes the session of a client that disconnects within a transaction.
      session?.destroy();
    });
  };

  const pooler = await serveSockets(talk);
  return {
    port: pooler.port,
    assigned,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await pooler[Symbol.asyncDispose]();
    },
  };
}
