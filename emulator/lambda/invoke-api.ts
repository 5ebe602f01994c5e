import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, listen, readBody } from '../http-server.ts';
import { signatureProblem } from '../signature.ts';
import type { FunctionPool } from './function-pool.ts';
import type { Answered } from './invoke.ts';

/** Lambda's limit of a synchronous request and of its answer, in bytes. */
const MAX_BYTES = 6_291_556;

/** An answer of Lambda. */
export interface LambdaAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One invocation that has arrived. */
export interface Exchange {
  readonly functionArn: string;
  readonly event: unknown;
  readonly headers: IncomingMessage['headers'];
  /** Invokes the function. */
  readonly run: () => Promise<LambdaAnswer>;
}

export interface InvokeApiOptions {
  /** Returns an answer in place of Lambda's; undefined for Lambda's own. A promise that never ends is no answer. */
  readonly interfere?: (
    exchange: Exchange,
  ) => Promise<LambdaAnswer | undefined> | LambdaAnswer | undefined;
}

/** Lambda's API for synchronous invocations, on loopback. */
export interface InvokeApi extends LoopbackServer {
  /** Every invocation that has arrived so far. */
  readonly exchanges: readonly Omit<Exchange, 'run'>[];
  /** The lines that the functions have written. */
  readonly log: readonly string[];
}

/** Makes an error of Lambda itself, such as `TooManyRequestsException`. */
export function lambdaError(status: number, type: string): LambdaAnswer {
  return {
    status,
    headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/` },
    body: JSON.stringify({ Type: 'User', Message: 'refused by the local Lambda' }),
  };
}

/** Makes the error of a function. */
export function functionError(errorType: string, errorMessage: string): LambdaAnswer {
  return {
    status: 200,
    headers: { 'x-amz-function-error': 'Unhandled' },
    body: JSON.stringify({ errorType, errorMessage, trace: [] }),
  };
}

/** Makes the answer of a function that has returned. */
export function functionResult(body: string): LambdaAnswer {
  return Buffer.byteLength(body) > MAX_BYTES
    ? functionError(
        'Function.ResponseSizeTooLarge',
        `Response payload size exceeded maximum allowed payload size (${MAX_BYTES} bytes).`,
      )
    : { status: 200, headers: { 'x-amz-executed-version': '$LATEST' }, body };
}

function toAnswer(answered: Answered): LambdaAnswer {
  return 'value' in answered
    ? functionResult(JSON.stringify(answered.value))
    : functionError(answered.error.name, answered.error.message);
}

function send(response: ServerResponse, { status, headers, body }: LambdaAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * Starts Lambda's API for synchronous invocations. It checks every signature.
 *
 * @param functions by their ARNs
 */
export async function startInvokeApi(
  functions: Readonly<Record<string, Pick<FunctionPool, 'invoke'>>>,
  { interfere = () => undefined }: InvokeApiOptions = {},
): Promise<InvokeApi> {
  const exchanges: Omit<Exchange, 'run'>[] = [];
  const log: string[] = [];

  const answer = async (request: IncomingMessage, body: Buffer): Promise<LambdaAnswer> => {
    const [, name = ''] = PATH.exec(request.url ?? '') ?? [];
    const functionArn = decodeURIComponent(name);
    const problem = signatureProblem(request, body);
    if (problem !== undefined) return lambdaError(403, 'InvalidSignatureException');
    if (request.headers['x-amz-invocation-type'] !== 'RequestResponse') {
      return lambdaError(400, 'InvalidParameterValueException');
    }
    if (body.byteLength > MAX_BYTES) return lambdaError(413, 'RequestTooLargeException');
    const event: unknown = JSON.parse(body.toString('utf8'));
    const exchange = { functionArn, event, headers: request.headers };
    exchanges.push(exchange);
    const run = async (): Promise<LambdaAnswer> => {
      const invoked = functions[functionArn];
      if (invoked === undefined) return lambdaError(404, 'ResourceNotFoundException');
      const answered = await invoked.invoke(event);
      log.push(...answered.log, ...answered.runtimeLog);
      return toAnswer(answered);
    };
    return (await interfere({ ...exchange, run })) ?? run();
  };

  const server = await listen(async (request, response) =>
    send(response, await answer(request, await readBody(request))),
  );
  return Object.assign(server, { exchanges, log });
}
