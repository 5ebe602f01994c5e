import { existsSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { RUNTIME_PATH } from './runtime-api.ts';

/**
 * The parts of Lambda's runtime for Node.js that a function can observe. Loads the handler that `_HANDLER` names from
 * LAMBDA_TASK_ROOT, and calls it for one invocation after the other. An error outside the handler ends the process without an
 * answer. Modelled on aws-lambda-ric 4.0.2, which `npm run test:ric` uses instead.
 */
const { AWS_LAMBDA_RUNTIME_API = '', LAMBDA_TASK_ROOT = '', _HANDLER = '' } = process.env;
const [hostname, port] = AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

type Handler = (event: unknown, context: unknown) => unknown;

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function send(
  method: 'GET' | 'POST',
  path: string,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, agent, method, path: RUNTIME_PATH + path, headers },
      (response) => {
        text(response).then(
          (answer) => resolve({ headers: response.headers, body: answer }),
          reject,
        );
      },
    );
    sent.on('error', reject).end(body);
  });
}

function describe(thrown: unknown): { errorType: string; errorMessage: string; trace: string[] } {
  if (!(thrown instanceof Error)) {
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  }
  const { name, message, stack = '' } = thrown;
  return { errorType: name, errorMessage: message, trace: stack.split('\n') };
}

/** Writes an error with all its enumerable properties, as Lambda does for functions with the log format JSON. */
function logError(requestId: string, thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const message = {
    errorType: error.constructor.name,
    errorMessage: error.message,
    stackTrace: error.stack?.split('\n'),
    ...error,
  };
  const timestamp = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ timestamp, level: 'ERROR', requestId, message })}\n`);
}

async function postError(path: string, requestId: string, thrown: unknown): Promise<void> {
  logError(requestId, thrown);
  const document = describe(thrown);
  await send('POST', path, JSON.stringify(document), {
    'content-type': 'application/vnd.aws.lambda.error+json',
    'Lambda-Runtime-Function-Error-Type': document.errorType,
  });
}

async function loadHandler(): Promise<Handler> {
  const [, moduleName = '', exportName = ''] = /^([^.]*)\.(.*)$/.exec(basename(_HANDLER)) ?? [];
  const path = join(LAMBDA_TASK_ROOT, dirname(_HANDLER), moduleName);
  const extension = ['', '.js', '.mjs', '.cjs'].find((one) => existsSync(path + one));
  if (extension === undefined) {
    const error = new Error(`Cannot find module '${moduleName}'`);
    throw Object.assign(error, { name: 'Runtime.ImportModuleError' });
  }
  const module: Record<string, unknown> = await import(pathToFileURL(path + extension).href);
  const handler = module[exportName];
  if (typeof handler !== 'function') throw new TypeError(`${_HANDLER} is not a function`);
  return (event, context) => handler(event, context);
}

function contextOf(headers: IncomingHttpHeaders): { awsRequestId: string } {
  const header = (name: string): string => String(headers[`lambda-runtime-${name}`]);
  const deadlineMs = Number(header('deadline-ms'));
  return Object.assign(
    {
      awsRequestId: header('aws-request-id'),
      invokedFunctionArn: header('invoked-function-arn'),
      xRayTraceId: header('trace-id'),
      getRemainingTimeInMillis: () => deadlineMs - Date.now(),
    },
    {
      functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
      functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
      memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
      logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'],
      logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    },
  );
}

async function processInvocation(handler: Handler, { headers, body }: Answer): Promise<void> {
  const context = contextOf(headers);
  process.env['_X_AMZN_TRACE_ID'] = String(headers['lambda-runtime-trace-id']);
  const path = `/invocation/${encodeURIComponent(context.awsRequestId)}`;
  let result: string;
  try {
    result = JSON.stringify((await handler(JSON.parse(body), context)) ?? null);
  } catch (error) {
    await postError(`${path}/error`, context.awsRequestId, error);
    return;
  }
  await send('POST', `${path}/response`, result, { 'content-type': 'application/json' });
}

/** Returns undefined after the last invocation, when the sandbox has closed the connection. */
async function nextInvocation(): Promise<Answer | undefined> {
  return send('GET', '/invocation/next').catch(() => undefined);
}

async function start(): Promise<void> {
  let handler: Handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    await postError('/init/error', '-', error);
    throw error;
  }
  for (;;) {
    const invocation = await nextInvocation();
    // The process exits here, unless the function has left something open.
    if (invocation === undefined) return;
    await processInvocation(handler, invocation);
  }
}

await start();
