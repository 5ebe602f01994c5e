import { parseRecordKey } from '../../record/record-key.ts';

/** Keys of a database that are kept: as many objects are searched for the text of a report. */
const MAX_KEYS = 20;

/**
 * Keys of the runs, by database, that were recorded under a key which their tick does not determine: by hand, or as the second
 * run of a tick. The newest first.
 */
export type OtherKeys = Map<string, string[]>;

/**
 * Adds such keys among those of one day, which is earlier than the days before.
 *
 * @param keys all keys of the day, in their order
 */
export function addOtherKeys(
  otherKeys: OtherKeys,
  keys: readonly string[],
  prefix: string | undefined,
): void {
  for (const key of keys.toReversed()) {
    const run = parseRecordKey(key, prefix);
    if (run === undefined || (run.attempt !== 'hand' && run.repeatedAt === undefined)) continue;
    const known = otherKeys.get(run.database) ?? [];
    if (known.length === 0) otherKeys.set(run.database, known);
    if (known.length < MAX_KEYS) known.push(key);
  }
}
