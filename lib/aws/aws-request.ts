import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { SignatureV4 } from '@smithy/signature-v4';
import { PRODUCT } from '../product.ts';
import { encode } from './addresses.ts';
import { Sha256 } from './sha256.ts';

/** Limit of an error's document, in bytes. */
const MAX_ERROR_BYTES = 4_096;

/** Difference of the two clocks from which a refused request is signed again with the time of AWS, as the AWS SDK does. */
const MIN_SKEW_MS = 300_000;

/** The caller of a service of AWS. */
export interface AwsCaller {
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Keep connections open for further requests. Without them, each request has a connection of its own. */
  readonly agents?: Readonly<Record<'http:' | 'https:', Agent>>;
}

/** The variables of Lambda that name the region and the credentials of a function. */
export interface AwsVariables {
  readonly AWS_REGION?: string | undefined;
  readonly AWS_ACCESS_KEY_ID?: string | undefined;
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
  readonly AWS_SESSION_TOKEN?: string | undefined;
  /** Another endpoint than that of S3, as the AWS SDK reads it. */
  readonly AWS_ENDPOINT_URL_S3?: string | undefined;
}

/** One request to a service of AWS. */
export interface AwsRequest {
  readonly service:
    | 's3'
    | 'sns'
    | 'lambda'
    | 'sts'
    | 'cloudformation'
    | 'monitoring'
    | 'logs'
    | 'sqs';
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Without parameters. */
  readonly url: URL;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Limit of the answer's body, in bytes. Without it, the body of a successful answer is not read. */
  readonly maxBytes?: number;
}

/** A successful answer. */
export interface AwsAnswer {
  readonly headers: IncomingMessage['headers'];
  /** Empty unless the request has a limit for it. */
  readonly body: Buffer;
}

/** An answer of AWS that is no success. Its name is the error code, such as `AccessDenied`. */
export class AwsError extends Error {
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly isTemporary: boolean;

  constructor(status: number, code: string | undefined) {
    super(`AWS answered ${status}.`);
    this.name = code ?? String(status);
    this.status = status;
    this.isTemporary = status === 409 || status === 429 || status >= 500;
  }
}

/** The body of an answer is longer than the request allows. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

/** Returns the caller that the variables of a function name. */
export function callerOf(variables: AwsVariables, agents?: AwsCaller['agents']): AwsCaller {
  return {
    region: variables.AWS_REGION ?? '',
    credentials: {
      accessKeyId: variables.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: variables.AWS_SECRET_ACCESS_KEY ?? '',
      ...(variables.AWS_SESSION_TOKEN !== undefined && {
        sessionToken: variables.AWS_SESSION_TOKEN,
      }),
    },
    ...(agents !== undefined && { agents }),
  };
}

function targetOf({ url, query = {} }: AwsRequest): string {
  const parameters = Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&');
  return parameters === '' ? url.pathname : `${url.pathname}?${parameters}`;
}

/** @param signingDate the time of the signature */
async function sign(
  request: AwsRequest,
  { region, credentials, agents }: AwsCaller,
  signingDate: Date,
) {
  const { service, method, url, query, headers, body } = request;
  const signer = new SignatureV4({
    service,
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      ...(query !== undefined && { query: { ...query } }),
      headers: {
        host: url.host,
        ...(agents === undefined && { connection: 'close' }),
        ...(body !== undefined && { 'content-length': String(body.byteLength) }),
        'user-agent': PRODUCT,
        ...headers,
      },
      body,
    },
    { signingDate },
  );
  return signed.headers;
}

/** Returns the error code: services with JSON have it in a header, and those with XML in the document. */
async function errorCodeIn(response: IncomingMessage): Promise<string | undefined> {
  const header = response.headers['x-amzn-errortype'];
  if (typeof header === 'string') return /^[A-Za-z0-9.]{1,64}/.exec(header)?.[0];
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return /<Code>([A-Za-z0-9.]{1,64})<\/Code>/.exec(text)?.[1];
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    bytes += part.byteLength;
    if (bytes > maxBytes) throw new AnswerTooLarge(`The answer has more than ${maxBytes} bytes.`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

async function send(
  request: AwsRequest,
  caller: AwsCaller,
  signal: AbortSignal,
  signingDate = new Date(),
) {
  const { method, url, body } = request;
  const headers = await sign(request, caller, signingDate);
  const protocol = url.protocol === 'https:' ? 'https:' : 'http:';
  const start = protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise<IncomingMessage>((resolve, reject) => {
    // An agent of its own: like the AWS SDK, it does not use the proxy of NODE_USE_ENV_PROXY, which carries the report.
    const agent = caller.agents?.[protocol] ?? false;
    const sent = start(url, { method, path: targetOf(request), headers, signal, agent });
    sent.on('error', reject);
    sent.on('response', resolve);
    // For the status 101; without a listener the request would neither end nor fail.
    sent.on('upgrade', (upgraded, socket) => {
      socket.destroy();
      resolve(upgraded);
    });
    sent.end(body);
  });
}

/** Returns the time of AWS if it has refused a signature because of the time; undefined for any other answer. */
function timeOfRefusal({ statusCode, headers }: IncomingMessage): Date | undefined {
  if (statusCode !== 403 && statusCode !== 400) return undefined;
  const date = new Date(headers.date ?? '');
  return Math.abs(date.getTime() - Date.now()) >= MIN_SKEW_MS ? date : undefined;
}

/** Sends a request. If it was refused and the clock is wrong, sends it once more with the time of AWS. */
async function sendInTime(request: AwsRequest, caller: AwsCaller, signal: AbortSignal) {
  const response = await send(request, caller, signal);
  const date = timeOfRefusal(response);
  if (date === undefined) return response;
  response.destroy();
  return send(request, caller, signal, date);
}

/**
 * Sends one signed request. It is repeated only if it was refused and the clock is wrong.
 *
 * @throws AwsError, AnswerTooLarge, or an error of the connection or of the signal
 */
export async function requestAws(
  request: AwsRequest,
  caller: AwsCaller,
  signal: AbortSignal,
): Promise<AwsAnswer> {
  const response = await sendInTime(request, caller, signal);
  const { statusCode: status = 0, headers } = response;
  try {
    if (status !== 200) throw new AwsError(status, await errorCodeIn(response));
    const { maxBytes } = request;
    const body = maxBytes === undefined ? Buffer.alloc(0) : await readBody(response, maxBytes);
    return { headers, body };
  } finally {
    // A response that was read to its end has returned its connection to the agent.
    if (!response.readableEnded) response.destroy();
  }
}
