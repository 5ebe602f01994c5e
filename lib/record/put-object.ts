import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathOf, suffixOf } from '../aws/addresses.ts';
import { type AwsCaller, AwsError, requestAws } from '../aws/aws-request.ts';

/** A service that is overloaded is asked a second time, after this wait. */
const WAIT_MS = 200;

/** A bucket, and as whom it is accessed. */
export interface Bucket extends AwsCaller {
  readonly bucket: string;
  /** Another endpoint than that of S3 in this region, `https:` or on loopback. */
  readonly endpoint?: string | undefined;
}

/** Returns the URL of an object, or of the bucket for an empty key. The certificate of S3 does not cover bucket names with dots. */
export function urlOf({ bucket, region, endpoint }: Bucket, key: string): URL {
  const path = pathOf(key);
  if (endpoint !== undefined) return new URL(`/${bucket}/${path}`, endpoint);
  return bucket.includes('.')
    ? new URL(`https://s3.${region}.${suffixOf(region)}/${bucket}/${path}`)
    : new URL(`https://${bucket}.s3.${region}.${suffixOf(region)}/${path}`);
}

/** Puts the object once. Returns whether it was created; it is not where an object has its key already. */
async function putOnce(
  bucket: Bucket,
  key: string,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  const headers = {
    'content-type': 'application/gzip',
    'if-none-match': '*',
    // A bucket with Object Lock requires a checksum.
    'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
  };
  try {
    const request = {
      service: 's3',
      method: 'PUT',
      url: urlOf(bucket, key),
      headers,
      body,
    } as const;
    await requestAws(request, bucket, signal);
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.status === 412) return false;
    throw error;
  }
}

/**
 * Creates an object, and tries a second time after a temporary error. Never replaces an object.
 *
 * @returns false if the key had an object before the first attempt
 * @throws AwsError, or an error of the connection or of the signal
 */
export async function putObject(
  bucket: Bucket,
  key: string,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await putOnce(bucket, key, body, signal);
  } catch (error) {
    if (signal.aborted || (error instanceof AwsError && !error.isTemporary)) throw error;
    await sleep(WAIT_MS, undefined, { signal });
    // The first attempt may have created the object, although its answer was lost.
    await putOnce(bucket, key, body, signal);
    return true;
  }
}
