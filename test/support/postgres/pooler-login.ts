import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { int32, type Message, message } from '../network/wire.ts';
import type { TestDatabase } from './databases.ts';

export const LOGIN_METHODS = ['plain', 'md5', 'scram-sha-256'] as const;
export type LoginMethod = (typeof LOGIN_METHODS)[number];

/** The answer of a pooler to a message of a client that logs in. */
interface Reply {
  readonly bytes: Buffer;
  /** Undefined until the login ends. */
  readonly isAccepted?: boolean;
}

/** The pooler's side of one login. The first call answers the startup message. */
export type Login = (received: Message) => Reply;

const NOTHING = Buffer.alloc(0);
const ITERATIONS = 4_096;

/** Combines steps, each of which answers one message of the client. */
function inSteps(...steps: readonly Login[]): Login {
  let next = 0;
  return (received) => steps[next++]?.(received) ?? { bytes: NOTHING, isAccepted: false };
}

const requests = (code: number, ...content: readonly (Buffer | string)[]): Login => {
  const bytes = message('R', int32(code), ...content);
  return () => ({ bytes });
};

const expects = (password: string): Login => {
  return ({ body }) => ({ bytes: NOTHING, isAccepted: body.toString() === `${password}\0` });
};

function md5(text: string | Buffer): string {
  return createHash('md5').update(text).digest('hex');
}

function md5Login({ role, password }: TestDatabase): Login {
  const salt = randomBytes(4);
  const hash = md5(Buffer.concat([Buffer.from(md5(password + role)), salt]));
  return inSteps(requests(5, salt), expects(`md5${hash}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Implements SCRAM-SHA-256. Source: RFC 5802 and 7677. */
function scramLogin({ password }: TestDatabase): Login {
  const salt = randomBytes(16);
  let clientFirst = '';
  let serverFirst = '';
  const challenge: Login = ({ body }) => {
    // The mechanism, a zero byte and a length precede `n,,` and the signed text.
    clientFirst = body.toString('utf8', body.indexOf(0) + 5).replace(/^n,,/, '');
    const nonce = (/r=(.*)$/.exec(clientFirst)?.[1] ?? '') + randomBytes(18).toString('base64');
    serverFirst = `r=${nonce},s=${salt.toString('base64')},i=${ITERATIONS}`;
    return { bytes: message('R', int32(11), serverFirst) };
  };
  const verdict: Login = ({ body }) => {
    const [, signed = '', proof = ''] = /^(.*),p=(.*)$/.exec(body.toString()) ?? [];
    const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const text = [clientFirst, serverFirst, signed].join();
    const mask = hmac(createHash('sha256').update(clientKey).digest(), text);
    const expected = Buffer.from(clientKey.map((byte, i) => byte ^ (mask[i] ?? 0)));
    const signature = hmac(hmac(salted, 'Server Key'), text).toString('base64');
    return expected.equals(Buffer.from(proof, 'base64'))
      ? { bytes: message('R', int32(12), `v=${signature}`), isAccepted: true }
      : { bytes: NOTHING, isAccepted: false };
  };
  return inSteps(requests(10, 'SCRAM-SHA-256\0\0'), challenge, verdict);
}

export function startLogin(method: LoginMethod, database: TestDatabase): Login {
  if (method === 'md5') return md5Login(database);
  if (method === 'scram-sha-256') return scramLogin(database);
  return inSteps(requests(3), expects(database.password));
}
