import { createHmac, pbkdf2Sync } from 'node:crypto';
import { expect } from 'vitest';
import { startProxy } from '../network/sockets.ts';
import { int32, message, messageReader } from '../network/wire.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { secretFor, startWorld } from '../run/world.ts';

/** The server's answer to one message of its client, one buffer for each message. */
export type Answer = readonly Buffer[];

/** All answers of a server in one session; the first is to the startup message. */
type Session = readonly Answer[];

/** Methods of authentication. */
export const LOGINS = ['trust', 'clear-text password', 'md5', 'scram'] as const;
export type Login = (typeof LOGINS)[number];

/** A recorded session of a real server. Its login is stored apart, so that it can be replayed with another method. */
export interface Recording {
  readonly name: string;
  /** AuthenticationOk and the messages after it. */
  readonly welcome: Answer;
  /** AuthenticationSASL and AuthenticationSASLContinue, with the nonce of the recorded client. */
  readonly scram: readonly [Answer, Answer];
  /** Answers to the queries and to Terminate. */
  readonly answers: Session;
}

const AUTHENTICATION = 'R'.charCodeAt(0);
const SASL_FINAL = 12;

function isSaslFinal(frame: Buffer): boolean {
  return frame[0] === AUTHENTICATION && frame.readInt32BE(5) === SASL_FINAL;
}

/** Runs send-report from its sources once against a database, and records the server's answers. */
export async function recordSession(name: string, database: TestDatabase): Promise<Recording> {
  const sessions: Buffer[][][] = [];
  await using proxy = await startProxy(database.port, ({ client, server }) => {
    const answers: Buffer[][] = [];
    sessions.push(answers);
    const readClient = messageReader(true);
    const readServer = messageReader(false);
    return {
      fromClient(chunk) {
        for (const _ of readClient(chunk)) answers.push([]);
        server.write(chunk);
      },
      fromServer(chunk) {
        const frames = readServer(chunk).map(({ bytes }) => Buffer.from(bytes));
        answers.at(-1)?.push(...frames);
        client.write(chunk);
      },
    };
  });
  await using world = await startWorld({
    secret: secretFor(database, { port: proxy.port }),
    split: false,
  });
  const { outcome } = await world.run({ event: { ignoreSchedule: true } });
  expect(outcome, `the run of ${name}, which is recorded`).toMatchObject({ outcome: 'sent' });
  expect(sessions, `the sessions of ${name}`).toHaveLength(1);
  const [first = [], second = [], third = [], ...answers] = sessions[0] ?? [];
  return {
    name,
    welcome: third.filter((frame) => !isSaslFinal(frame)),
    scram: [first, second],
    answers,
  };
}

/** Computes the server's signature in SCRAM. Source: RFC 5802, section 3. */
function scramSignature(password: string, first: string, heard: readonly string[]): string {
  const attribute = (name: string): string =>
    first
      .split(',')
      .find((one) => one.startsWith(`${name}=`))
      ?.slice(2) ?? '';
  const salted = pbkdf2Sync(
    password,
    Buffer.from(attribute('s'), 'base64'),
    Number(attribute('i')),
    32,
    'sha256',
  );
  const key = createHmac('sha256', salted).update('Server Key').digest();
  const [initial = '', final = ''] = heard;
  const bare = initial.slice(initial.indexOf('n=*'));
  const withoutProof = final.slice(0, final.lastIndexOf(',p='));
  return createHmac('sha256', key).update(`${bare},${first},${withoutProof}`).digest('base64');
}

/** Answers one message of a client. */
export type Responder = (body: Buffer) => Answer;

/** Length of the client's nonce in node-postgres. */
const NONCE_LENGTH = 24;

function respondToScram({ scram, welcome }: Recording, password: string): readonly Responder[] {
  const [[mechanisms], [challenge]] = scram;
  const heard: string[] = [];
  let first = '';
  return [
    () => [mechanisms ?? Buffer.alloc(0)],
    (body) => {
      heard.push(body.toString('utf8'));
      const [initial = ''] = heard;
      const nonce = initial.slice(initial.lastIndexOf('r=') + 2);
      const recorded = challenge?.toString('utf8', 9) ?? '';
      first = `r=${nonce}${recorded.slice(2 + NONCE_LENGTH)}`;
      return [message('R', int32(11), first)];
    },
    (body) => {
      heard.push(body.toString('utf8'));
      const signature = scramSignature(password, first, heard);
      return [message('R', int32(SASL_FINAL), `v=${signature}`), ...welcome];
    },
  ];
}

/**
 * Returns the answers of a server with this login method, in order. They serve one client: SCRAM has state.
 *
 * @param password of the client
 */
export function respondersOf(
  recording: Recording,
  login: Login,
  password: string,
): readonly Responder[] {
  const { welcome, answers } = recording;
  const before: Readonly<Record<Login, () => readonly Responder[]>> = {
    trust: () => [() => welcome],
    'clear-text password': () => [() => [message('R', int32(3))], () => welcome],
    md5: () => [() => [message('R', int32(5), 'salt')], () => welcome],
    scram: () => respondToScram(recording, password),
  };
  return [...before[login](), ...answers.map((answer) => () => answer)];
}
