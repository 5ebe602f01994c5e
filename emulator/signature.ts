import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LOCAL_CREDENTIALS } from './lambda/invoke.ts';

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]+)\/([^/]+)\/aws4_request), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** The greatest difference of the two clocks that S3 accepts. */
const MAX_SKEW_MS = 900_000;

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalQuery({ searchParams }: URL): string {
  return [...searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
}

/** Parses a time such as `20261125T130000Z`. */
function timeOf(text: string): number {
  return Date.parse(
    text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

/** S3 signs a path as it is encoded in the URL; the other services encode it once more. */
function canonicalPath({ pathname }: URL, service: string): string {
  return service === 's3' ? pathname : pathname.split('/').map(encode).join('/');
}

/**
 * Checks the signature of a request with version 4 of AWS's signing process.
 *
 * @returns the error code for a wrong signature, by S3's names; undefined for a right one
 */
export function signatureProblem(request: IncomingMessage, body: Uint8Array): string | undefined {
  const [, keyId, scope = '', date = '', region = '', service = '', names = '', signature] =
    AUTHORIZATION.exec(request.headers.authorization ?? '') ?? [];
  if (keyId === undefined) return 'AccessDenied';
  if (keyId !== LOCAL_CREDENTIALS.AWS_ACCESS_KEY_ID) return 'InvalidAccessKeyId';
  if (request.headers['x-amz-security-token'] !== LOCAL_CREDENTIALS.AWS_SESSION_TOKEN) {
    return 'InvalidToken';
  }
  const signedAt = String(request.headers['x-amz-date']);
  if (!(Math.abs(Date.now() - timeOf(signedAt)) < MAX_SKEW_MS)) return 'RequestTimeTooSkewed';
  const bodyHash = String(request.headers['x-amz-content-sha256']);
  if (/^[0-9a-f]{64}$/.test(bodyHash) && bodyHash !== sha256(body)) {
    return 'XAmzContentSHA256Mismatch';
  }
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const headers = names.split(';');
  // Without these, an attacker could change the request.
  if (!['host', 'x-amz-date', 'x-amz-content-sha256'].every((name) => headers.includes(name))) {
    return 'AccessDenied';
  }
  const canonical = [
    request.method,
    canonicalPath(url, service),
    canonicalQuery(url),
    ...headers.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    names,
    bodyHash,
  ].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Uint8Array>(
    hmac,
    `AWS4${LOCAL_CREDENTIALS.AWS_SECRET_ACCESS_KEY}`,
  );
  const text = ['AWS4-HMAC-SHA256', signedAt, scope, sha256(canonical)].join('\n');
  return hmac(key, text).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch';
}
