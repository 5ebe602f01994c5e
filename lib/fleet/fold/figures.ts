import type { FiguresGroup } from '../database-state.ts';

type Json = Readonly<Record<string, unknown>>;

/** Figures that a report has; see `FiguresGroup`. */
export type Figures = Omit<FiguresGroup, 'at'>;

/** Kinds of relations that have chunks; releases without a kind do not have its key. */
const KINDS = [
  'hypertables',
  'continuous_aggregates',
  'distributed_hypertables_access_node',
  'distributed_hypertables_data_node',
] as const;

/** Length of the longest version that is kept. */
const MAX_VERSION_LENGTH = 64;

function objectAt(json: Json, key: string): Json {
  const value = Object.hasOwn(json, key) ? json[key] : undefined;
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Reads a count or a size: an integer, or digits in a string before 2.6.0. Null for any other value. */
function numberAt(json: Json, key: string): number | null {
  const value = Object.hasOwn(json, key) ? json[key] : undefined;
  const isText = typeof value === 'string' && /^\d{1,20}$/.test(value);
  const number = isText ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function versionAt(json: Json, key: string): string | null {
  const value = Object.hasOwn(json, key) ? json[key] : undefined;
  return typeof value === 'string' && value !== '' && value.length <= MAX_VERSION_LENGTH
    ? value
    : null;
}

/** Adds the known numbers; null if none is known. */
function sum(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
}

const PARTS = ['heap', 'toast', 'indexes'] as const;
/** The names before 2.6.0. */
const OLD_PARTS = ['heap', 'toast', 'index'] as const;

/** Figures of `relations`, which reports have since 2.6.0. */
function newFigures(report: Json, relations: Json) {
  const kinds = KINDS.map((kind) => objectAt(relations, kind));
  const compressions = kinds.map((kind) => objectAt(kind, 'compression'));
  const sizes = (state: string) =>
    sum(compressions.flatMap((one) => PARTS.map((part) => numberAt(one, `${state}_${part}_size`))));
  return {
    dataVolume: numberAt(report, 'data_volume'),
    hypertables: numberAt(objectAt(relations, 'hypertables'), 'num_relations'),
    chunks: sum(kinds.map((kind) => numberAt(kind, 'num_children'))),
    compressedChunks: sum(compressions.map((one) => numberAt(one, 'num_compressed_chunks'))),
    uncompressedBytes: sizes('uncompressed'),
    compressedBytes: sizes('compressed'),
  };
}

/** Figures of the releases before 2.6.0, which do not report chunks. */
function oldFigures(report: Json) {
  const sizes = (state: string) =>
    sum(OLD_PARTS.map((part) => numberAt(report, `${state}_${part}_size`)));
  return {
    dataVolume: numberAt(report, 'data_volume'),
    hypertables: numberAt(report, 'num_hypertables'),
    chunks: null,
    compressedChunks: null,
    uncompressedBytes: sizes('uncompressed'),
    compressedBytes: sizes('compressed'),
  };
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the figures of a report of any release; undefined for a text that is not a JSON object. */
export function readFigures(report: string): Figures | undefined {
  const json = parseObject(report);
  if (json === undefined) return undefined;
  const relations = objectAt(json, 'relations');
  return {
    postgresql: versionAt(json, 'postgresql_version'),
    timescaledb: versionAt(json, 'timescaledb_version'),
    ...(Object.hasOwn(json, 'relations') ? newFigures(json, relations) : oldFigures(json)),
  };
}

/** Returns the uncompressed divided by the compressed size; null without compressed data. */
export function compressionRatio({
  uncompressedBytes,
  compressedBytes,
}: Pick<Figures, 'uncompressedBytes' | 'compressedBytes'>): number | null {
  return uncompressedBytes === null || compressedBytes === null || compressedBytes === 0
    ? null
    : uncompressedBytes / compressedBytes;
}
