import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync } from 'node:zlib';
import type { Bucket } from '../../record/put-object.ts';
import { getObject, listObjects, type StoredObject, writeObject } from '../../record/s3-client.ts';
import { type FleetObject, fleetKey, fleetPrefix } from '../reading/keys.ts';
import { decodeState, type StoredState } from '../reading/stored-state.ts';

/** Limits of the objects that are read, in bytes. */
const MAX_STATE_BYTES = 100 * 1_048_576;
const MAX_FLEET_BYTES = 64 * 1_048_576;

/** The state in the bucket. */
interface ReadState {
  /** Undefined if it does not exist, or is damaged. */
  readonly state: StoredState | undefined;
  /** Null if it does not exist. */
  readonly etag: string | null;
}

/** An encoded state in the bucket, and its tag. */
export type StateObject = StoredObject;

/** The results of the reports of one environment, in its bucket. All functions throw the errors of the S3 client. */
export interface Results {
  readState(): Promise<ReadState>;
  /**
   * Writes an encoded state.
   *
   * @param replaces ETag of the state that was read; null for none
   * @returns the ETag; undefined if another report has written a state since then
   */
  replaceState(body: Uint8Array, replaces: string | null): Promise<string | undefined>;
  /** Returns the encoded state; undefined if it does not exist. */
  readStateObject(): Promise<StateObject | undefined>;
  writePage(content: AsyncIterable<string>): Promise<void>;
  writeFleet(content: Iterable<string>): Promise<void>;
  /** Returns the JSON of the fleet; undefined if it does not exist. */
  readFleet(): Promise<Buffer | undefined>;
}

async function compress(content: AsyncIterable<string> | Iterable<string>): Promise<Buffer> {
  const gzip = createGzip();
  const [compressed] = await Promise.all([buffer(gzip), pipeline(Readable.from(content), gzip)]);
  return compressed;
}

/** Opens the results of an environment. */
export function openResults(
  bucket: Bucket,
  environment: string,
  prefix: string | undefined,
  signal: AbortSignal,
): Results {
  const keyOf = (object: FleetObject) => fleetKey(object, environment, prefix);
  // S3 answers 403 for a missing object if the role may list only some prefixes of the bucket.
  const exists = async (key: string): Promise<boolean> => {
    for await (const page of listObjects(bucket, fleetPrefix(environment, prefix), signal)) {
      if (page.some((object) => object.key === key)) return true;
    }
    return false;
  };
  const get = async (object: FleetObject, maxBytes: number) => {
    const key = keyOf(object);
    return (await exists(key)) ? getObject(bucket, key, maxBytes, signal) : undefined;
  };
  const putCompressed = async (object: FleetObject, contentType: string, content: Buffer) => {
    const options = { contentType, contentEncoding: 'gzip' };
    await writeObject(bucket, keyOf(object), content, options, signal);
  };
  const readStateObject = () => get('state', MAX_STATE_BYTES);
  return {
    readStateObject,
    async readState() {
      const object = await readStateObject();
      if (object === undefined) return { state: undefined, etag: null };
      const state = await decodeState(object.body);
      const isOwn = state?.fleet.environment === environment;
      return { state: isOwn ? state : undefined, etag: object.etag };
    },
    async replaceState(body, replaces) {
      const options = { contentType: 'application/gzip', replaces };
      return writeObject(bucket, keyOf('state'), body, options, signal);
    },
    async writePage(content) {
      await putCompressed('page', 'text/html; charset=utf-8', await compress(content));
    },
    async writeFleet(content) {
      await putCompressed('fleet', 'application/json', await compress(content));
    },
    async readFleet() {
      const object = await get('fleet', MAX_FLEET_BYTES);
      return object && gunzipSync(object.body, { maxOutputLength: MAX_FLEET_BYTES });
    },
  };
}
