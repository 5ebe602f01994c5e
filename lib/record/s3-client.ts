import { setTimeout as sleep } from 'node:timers/promises';
import {
  AnswerTooLarge,
  type AwsAnswer,
  AwsError,
  type AwsRequest,
  requestAws,
} from '../aws/aws-request.ts';
import { type Bucket, urlOf } from './put-object.ts';

/** Attempts of a request, and the wait before the second one in milliseconds. The wait doubles. */
const ATTEMPTS = 3;
const WAIT_MS = 200;
/** Limit of one attempt, in milliseconds. */
const ATTEMPT_MS = 20_000;

/** Limit of one page of a listing: a thousand keys of at most 1,024 bytes, which XML can lengthen. In bytes. */
const MAX_PAGE_BYTES = 8 * 1_048_576;

/** One object of a listing. */
export interface ListedObject {
  readonly key: string;
  /** Size in bytes. */
  readonly size: number;
  /** When it was written, in milliseconds since 1970. */
  readonly modified: number;
}

/** An object, and the tag that identifies its content. */
export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
}

/** Sends a request to a bucket, and repeats it after a temporary error. */
async function request(
  bucket: Bucket,
  key: string,
  rest: Pick<AwsRequest, 'method' | 'query' | 'headers' | 'body' | 'maxBytes'>,
  signal: AbortSignal,
): Promise<AwsAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const sent = { service: 's3', url: urlOf(bucket, key), ...rest } as const;
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]);
      return await requestAws(sent, bucket, limit);
    } catch (error) {
      const isFinal =
        error instanceof AwsError ? !error.isTemporary : error instanceof AnswerTooLarge;
      if (isFinal || attempt === ATTEMPTS || signal.aborted) throw error;
      await sleep(WAIT_MS * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function unescapeXml(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

function elementIn(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text === undefined ? undefined : unescapeXml(text);
}

function objectsIn(xml: string): readonly ListedObject[] {
  return [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, content = '']) => ({
    key: elementIn(content, 'Key') ?? '',
    size: Number(elementIn(content, 'Size')),
    modified: Date.parse(elementIn(content, 'LastModified') ?? ''),
  }));
}

/**
 * Lists the objects whose keys begin with a prefix, in the order of the keys, page by page.
 *
 * @param after begins with the first key after this one
 * @throws AwsError, AnswerTooLarge, or an error of the connection or of the signal
 */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
  after?: string,
): AsyncGenerator<readonly ListedObject[], void, undefined> {
  let token: string | undefined;
  do {
    const query = {
      'list-type': '2',
      prefix,
      ...(token !== undefined && { 'continuation-token': token }),
      ...(token === undefined && after !== undefined && { 'start-after': after }),
    };
    const { body } = await request(
      bucket,
      '',
      { method: 'GET', query, maxBytes: MAX_PAGE_BYTES },
      signal,
    );
    const xml = body.toString('utf8');
    yield objectsIn(xml);
    const next = elementIn(xml, 'NextContinuationToken');
    token = elementIn(xml, 'IsTruncated') === 'true' ? next : undefined;
  } while (token !== undefined);
}

/**
 * Gets an object; undefined if it does not exist.
 *
 * @param maxBytes limit of its size
 * @throws AwsError, AnswerTooLarge, or an error of the connection or of the signal
 */
export async function getObject(
  bucket: Bucket,
  key: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<StoredObject | undefined> {
  try {
    const { body, headers } = await request(bucket, key, { method: 'GET', maxBytes }, signal);
    return { body, etag: headers.etag ?? '' };
  } catch (error) {
    if (error instanceof AwsError && error.status === 404 && error.name === 'NoSuchKey') {
      return undefined;
    }
    throw error;
  }
}

/** How an object is written. */
export interface WriteOptions {
  readonly contentType: string;
  /** `gzip` for a body that a browser has to decompress. */
  readonly contentEncoding?: string;
  /** The present object's tag, or null if there must be none. Absent: any object is replaced. */
  readonly replaces?: string | null;
}

/**
 * Writes an object.
 *
 * @returns the tag of the object; undefined if the present one is not the one that `replaces` names, so that nothing was written
 * @throws AwsError, or an error of the connection or of the signal
 */
export async function writeObject(
  bucket: Bucket,
  key: string,
  body: Uint8Array,
  { contentType, contentEncoding, replaces }: WriteOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const headers = {
    'content-type': contentType,
    ...(contentEncoding !== undefined && { 'content-encoding': contentEncoding }),
    ...(replaces === null && { 'if-none-match': '*' }),
    ...(typeof replaces === 'string' && { 'if-match': replaces }),
  };
  try {
    const answer = await request(bucket, key, { method: 'PUT', headers, body }, signal);
    return answer.headers.etag ?? '';
  } catch (error) {
    // 409: another write of the same key is in progress.
    const isConflict = error instanceof AwsError && [409, 412].includes(error.status);
    if (isConflict && replaces !== undefined) return undefined;
    throw error;
  }
}
