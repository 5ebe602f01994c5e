import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { listenOnFreePort } from '../../local/loopback.ts';

/** What one client said to the server, as far as PostgreSQL's protocol 3 names it. */
export interface Conversation {
  /** The parameters of the startup message. */
  startup: Record<string, string>;
  /** The types of the messages after it: `Q` is a simple query, `P` Parse, `X` Terminate. */
  readonly messages: string[];
  /** The SQL of the simple queries. */
  readonly queries: string[];
}

/** A proxy on loopback that lets everything through and listens to what the clients say. Plain text only. */
export interface WireProxy extends AsyncDisposable {
  readonly port: number;
  readonly conversations: readonly Conversation[];
}

function startupParameters(body: Buffer): Record<string, string> {
  const texts = body.subarray(4).toString('utf8').split('\0');
  const parameters: Record<string, string> = {};
  for (let i = 0; i + 1 < texts.length && texts[i] !== ''; i += 2) {
    parameters[texts[i] ?? ''] = texts[i + 1] ?? '';
  }
  return parameters;
}

/** Cuts the first whole message off; undefined while there is none. The startup message alone has no type. */
function nextMessage(bytes: Buffer, hasType: boolean) {
  const prefix = hasType ? 1 : 0;
  if (bytes.length < prefix + 4) return undefined;
  const end = prefix + bytes.readUInt32BE(prefix);
  if (bytes.length < end) return undefined;
  const type = String.fromCharCode(bytes[0] ?? 0);
  return { type, body: bytes.subarray(prefix + 4, end), rest: bytes.subarray(end) };
}

function listenTo(client: Socket, conversation: Conversation): void {
  let pending: Buffer = Buffer.alloc(0);
  let isStarted = false;
  client.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    let message = nextMessage(pending, isStarted);
    while (message !== undefined) {
      const { type, body, rest } = message;
      if (isStarted) conversation.messages.push(type);
      else conversation.startup = startupParameters(body);
      if (isStarted && type === 'Q')
        conversation.queries.push(body.toString('utf8', 0, body.length - 1));
      isStarted = true;
      pending = rest;
      message = nextMessage(pending, isStarted);
    }
  });
}

export async function startWireProxy(serverPort: number): Promise<WireProxy> {
  const conversations: Conversation[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const conversation: Conversation = { startup: {}, messages: [], queries: [] };
    conversations.push(conversation);
    const server = connect(serverPort, '127.0.0.1');
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    listenTo(client, conversation);
    client.pipe(server);
    server.pipe(client);
  });
  const port = await listenOnFreePort(proxy);
  return {
    port,
    conversations,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
