import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { FleetState } from '../../fleet/fleet-state.ts';
import { toFleetState } from '../../fleet/parse-state.ts';

/** Limit of a state after decompression: 10,000 databases with 400 days have 70 MB. In bytes. */
const MAX_BYTES = 400 * 1_000_000;
/** Level 4 takes half the time of the usual level 6, for a state that is a tenth larger. */
const LEVEL = 4;

/** The state of a fleet, and what the next report needs beside it. */
export interface StoredState {
  readonly fleet: FleetState;
  /** Objects that were written before this time have been read. ISO 8601. */
  readonly readUntil: string;
  /** Keys of the objects that could not be used, and that the next report reads again. */
  readonly pending: readonly string[];
  /** Identifies the report that wrote the state. */
  readonly writer: string;
  /** Day of the latest digest. */
  readonly digestDate?: string;
}

/**
 * Writes the state as JSON, one database a line: a state of ten thousand databases is then read without its text in memory.
 */
function* linesOf({ fleet, ...stored }: StoredState): Generator<string> {
  const { databases, ...rest } = fleet;
  yield `${JSON.stringify({ ...rest, stored }).slice(0, -1)},"databases":{\n`;
  let separator = '';
  for (const [name, database] of Object.entries(databases)) {
    yield `${separator}${JSON.stringify(name)}:${JSON.stringify(database)}`;
    separator = ',\n';
  }
  yield '\n}}\n';
}

/** Encodes a state as compressed JSON. */
export async function encodeState(state: StoredState): Promise<Buffer> {
  const gzip = createGzip({ level: LEVEL });
  const chunks: Buffer[] = [];
  gzip.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = once(gzip, 'end');
  await pipeline(Readable.from(linesOf(state)), gzip);
  await end;
  return Buffer.concat(chunks);
}

function limitBytes(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      done(bytes > MAX_BYTES ? new RangeError('The state is too large.') : null, chunk);
    },
  });
}

function parseJson(text: string): object {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new SyntaxError('The JSON is no object.');
  return value;
}

async function parseLines(lines: AsyncIterable<string>) {
  let head: object | undefined;
  const databases: [string, unknown][] = [];
  for await (const line of lines) {
    if (head === undefined) head = parseJson(`${line}}}`);
    else if (line !== '}}') {
      databases.push(...Object.entries(parseJson(`{${line.replace(/,$/, '')}}`)));
    }
  }
  const { stored, ...rest }: { readonly stored?: unknown } = head ?? {};
  return { stored, fleet: { ...rest, databases: Object.fromEntries(databases) } };
}

function textOf(object: unknown, key: string): string | undefined {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key))
    return undefined;
  const value: unknown = Reflect.get(object, key);
  return typeof value === 'string' ? value : undefined;
}

function textsOf(object: unknown, key: string): readonly string[] {
  const value: unknown = Object(object)[key];
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** Decodes a state; undefined for bytes that are damaged or of another version. */
export async function decodeState(bytes: Uint8Array): Promise<StoredState | undefined> {
  const limited = limitBytes();
  const lines = createInterface({ input: limited, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    const [value] = await Promise.all([
      parseLines(lines),
      pipeline(Readable.from([bytes]), createGunzip(), limited),
    ]);
    const { stored } = value;
    const fleet = toFleetState(value.fleet);
    const readUntil = textOf(stored, 'readUntil') ?? '';
    if (fleet === undefined || Number.isNaN(Date.parse(readUntil))) return undefined;
    const digestDate = textOf(stored, 'digestDate');
    return {
      fleet,
      readUntil,
      pending: textsOf(stored, 'pending'),
      writer: textOf(stored, 'writer') ?? '',
      ...(digestDate !== undefined && { digestDate }),
    };
  } catch {
    return undefined;
  } finally {
    lines.close();
  }
}
