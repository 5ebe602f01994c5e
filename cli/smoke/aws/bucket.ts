import { AwsError, requestAws } from '../../../lib/aws/aws-request.ts';
import { type Bucket, urlOf } from '../../../lib/record/put-object.ts';
import { decodeRunOf, type RecordedRun } from '../../../lib/record/recorded-run.ts';
import { getObject, listObjects } from '../../../lib/record/s3-client.ts';
import { SmokeError } from '../step.ts';
import { type AwsClient, endpointOf } from './client.ts';

/** Limit of an object, in bytes. */
const MAX_OBJECT_BYTES = 4 * 1_048_576;

export async function openBucket(client: AwsClient, bucket: string): Promise<Bucket> {
  return { ...(await client.caller()), bucket, endpoint: endpointOf(client, 'S3') };
}

/** Deletes an object, or the bucket for an empty key. */
async function remove(bucket: Bucket, key: string, signal: AbortSignal): Promise<void> {
  const request = { service: 's3', method: 'DELETE', url: urlOf(bucket, key) } as const;
  try {
    await requestAws(request, bucket, signal);
  } catch (error) {
    // The answer of a deletion has no content.
    if (!(error instanceof AwsError && error.status === 204)) throw error;
  }
}

export async function bucketExists(bucket: Bucket, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _page of listObjects(bucket, '', signal)) return true;
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.name === 'NoSuchBucket') return false;
    throw error;
  }
}

/** Deletes a bucket with all its objects, and returns their number. */
export async function deleteBucket(bucket: Bucket, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const page of listObjects(bucket, '', signal)) {
    for (const { key } of page) {
      await remove(bucket, key, signal);
      count += 1;
    }
  }
  await remove(bucket, '', signal);
  return count;
}

/**
 * Returns the recorded run of a key; undefined if it does not exist.
 *
 * @throws SmokeError if the object is no run
 */
export async function recordedRun(
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<RecordedRun | undefined> {
  const object = await getObject(bucket, key, MAX_OBJECT_BYTES, signal);
  if (object === undefined) return undefined;
  const decoded = decodeRunOf(key, object.body, undefined);
  if ('run' in decoded) return decoded.run;
  throw new SmokeError(
    `An object of the record cannot be used: ${decoded.problem}`,
    'Report this: it is a defect in timescaledb-telemetry.',
  );
}

/** Returns the keys that begin with a prefix. */
export async function keysIn(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const page of listObjects(bucket, prefix, signal)) {
    keys.push(...page.map(({ key }) => key));
  }
  return keys;
}
