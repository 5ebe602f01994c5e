import { type LoopbackServer, listen, readBody } from './http-server.ts';
import { signatureProblem } from './signature.ts';

/** A message that was published. */
interface PublishedMessage {
  readonly topic: string;
  readonly subject: string;
  readonly body: string;
}

export interface Sns extends LoopbackServer {
  readonly messages: readonly PublishedMessage[];
}

export interface SnsOptions {
  /** Returns the error code of requests that are refused, by the number of the request from 0. */
  readonly refuse?: (count: number) => string | undefined;
  /** Is awaited before the answer to an accepted message. */
  readonly hold?: (message: PublishedMessage) => Promise<void>;
}

/** Limits of SNS. */
const MAX_SUBJECT = 100;
const MAX_BYTES = 262_144;

/** Returns why SNS would not accept a message. */
function problemOf({ subject, body }: PublishedMessage): string | undefined {
  // ASCII that begins with a letter, a digit or punctuation.
  const isSubject = /^[\x21-\x7e][\x20-\x7e]*$/.test(subject) && subject.length <= MAX_SUBJECT;
  return isSubject && body !== '' && Buffer.byteLength(subject + body) <= MAX_BYTES
    ? undefined
    : 'InvalidParameter';
}

/** Starts an SNS on loopback, which accepts Publish. It checks every signature, and the limits of a message. */
export async function startSns({ refuse, hold }: SnsOptions = {}): Promise<Sns> {
  const messages: PublishedMessage[] = [];
  let count = 0;
  const server = await listen(async (request, response) => {
    const content = await readBody(request);
    const form = new URLSearchParams(content.toString('utf8'));
    const message = {
      topic: form.get('TopicArn') ?? '',
      subject: form.get('Subject') ?? '',
      body: form.get('Message') ?? '',
    };
    const code =
      signatureProblem(request, content) ?? refuse?.(count) ?? problemOf(message) ?? undefined;
    count += 1;
    if (code === undefined) {
      messages.push(message);
      await hold?.(message);
      response.end('<PublishResponse><PublishResult/></PublishResponse>');
      return;
    }
    const status = code === 'InternalError' ? 500 : code === 'InvalidParameter' ? 400 : 403;
    response
      .writeHead(status)
      .end(`<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`);
  });
  return Object.assign(server, { messages });
}
