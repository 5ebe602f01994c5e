import { AnswerTooLarge, AwsError } from '../../aws/aws-request.ts';
import type { Problem } from '../../fleet/fleet-state.ts';
import type { Folding } from '../../fleet/fold.ts';
import type { Bucket } from '../../record/put-object.ts';
import { dayPrefix, parseRecordKey } from '../../record/record-key.ts';
import { decodeRunOf } from '../../record/recorded-run.ts';
import { getObject, type ListedObject } from '../../record/s3-client.ts';
import { forEachWithLimit } from './for-each-with-limit.ts';
import { listDay, MAX_OBJECTS } from './list-day.ts';
import { addOtherKeys, type OtherKeys } from './other-keys.ts';
import type { ReadingPlan } from './plan-reading.ts';

/** Objects that are requested at a time. */
const PARALLEL = 64;

/** Limit of an object of the record before decompression, in bytes. */
const MAX_OBJECT_BYTES = 4 * 1_048_576;

/** Which objects of the record are read. */
interface ReadPlan extends Omit<ReadingPlan, 'missedDays'> {
  readonly environment: string;
  readonly prefix: string | undefined;
}

/** What was read. */
export interface ReadResult {
  /** Objects in the listings, those that were read, and those of them that S3 refused. */
  readonly listed: number;
  readonly read: number;
  readonly refused: number;
  /** Keys of the objects that the next report has to read again: those that S3 refused, and runs of the future. */
  readonly pending: readonly string[];
  /** Keys of the other objects that cannot be used. They may be repaired, and are problems as long as they exist. */
  readonly unusable: readonly string[];
  /** Databases that have more objects on one day than are read. */
  readonly tooLarge: number;
  /** Days that were not read, or not to their end, because the time was over. */
  readonly unreadDays: readonly string[];
  /** The error of the first object that S3 refused. */
  readonly refusal: unknown;
}

interface Reading {
  readonly bucket: Bucket;
  readonly plan: ReadPlan;
  readonly folding: Pick<Folding, 'add' | 'close'>;
  readonly signal: AbortSignal;
  /** Receives the keys of the runs by hand and of the second runs, by database. */
  readonly otherKeys: OtherKeys;
  /** Whether the time suffices for another page of a listing, and its objects. */
  readonly hasTime: () => boolean;
}

interface Tally {
  listed: number;
  read: number;
  refused: number;
  refusal: unknown;
  readonly pending: Set<string>;
  readonly unusable: Set<string>;
  tooLarge: number;
}

function isWanted(
  { key, modified }: ListedObject,
  date: string,
  { since, listedUntil, again }: ReadPlan,
): boolean {
  // A time that cannot be parsed is no reason to leave an object out.
  return date > listedUntil || !(modified < since) || again.has(key);
}

/** Reads the object of a run; undefined if it has expired since the listing. */
async function read(
  { key, size }: ListedObject,
  date: string,
  { bucket, plan, signal }: Reading,
  tally: Tally,
): Promise<Parameters<Folding['add']>[0] | undefined> {
  const problem = (text: string): Problem => ({ object: key, date, problem: text });
  if (size > MAX_OBJECT_BYTES)
    return problem(`The object is larger than ${MAX_OBJECT_BYTES} bytes.`);
  try {
    const object = await getObject(bucket, key, MAX_OBJECT_BYTES, signal);
    if (object === undefined) return undefined;
    const decoded = decodeRunOf(key, object.body, plan.prefix);
    return 'run' in decoded ? decoded.run : problem(decoded.problem);
  } catch (error) {
    if (error instanceof AnswerTooLarge) return problem(`${error.message}`);
    if (!(error instanceof AwsError)) throw error;
    tally.refused += 1;
    tally.refusal ??= error;
    tally.pending.add(key);
    return problem(
      `S3 refused the object (${error.name}): allow the function to read it, and to use its key.`,
    );
  }
}

/** Returns the day in a key; empty for a text that is no key. */
export function dateIn(key: string): string {
  return /\/date=(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1] ?? '';
}

async function addObject(
  object: ListedObject,
  date: string,
  reading: Reading,
  tally: Tally,
): Promise<void> {
  const { plan, folding } = reading;
  const { key } = object;
  tally.read += 1;
  if (parseRecordKey(key, plan.prefix) === undefined) {
    folding.add({ object: key, date, problem: 'The key is not that of a run.' });
    tally.unusable.add(key);
    return;
  }
  const result = await read(object, date, reading, tally);
  const added = result && folding.add(result, { object: key, date });
  if (added === 'early') tally.pending.add(key);
  if (added === 'unusable') tally.unusable.add(key);
}

/** Reads one day; returns whether it was read to its end. */
async function readDay(date: string, reading: Reading, tally: Tally): Promise<boolean> {
  const { bucket, plan, folding, signal, otherKeys, hasTime } = reading;
  const prefix = dayPrefix(plan.environment, date, plan.prefix);
  const keys: string[] = [];
  let isFirst = true;
  for await (const { objects, tooLarge } of listDay(bucket, prefix, signal)) {
    if (!isFirst && !hasTime()) return false;
    isFirst = false;
    tally.listed += objects.length;
    tally.tooLarge += tooLarge.length;
    for (const object of tooLarge) {
      const problem = `The folder has more than ${MAX_OBJECTS} objects of one day: the others are not read.`;
      folding.add({ object, date, problem });
    }
    for (const { key } of objects) keys.push(key);
    const wanted = objects.filter((object) => isWanted(object, date, plan));
    await forEachWithLimit(wanted, PARALLEL, (object) => addObject(object, date, reading, tally));
  }
  addOtherKeys(otherKeys, keys, plan.prefix);
  return true;
}

/**
 * Reads the objects of the record, adds every run, and every object that is damaged, foreign or refused, to a fold, and closes
 * the days.
 *
 * @throws AwsError, AnswerTooLarge, or an error of the connection or of the signal: if a listing fails
 */
export async function readRecord(reading: Reading): Promise<ReadResult> {
  const tally: Tally = {
    listed: 0,
    read: 0,
    refused: 0,
    refusal: undefined,
    pending: new Set(),
    unusable: new Set(),
    tooLarge: 0,
  };
  const { days, again } = reading.plan;
  let done = 0;
  for (const date of days) {
    if (done > 0 && !reading.hasTime()) break;
    if (!(await readDay(date, reading, tally))) break;
    reading.folding.close(date);
    done += 1;
  }
  const readDays = new Set(days.slice(0, done));
  const unread = [...again].filter((key) => !readDays.has(dateIn(key)));
  return {
    ...tally,
    pending: [...new Set([...tally.pending, ...unread])],
    unusable: [...tally.unusable].filter((key) => !tally.pending.has(key)),
    unreadDays: days.slice(done),
  };
}
