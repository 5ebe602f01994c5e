import { AnswerTooLarge, AwsError } from '../../aws/aws-request.ts';
import type { Problem } from '../../fleet/fleet-state.ts';
import type { Folding } from '../../fleet/fold.ts';
import { dayOf, formatDay } from '../../fleet/history.ts';
import type { Bucket } from '../../record/put-object.ts';
import { dayPrefix, parseRecordKey } from '../../record/record-key.ts';
import { decodeRunOf } from '../../record/recorded-run.ts';
import { getObject, type ListedObject, listObjects } from '../../record/s3-client.ts';
import { forEachWithLimit } from './for-each-with-limit.ts';

/** Objects that are requested at a time. */
const PARALLEL = 64;

/** Limit of an object of the record before decompression, in bytes. */
const MAX_OBJECT_BYTES = 4 * 1_048_576;

/** Which objects of the record are read. */
interface ReadPlan {
  readonly environment: string;
  readonly prefix: string | undefined;
  /** Days such as `2026-11-28`, in the order in which they are read. */
  readonly days: readonly string[];
  /** Objects that were written before this time are left out; in milliseconds since 1970. */
  readonly since: number;
  /** Keys of objects that are read in any case. */
  readonly again: ReadonlySet<string>;
}

/** What was read. */
export interface ReadResult {
  /** Objects in the listings, those that were read, and those of them that S3 refused. */
  readonly listed: number;
  readonly read: number;
  readonly refused: number;
  /** Days that were not read because the time was over. */
  readonly unreadDays: readonly string[];
  /** The error of the first object that S3 refused. */
  readonly refusal: unknown;
}

/** A run that was recorded under a key which its tick does not determine: by hand, or a second run of a tick. */
export type OtherKeys = Map<string, string[]>;

interface Reading {
  readonly bucket: Bucket;
  readonly plan: ReadPlan;
  readonly folding: Pick<Folding, 'add' | 'close'>;
  readonly signal: AbortSignal;
  /** Receives the keys of the runs by hand and of the second runs, by database. */
  readonly otherKeys: OtherKeys;
  /** Whether the time suffices for another day. */
  readonly hasTime: () => boolean;
}

interface Tally {
  listed: number;
  read: number;
  refused: number;
  refusal: unknown;
}

function isWanted({ key, modified }: ListedObject, { since, again }: ReadPlan): boolean {
  // A time that cannot be parsed is no reason to leave an object out.
  return !(modified < since) || again.has(key);
}

/** The console of S3 creates an empty object for a folder. */
function isFolder({ key, size }: ListedObject): boolean {
  return size === 0 && key.endsWith('/');
}

async function read(
  { key, size }: ListedObject,
  { bucket, plan, signal }: Reading,
  tally: Tally,
): Promise<Parameters<Folding['add']>[0] | undefined> {
  const date = formatDay(dayOf(parseRecordKey(key, plan.prefix)?.time ?? 0));
  const problem = (text: string): Problem => ({ object: key, date, problem: text });
  if (size > MAX_OBJECT_BYTES)
    return problem(`The object is larger than ${MAX_OBJECT_BYTES} bytes.`);
  try {
    const object = await getObject(bucket, key, MAX_OBJECT_BYTES, signal);
    // It has expired since the listing.
    if (object === undefined) return undefined;
    const decoded = decodeRunOf(key, object.body, plan.prefix);
    return 'run' in decoded ? decoded.run : problem(decoded.problem);
  } catch (error) {
    if (error instanceof AnswerTooLarge) return problem(`${error.message}`);
    if (!(error instanceof AwsError)) throw error;
    tally.refused += 1;
    tally.refusal ??= error;
    return problem(
      `S3 refused the object (${error.name}): allow the function to read it, and to use its key.`,
    );
  }
}

function noteOtherKey(key: string, { plan, otherKeys }: Reading): void {
  const run = parseRecordKey(key, plan.prefix);
  if (run === undefined || (run.attempt !== 'hand' && run.repeatedAt === undefined)) return;
  otherKeys.set(run.database, [...(otherKeys.get(run.database) ?? []), key]);
}

async function readDay(date: string, reading: Reading, tally: Tally): Promise<void> {
  const { bucket, plan, folding, signal } = reading;
  const prefix = dayPrefix(plan.environment, date, plan.prefix);
  for await (const page of listObjects(bucket, prefix, signal)) {
    const objects = page.filter((object) => !isFolder(object));
    tally.listed += objects.length;
    for (const { key } of objects) noteOtherKey(key, reading);
    const wanted = objects.filter((object) => isWanted(object, plan));
    await forEachWithLimit(wanted, PARALLEL, async (object) => {
      tally.read += 1;
      if (parseRecordKey(object.key, plan.prefix) === undefined) {
        folding.add({ object: object.key, date, problem: 'The key is not that of a run.' });
        return;
      }
      const result = await read(object, reading, tally);
      if (result !== undefined) folding.add(result);
    });
  }
}

/**
 * Reads the objects of the record, adds every run, and every object that is damaged, foreign or refused, to a fold, and closes
 * the days.
 *
 * @throws AwsError, AnswerTooLarge, or an error of the connection or of the signal: if a listing fails
 */
export async function readRecord(reading: Reading): Promise<ReadResult> {
  const tally: Tally = { listed: 0, read: 0, refused: 0, refusal: undefined };
  const { days } = reading.plan;
  let done = 0;
  for (const date of days) {
    if (done > 0 && !reading.hasTime()) break;
    await readDay(date, reading, tally);
    reading.folding.close(date);
    done += 1;
  }
  return { ...tally, unreadDays: days.slice(done) };
}
