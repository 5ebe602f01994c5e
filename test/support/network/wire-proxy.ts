import { startProxy } from './sockets.ts';
import { messageReader, startupParameters } from './wire.ts';

/** The messages of one client in PostgreSQL's protocol 3. */
interface Conversation {
  /** The parameters of the startup message. */
  startup: Record<string, string>;
  /** The types of the messages after it: `Q` is a simple query, `P` Parse, `X` Terminate. */
  readonly messages: string[];
  /** The SQL of the simple queries. */
  readonly queries: string[];
}

/** A plain-text proxy on loopback that changes nothing and records the clients' messages. */
export interface WireProxy extends AsyncDisposable {
  readonly port: number;
  readonly conversations: readonly Conversation[];
}

/** Returns a function that adds a client's bytes to its conversation. */
function listenTo(conversation: Conversation): (chunk: Buffer) => void {
  const read = messageReader(true);
  return (chunk) => {
    for (const { type, body } of read(chunk)) {
      if (type === '') conversation.startup = startupParameters(body);
      else conversation.messages.push(type);
      if (type === 'Q') conversation.queries.push(body.toString('utf8', 0, body.length - 1));
    }
  };
}

export async function startWireProxy(serverPort: number): Promise<WireProxy> {
  const conversations: Conversation[] = [];
  const proxy = await startProxy(serverPort, ({ server }) => {
    const conversation: Conversation = { startup: {}, messages: [], queries: [] };
    conversations.push(conversation);
    const hear = listenTo(conversation);
    return {
      fromClient(chunk) {
        hear(chunk);
        server.write(chunk);
      },
    };
  });
  return { ...proxy, conversations };
}
