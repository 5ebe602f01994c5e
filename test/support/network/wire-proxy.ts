import { startProxy } from './sockets.ts';
import { messageReader, startupParameters } from './wire.ts';

/** What one client said to the server, as far as PostgreSQL's protocol 3 names it. */
interface Conversation {
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

/** Hears the bytes of one client. */
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
