import { setTimeout as sleep } from 'node:timers/promises';
import { suffixOf } from '../../../lib/aws/addresses.ts';
import {
  type AwsCaller,
  AwsError,
  type AwsRequest,
  requestAws,
} from '../../../lib/aws/aws-request.ts';

/** Limit of an answer, in bytes: ten messages of a queue. */
const MAX_BYTES = 4 * 1_048_576;
/** Limit of one request, in milliseconds. A queue is waited for 10 s. */
const REQUEST_MS = 30_000;
/** Attempts of a request that may be repeated, and the wait between them in milliseconds. */
const ATTEMPTS = 3;
const WAIT_MS = 1_000;
/** Statuses of successful answers without content: an accepted event, and a deleted object. */
const WITHOUT_CONTENT: readonly number[] = [202, 204];

/** The services whose results the trial looks at: the name in the SDK's variables for endpoints, and the host. */
const SERVICES = {
  sts: ['STS', 'sts'],
  cloudformation: ['CLOUDFORMATION', 'cloudformation'],
  monitoring: ['CLOUDWATCH', 'monitoring'],
  logs: ['CLOUDWATCH_LOGS', 'logs'],
  sqs: ['SQS', 'sqs'],
  lambda: ['LAMBDA', 'lambda'],
} as const;
type Service = keyof typeof SERVICES;

/** The variables that name other endpoints, as the AWS SDK reads them. */
export type Endpoints = Readonly<Record<string, string | undefined>>;

/** AWS as the trial sees it, with the credentials of the shell. */
export interface AwsClient {
  readonly region: string;
  readonly endpoints: Endpoints;
  /** Returns a caller whose credentials have not expired. */
  caller(): Promise<AwsCaller>;
}

/** Creates a client with the credentials of the shell, as AWS's SDK finds them. */
export async function createAwsClient(
  region: string,
  endpoints: Endpoints,
): Promise<AwsClient & Disposable> {
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  const sdk = new LambdaClient({ region });
  return {
    region,
    endpoints,
    caller: async () => ({ region, credentials: await sdk.config.credentials() }),
    [Symbol.dispose]: () => sdk.destroy(),
  };
}

/** Returns the endpoint that the variables name for a service; undefined for that of the region. */
export function endpointOf({ endpoints }: AwsClient, name: string): string | undefined {
  return endpoints[`AWS_ENDPOINT_URL_${name}`] ?? endpoints['AWS_ENDPOINT_URL'];
}

interface Request {
  readonly method?: 'GET' | 'PUT' | 'POST';
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the request may be sent again if its answer is lost. */
  readonly isRepeatable?: boolean;
}

async function sendOnce(request: AwsRequest, client: AwsClient, signal: AbortSignal) {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]);
    return (await requestAws(request, await client.caller(), limit)).body.toString('utf8');
  } catch (error) {
    if (error instanceof AwsError && WITHOUT_CONTENT.includes(error.status)) return '';
    throw error;
  }
}

/**
 * Sends a request to a service, and returns the text of its answer. It is repeated after a temporary error.
 *
 * @throws AwsError, or an error of the connection or of the signal
 */
export async function send(
  client: AwsClient,
  service: Service,
  { method = 'POST', path = '/', headers = {}, body, isRepeatable = true }: Request,
  signal: AbortSignal,
): Promise<string> {
  const [name, host] = SERVICES[service];
  const { region } = client;
  const base = endpointOf(client, name) ?? `https://${host}.${region}.${suffixOf(region)}`;
  const request = {
    service,
    method,
    url: new URL(path, base),
    headers,
    ...(body !== undefined && { body: Buffer.from(body) }),
    maxBytes: MAX_BYTES,
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sendOnce(request, client, signal);
    } catch (error) {
      const isFinal = error instanceof AwsError && !error.isTemporary;
      if (isFinal || !isRepeatable || signal.aborted || attempt === ATTEMPTS) throw error;
      await sleep(WAIT_MS, undefined, { signal });
    }
  }
}

/** Sends a request of AWS's query protocol, whose answer is XML. */
export function query(
  client: AwsClient,
  service: 'sts' | 'cloudformation' | 'monitoring',
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams(parameters).toString();
  return send(client, service, { headers, body }, signal);
}

/** Sends a request of AWS's JSON protocol. */
export async function callJson(
  client: AwsClient,
  service: 'logs' | 'sqs',
  target: string,
  input: object,
  signal: AbortSignal,
): Promise<unknown> {
  const headers = {
    'content-type': `application/x-amz-json-${service === 'sqs' ? '1.0' : '1.1'}`,
    'x-amz-target': target,
  };
  const answer = await send(client, service, { headers, body: JSON.stringify(input) }, signal);
  const value: unknown = answer === '' ? undefined : JSON.parse(answer);
  return value;
}

/** Returns the text of the first element of that name in an XML document. */
export function elementIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}
