import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, listen, readBody } from '../http-server.ts';

/** Version 2018-06-01 of Lambda's Runtime API. */
export const RUNTIME_PATH = '/2018-06-01/runtime';

/** The document in which a runtime describes an error to Lambda. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** The end of an invocation: the handler's JSON text, or an error. */
export type RuntimeAnswer = { readonly body: string } | { readonly error: ErrorDocument };

/** One invocation as the runtime receives it. */
interface RuntimeInvocation {
  readonly requestId: string;
  readonly event: unknown;
  readonly functionArn: string;
  /** Returns the deadline in milliseconds since 1970; called when the runtime takes the invocation. */
  readonly startDeadline: () => number;
}

/** Lambda's Runtime API for one process, which has one invocation at a time. */
export interface RuntimeApi extends AsyncDisposable {
  /** Value of AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the runtime is initialized and waits for an invocation. */
  untilIdle(): Promise<void>;
  /** Resolves with the runtime's answer, or with the error of its initialization. */
  invoke(invocation: RuntimeInvocation): Promise<RuntimeAnswer>;
  /** Answers a pending invocation for a runtime that has ended. */
  abandon(error: ErrorDocument): void;
}

interface Pending {
  readonly invocation: RuntimeInvocation;
  readonly answer: (answer: RuntimeAnswer) => void;
  isTaken: boolean;
}

function acknowledge(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}\n');
}

function refuse(response: ServerResponse, status: number, errorType: string): void {
  const errorMessage = 'refused by the local Runtime API';
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ errorType, errorMessage }));
}

function isErrorDocument(value: unknown): value is ErrorDocument {
  return (
    typeof value === 'object' &&
    value !== null &&
    'errorType' in value &&
    typeof value.errorType === 'string' &&
    'errorMessage' in value &&
    typeof value.errorMessage === 'string'
  );
}

/**
 * Parses the body of an error.
 *
 * @throws if it has no type or no message, which is a defect of the runtime
 */
function parseError(body: Buffer): ErrorDocument {
  const document: unknown = JSON.parse(body.toString('utf8'));
  if (!isErrorDocument(document))
    throw new TypeError('The runtime posted an error without a type.');
  return document;
}

/** Sends an invocation with the headers of Lambda's documentation. */
function hand(response: ServerResponse, pending: Pending): void {
  const { requestId, event, functionArn, startDeadline } = pending.invocation;
  pending.isTaken = true;
  response.writeHead(200, {
    'content-type': 'application/json',
    'Lambda-Runtime-Aws-Request-Id': requestId,
    'Lambda-Runtime-Deadline-Ms': String(Math.round(startDeadline())),
    'Lambda-Runtime-Invoked-Function-Arn': functionArn,
    'Lambda-Runtime-Trace-Id': `Root=1-${requestId.slice(0, 8)}-${'0'.repeat(24)};Sampled=0`,
  });
  response.end(JSON.stringify(event ?? null));
}

/** Starts the Runtime API on loopback: next, response, error and init/error. */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  let pending: Pending | undefined;
  let waiting: ServerResponse | undefined;
  let initError: ErrorDocument | undefined;
  const idle = Promise.withResolvers<void>();

  const settle = (answer: RuntimeAnswer): void => {
    const answered = pending;
    pending = undefined;
    answered?.answer(answer);
  };
  const handOver = (): void => {
    if (waiting === undefined || pending === undefined || pending.isTaken) return;
    hand(waiting, pending);
    waiting = undefined;
  };
  const takeAnswer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, id = '', kind = ''] = /\/invocation\/([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? [];
    const body = await readBody(request);
    if (decodeURIComponent(id) !== pending?.invocation.requestId) {
      refuse(response, 400, 'InvalidRequestID');
      return;
    }
    acknowledge(response);
    settle(kind === 'error' ? { error: parseError(body) } : { body: body.toString('utf8') });
  };

  const routes: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void> | void>
  > = {
    'GET /invocation/next': (_request, response) => {
      waiting = response;
      idle.resolve();
      handOver();
    },
    'POST /init/error': async (request, response) => {
      initError = parseError(await readBody(request));
      acknowledge(response);
      settle({ error: initError });
    },
    'POST /invocation/ID/response': takeAnswer,
    'POST /invocation/ID/error': takeAnswer,
  };
  const server: LoopbackServer = await listen(
    (request, response) => {
      const path = (request.url ?? '').replace(RUNTIME_PATH, '');
      const route = path.replace(/^\/invocation\/[^/]+\//, '/invocation/ID/');
      const answer = routes[`${request.method} ${route}`];
      if (answer === undefined) return refuse(response, 404, 'InvalidPath');
      return answer(request, response);
    },
    // A frozen process does not notice that its connection was closed, and would lose the invocation.
    { keepAliveMs: 0 },
  );
  return {
    address: new URL(server.url).host,
    untilIdle: () => idle.promise,
    async invoke(invocation) {
      if (initError !== undefined) return { error: initError };
      if (pending !== undefined) throw new TypeError('A process has one invocation at a time.');
      const { promise, resolve } = Promise.withResolvers<RuntimeAnswer>();
      pending = { invocation, answer: resolve, isTaken: false };
      handOver();
      return promise;
    },
    abandon(error) {
      idle.resolve();
      settle({ error });
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
