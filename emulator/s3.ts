import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createFile } from '../lib/record/create-file.ts';
import { type LoopbackServer, listen, readBody } from './http-server.ts';
import { signatureProblem } from './signature.ts';

/** Number of keys in one page of a listing. */
const PAGE_SIZE = 1_000;

const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  BucketNotEmpty: 409,
  BadDigest: 400,
  XAmzContentSHA256Mismatch: 400,
  PreconditionFailed: 412,
  MethodNotAllowed: 405,
};

export interface S3Options {
  /** The only bucket. */
  readonly bucket: string;
  /** Whether `createBucket()` has to be called first. */
  readonly isCreatedLater?: boolean;
  /** Folder in which new objects are also written as files, by their keys. */
  readonly folder?: string | undefined;
  /** Returns the error code, such as `AccessDenied`, of requests that are refused; the key of a listing is its prefix. */
  readonly refuse?: (method: string, key: string) => string | undefined;
  /** Answers a request instead of S3, by the number of the request from 0; returns false to let S3 answer. */
  readonly interfere?: (response: ServerResponse, count: number) => boolean;
}

export interface S3 extends LoopbackServer {
  /** The objects, by their keys. */
  readonly objects: Map<string, Buffer>;
  /** When each object was written, in milliseconds since 1970; the present time for one that is not contained. */
  readonly modified: Map<string, number>;
  readonly hasBucket: () => boolean;
  createBucket(): void;
  /** Method, path and headers of every request so far. */
  readonly requests: readonly Pick<IncomingMessage, 'method' | 'url' | 'headers'>[];
}

function escapeXml(text: string): string {
  return text.replaceAll(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function fail(response: ServerResponse, code: string): void {
  response.writeHead(STATUS[code] ?? 403, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>local</Message></Error>`);
}

type Stored = Pick<S3, 'objects' | 'modified'>;

/** A successful answer, with status 200 unless there is another one. */
interface Answered {
  readonly body: string | Buffer;
  readonly etag: string;
  readonly status?: number;
}

/** Returns the ETag of an object; empty for none. */
function tagOf(body: Uint8Array | undefined): string {
  return body === undefined ? '' : `"${createHash('md5').update(body).digest('hex')}"`;
}

/** Writes one page of ListObjectsV2. A continuation token is the last key of the page before. */
function list({ searchParams }: URL, { objects, modified }: Stored): string {
  const prefix = searchParams.get('prefix') ?? '';
  const after = searchParams.get('continuation-token') ?? searchParams.get('start-after') ?? '';
  const size = Math.min(Number(searchParams.get('max-keys') ?? PAGE_SIZE), PAGE_SIZE);
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(prefix) && key > after)
    .toSorted();
  const page = keys.slice(0, size);
  const isTruncated = keys.length > page.length;
  const next = isTruncated
    ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>`
    : '';
  const contents = page.map((key) => {
    const time = new Date(modified.get(key) ?? Date.now()).toISOString();
    return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${time}</LastModified><ETag>${escapeXml(tagOf(objects.get(key)))}</ETag><Size>${objects.get(key)?.byteLength}</Size></Contents>`;
  });
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated><KeyCount>${page.length}</KeyCount>${contents.join('')}${next}</ListBucketResult>`;
}

/** Puts an object; returns the error code of S3, or undefined. */
async function put(
  key: string,
  { headers }: IncomingMessage,
  body: Buffer,
  { objects, modified }: Stored,
  { folder }: S3Options,
): Promise<string | undefined> {
  const checksum = headers['x-amz-checksum-sha256'];
  if (checksum !== undefined && checksum !== createHash('sha256').update(body).digest('base64')) {
    return 'BadDigest';
  }
  const isNew = headers['if-none-match'] === '*';
  if (isNew && objects.has(key)) return 'PreconditionFailed';
  const replaced = headers['if-match'];
  if (replaced !== undefined && !objects.has(key)) return 'NoSuchKey';
  if (replaced !== undefined && replaced !== tagOf(objects.get(key))) return 'PreconditionFailed';
  if (folder !== undefined && !(await createFile(join(folder, key), body)) && isNew) {
    return 'PreconditionFailed';
  }
  objects.set(key, body);
  modified.set(key, Date.now());
  return undefined;
}

/** Gets an object, or a listing for an empty key; returns its body or the error code of S3. */
function get(key: string, url: URL, stored: Stored) {
  const body = key === '' ? list(url, stored) : stored.objects.get(key);
  return body === undefined ? 'NoSuchKey' : { body, etag: tagOf(Buffer.from(body)) };
}

function refusalOf(method: string, key: string, { searchParams }: URL, { refuse }: S3Options) {
  return refuse?.(method, key === '' ? (searchParams.get('prefix') ?? '') : key);
}

/**
 * Starts an S3 with one bucket on loopback: PutObject, GetObject, DeleteObject, ListObjectsV2 and DeleteBucket. It checks every
 * signature.
 */
export async function startS3(options: S3Options): Promise<S3> {
  let hasBucket = options.isCreatedLater !== true;
  const objects = new Map<string, Buffer>();
  const modified = new Map<string, number>();
  const requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];

  function remove(key: string): string | Answered {
    if (key === '' && objects.size > 0) return 'BucketNotEmpty';
    if (key === '') hasBucket = false;
    objects.delete(key);
    return { body: '', etag: '', status: 204 };
  }

  /** Returns the answer to a request that is allowed, or the error code of S3. */
  async function execute(
    request: IncomingMessage,
    url: URL,
    key: string,
    body: Buffer,
  ): Promise<string | Answered> {
    switch (request.method) {
      case 'PUT':
        return (
          (await put(key, request, body, { objects, modified }, options)) ?? {
            body: '',
            etag: tagOf(body),
          }
        );
      case 'GET':
        return get(key, url, { objects, modified });
      case 'DELETE':
        return remove(key);
      default:
        return 'MethodNotAllowed';
    }
  }

  /** Returns the answer to a request, or the error code of S3. */
  async function perform(request: IncomingMessage, body: Buffer): Promise<string | Answered> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, bucket, ...rest] = decodeURIComponent(url.pathname).split('/');
    const key = rest.join('/');
    const exists = bucket === options.bucket && hasBucket;
    return (
      signatureProblem(request, body) ??
      (exists ? undefined : 'NoSuchBucket') ??
      refusalOf(request.method ?? '', key, url, options) ??
      execute(request, url, key, body)
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: path = '/', headers } = request;
    const body = await readBody(request);
    requests.push({ method, url: path, headers });
    if (options.interfere?.(response, requests.length - 1) === true) return;
    const result = await perform(request, body);
    if (typeof result === 'string') fail(response, result);
    else {
      const { body: content, etag, status = 200 } = result;
      response.writeHead(status, { etag }).end(content);
    }
  }

  return Object.assign(await listen(answer), {
    objects,
    modified,
    requests,
    hasBucket: () => hasBucket,
    createBucket: () => {
      hasBucket = true;
    },
  });
}
