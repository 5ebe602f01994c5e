import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as z from 'zod/mini';
import type { FleetState } from '../../fleet/fleet-state.ts';
import { toFleetState } from '../../fleet/parse-state.ts';

/** Limit of a state after decompression: 10,000 databases with 400 days have 70 MB. In bytes. */
const MAX_BYTES = 400 * 1_000_000;
/** Level 4 takes half the time of the usual level 6, for a state that is a tenth larger. */
const LEVEL = 4;

const time = z.iso.datetime();

const messageSchema = z.strictObject({
  id: z.string(),
  subject: z.string(),
  body: z.string(),
  claim: z.exactOptional(z.strictObject({ by: z.string(), until: time })),
});

/**
 * A message to the topic that has not been published yet.
 *
 * @property claim the report that publishes it, and until when no other one does; ISO 8601
 */
export type OutboxMessage = Readonly<z.infer<typeof messageSchema>>;

/**
 * Makes the schema of a value that an older state has not, or has in another form: both are replaced. zod's own `catch` would
 * add 9 kB to the start, because esbuild bundles all of zod's helpers with it.
 */
function replaceable<T>(schema: z.ZodMiniType<T>, replacement: T) {
  const replace = (value: unknown): T => schema.safeParse(value).data ?? replacement;
  return z.pipe(z.optional(z.unknown()), z.transform(replace));
}

const storedSchema = z.object({
  readUntil: time,
  pending: replaceable(z.array(z.string()), []),
  writer: replaceable(z.string(), ''),
  outbox: replaceable(z.array(messageSchema), []),
  digestDate: z.exactOptional(z.iso.date()),
});

/** What the next report needs beside the state of the fleet. */
export interface Stored {
  /** Objects that were written before this time have been read. ISO 8601. */
  readonly readUntil: string;
  /** Keys of the objects that could not be used, and that the next report reads again. */
  readonly pending: readonly string[];
  /** Identifies the report that wrote the state. */
  readonly writer: string;
  /** Messages that have not been published yet, the oldest first. */
  readonly outbox: readonly OutboxMessage[];
  /** Day of the latest digest. */
  readonly digestDate?: string;
}

/** The state of a fleet, and what the next report needs beside it. */
export interface StoredState extends Stored {
  readonly fleet: FleetState;
}

/** Returns the first line: everything but the databases. */
function headOf(rest: object): string {
  return `${JSON.stringify(rest).slice(0, -1)},"databases":{\n`;
}

/** Parses the first line. */
function parseHead(line: string) {
  const {
    stored,
    databases: _,
    ...rest
  }: Readonly<Record<string, unknown>> = {
    ...parseJson(`${line}}}`),
  };
  return { stored: storedSchema.safeParse(stored).data, rest };
}

/**
 * Writes the state as JSON, one database a line: a state of ten thousand databases is then read without its text in memory.
 */
function* linesOf({ fleet, ...stored }: StoredState): Generator<string> {
  const { databases, ...rest } = fleet;
  yield headOf({ ...rest, stored });
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
  const [encoded] = await Promise.all([
    buffer(gzip),
    pipeline(Readable.from(linesOf(state)), gzip),
  ]);
  return encoded;
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
  let head: ReturnType<typeof parseHead> | undefined;
  const databases: [string, unknown][] = [];
  for await (const line of lines) {
    if (head === undefined) head = parseHead(line);
    else if (line !== '}}') {
      databases.push(...Object.entries(parseJson(`{${line.replace(/,$/, '')}}`)));
    }
  }
  return {
    stored: head?.stored,
    fleet: toFleetState({ ...head?.rest, databases: Object.fromEntries(databases) }),
  };
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
    const { stored, fleet } = value;
    return fleet && stored && { ...stored, fleet };
  } catch {
    return undefined;
  } finally {
    lines.close();
  }
}

/** Yields the lines of an encoded state, of which the first one is replaced. */
async function* editLines(
  lines: AsyncIterable<string>,
  edit: (stored: Stored) => Stored,
): AsyncGenerator<string, void, undefined> {
  let isFirst = true;
  for await (const line of lines) {
    if (!isFirst) yield `${line}\n`;
    else {
      const { stored, rest } = parseHead(line);
      if (stored === undefined) throw new SyntaxError('The state has no valid beginning.');
      yield headOf({ ...rest, stored: edit(stored) });
    }
    isFirst = false;
  }
}

/**
 * Changes what an encoded state has beside the state of the fleet. The databases pass through line by line.
 *
 * @returns undefined for bytes that are damaged or of another version
 */
export async function editStored(
  bytes: Uint8Array,
  edit: (stored: Stored) => Stored,
): Promise<Buffer | undefined> {
  const limited = limitBytes();
  const lines = createInterface({ input: limited, crlfDelay: Number.POSITIVE_INFINITY });
  const gzip = createGzip({ level: LEVEL });
  try {
    const [edited] = await Promise.all([
      buffer(gzip),
      pipeline(editLines(lines, edit), gzip),
      pipeline(Readable.from([bytes]), createGunzip(), limited),
    ]);
    return edited;
  } catch {
    return undefined;
  } finally {
    lines.close();
  }
}
