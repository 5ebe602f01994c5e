import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { PRODUCT } from '../product.ts';

/** Limit of an error's XML document. */
const MAX_ERROR_BYTES = 4_096;
/** A service that is overloaded is asked a second time, after this wait. */
const WAIT_MS = 200;

/** Where objects are put, and as whom. */
export interface Bucket {
  readonly bucket: string;
  readonly region: string;
  /** Another endpoint than that of S3 in this region, `https:` or on loopback. */
  readonly endpoint?: string | undefined;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** An answer of S3 that is no success. Its name is the error code, such as `AccessDenied`. */
class S3Error extends Error {
  readonly isTemporary: boolean;

  constructor(status: number, code: string | undefined) {
    super(`S3 answered ${status}.`);
    this.name = code ?? String(status);
    this.isTemporary = status === 409 || status === 429 || status >= 500;
  }
}

/** SHA-256 or its HMAC, in the form that the signer expects. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret instanceof ArrayBuffer ? new Uint8Array(secret) : secret;
    this.#hash =
      key === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof key === 'string' ? key : bytesOf(key));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new TypeError('The signer resets no hash.');
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Returns the URL of an object. The certificate of S3 does not cover a bucket whose name has dots. */
function urlOf({ bucket, region, endpoint }: Bucket, key: string): URL {
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const path = key.split('/').map(encodeURIComponent).join('/');
  if (endpoint !== undefined) return new URL(`/${bucket}/${path}`, endpoint);
  return bucket.includes('.')
    ? new URL(`https://s3.${region}.${suffix}/${bucket}/${path}`)
    : new URL(`https://${bucket}.s3.${region}.${suffix}/${path}`);
}

/** Signs the request that creates an object and never replaces one. */
async function sign(url: URL, body: Uint8Array, { region, credentials }: Bucket) {
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const { headers } = await signer.sign({
    method: 'PUT',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    headers: {
      host: url.host,
      connection: 'close',
      'content-type': 'application/gzip',
      'content-length': String(body.byteLength),
      'if-none-match': '*',
      'user-agent': PRODUCT,
      // A bucket with Object Lock requires a checksum.
      'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
    },
    body,
  });
  return headers;
}

async function errorCodeIn(response: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(text)?.[1];
}

/** Puts the object once. Returns whether it was created; it is not where an object has its key already. */
async function putOnce(
  url: URL,
  body: Uint8Array,
  bucket: Bucket,
  signal: AbortSignal,
): Promise<boolean> {
  const headers = await sign(url, body, bucket);
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // An agent of its own: like the AWS SDK, it does not use the proxy of NODE_USE_ENV_PROXY, which carries the report.
    const request = start(url, { method: 'PUT', headers, signal, agent: false });
    request.on('error', reject);
    request.on('response', resolve);
    // For the status 101; without a listener the request would neither end nor fail.
    request.on('upgrade', (upgraded, socket) => {
      socket.destroy();
      resolve(upgraded);
    });
    request.end(body);
  });
  const { statusCode: status = 0 } = response;
  try {
    if (status === 200) return true;
    if (status === 412) return false;
    throw new S3Error(status, await errorCodeIn(response));
  } finally {
    response.destroy();
  }
}

/**
 * Creates an object, and tries a second time after a temporary error. Never replaces an object.
 *
 * @returns false if the key had an object before the first attempt
 * @throws S3Error, or an error of the connection or of the signal
 */
export async function putObject(
  bucket: Bucket,
  key: string,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  const url = urlOf(bucket, key);
  try {
    return await putOnce(url, body, bucket, signal);
  } catch (error) {
    if (signal.aborted || (error instanceof S3Error && !error.isTemporary)) throw error;
    await sleep(WAIT_MS, undefined, { signal });
    // The first attempt may have created the object, although its answer was lost.
    await putOnce(url, body, bucket, signal);
    return true;
  }
}
