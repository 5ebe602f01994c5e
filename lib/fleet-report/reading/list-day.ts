import type { Bucket } from '../../record/put-object.ts';
import { type ListedObject, listObjects } from '../../record/s3-client.ts';

/**
 * Objects of one database and day that are read. A tick an hour with retries and runs by hand has far fewer, so that more of
 * them come from a sender that loops.
 */
export const MAX_OBJECTS = 1_000;

/** A part of a day. */
interface DayPage {
  /** In the order of the keys, at most `MAX_OBJECTS` of each folder. */
  readonly objects: readonly ListedObject[];
  /** Keys of the folders that have more objects. */
  readonly tooLarge: readonly string[];
}

/** The console of S3 creates an empty object for a folder. */
function isFolder({ key, size }: ListedObject): boolean {
  return size === 0 && key.endsWith('/');
}

/** Returns the folder of an object below a prefix, such as `database=orders/`; empty for none. */
function folderOf({ key }: ListedObject, prefix: string): string {
  return key.slice(prefix.length, key.indexOf('/', prefix.length) + 1);
}

/** Counts the objects of each folder, in the order of their keys. */
class FolderCounter {
  readonly #prefix: string;
  #folder = '';
  #count = 0;

  /** @param prefix that of the day */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Counts the objects of a page, and leaves out those of a folder beyond the limit. */
  admit(page: readonly ListedObject[]): DayPage {
    const tooLarge: string[] = [];
    const objects = page.filter((object) => {
      if (isFolder(object)) return false;
      const folder = folderOf(object, this.#prefix);
      if (folder !== this.#folder) this.#count = 0;
      this.#folder = folder;
      this.#count += 1;
      if (this.#count === MAX_OBJECTS + 1) tooLarge.push(`${this.#prefix}${folder}`);
      return this.#count <= MAX_OBJECTS;
    });
    return { objects, tooLarge };
  }

  /** Returns a text between the keys of the last folder and those that follow, if that folder is full; else undefined. */
  endOfFull(): string | undefined {
    if (this.#count <= MAX_OBJECTS || this.#folder === '') return undefined;
    const next = String.fromCharCode('/'.charCodeAt(0) + 1);
    return `${this.#prefix}${this.#folder.slice(0, -1)}${next}`;
  }
}

/** Lists the objects of one day up to the end of the page on which a folder is full; returns where to continue. */
async function* listUntilFull(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
  after: string | undefined,
): AsyncGenerator<DayPage, string | undefined, undefined> {
  const counter = new FolderCounter(prefix);
  for await (const page of listObjects(bucket, prefix, signal, after)) {
    yield counter.admit(page);
    const end = counter.endOfFull();
    if (end !== undefined) return end;
  }
  return undefined;
}

/**
 * Lists the objects of one day, page by page. Skips the rest of a folder with too many objects, so that a sender that loops
 * costs one request more, and not one for each thousand of its objects.
 *
 * @param prefix that of the day
 * @throws AwsError, AnswerTooLarge, or an error of the connection or of the signal
 */
export async function* listDay(
  bucket: Bucket,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<DayPage, void, undefined> {
  let after: string | undefined;
  do after = yield* listUntilFull(bucket, prefix, signal, after);
  while (after !== undefined);
}
