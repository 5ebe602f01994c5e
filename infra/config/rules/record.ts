import { check } from '../../../lib/config/validate.ts';
import { type DeployPlace, recordBucketName } from '../../naming.ts';
import type { RecordBucket } from '../resolved-environment.ts';
import { recordSchema } from '../schema.ts';
import { resolveBucketKey } from './secret-reference.ts';

/**
 * Resolves the key `record` to a bucket; undefined if the record is turned off.
 *
 * @param problems receives the problems, each of which begins with its key
 */
export function resolveRecord(
  record: unknown,
  place: DeployPlace,
  problems: string[],
): RecordBucket | undefined {
  if (record === false) return undefined;
  const created: RecordBucket = { name: recordBucketName(place), isCreated: true };
  if (record === true) return created;
  if (typeof record !== 'object' || record === null) {
    problems.push('record: must be true, false, or an object with bucket, prefix or kmsKey');
    return created;
  }
  const checked = check('record', recordSchema, record, problems);
  if (checked === undefined) return created;
  const { bucket, prefix, kmsKey } = checked;
  const ofKey: string[] = [];
  const keyArn = kmsKey === undefined ? undefined : resolveBucketKey(kmsKey, place, ofKey);
  problems.push(...ofKey.map((problem) => `record ${problem}`));
  return {
    ...(bucket === undefined ? created : { name: bucket, isCreated: false }),
    ...(prefix !== undefined && { prefix }),
    ...(keyArn !== undefined && { keyArn }),
  };
}
