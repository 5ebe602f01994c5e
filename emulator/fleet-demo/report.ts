import r2_5 from '../../docs/examples/2.5.2.json' with { type: 'json' };
import r2_23 from '../../docs/examples/2.23.1.json' with { type: 'json' };
import r2_28 from '../../docs/examples/2.28.3.json' with { type: 'json' };
import r2_29 from '../../docs/examples/2.29.2.json' with { type: 'json' };
import { chance, uuidOf } from './chance.ts';
import type { DemoDatabase } from './plan.ts';

const GIGABYTE = 1_000_000_000;

/** Sizes and counts of a database on one day. */
function figuresOf({ name, gigabytes, dailyGigabytes }: DemoDatabase, day: number) {
  const growth = dailyGigabytes * (day + chance(`${name} ${day}`));
  const volume = Math.round((gigabytes + growth) * GIGABYTE);
  const ratio = 4 + chance(`ratio ${name}`) * 14 + day / 90;
  const compressed = Math.round(volume * 0.6);
  const hypertables = 4 + Math.floor(chance(`hypertables ${name}`) * 30);
  return {
    volume,
    compressed,
    uncompressed: Math.round(compressed * ratio),
    hypertables,
    chunks: hypertables * (30 + day),
  };
}

type Figures = ReturnType<typeof figuresOf>;

/** Divides a size into tables, TOAST and indexes. */
function divide(bytes: number) {
  const heap = Math.round(bytes * 0.5);
  const toast = Math.round(bytes * 0.2);
  return { heap, toast, indexes: bytes - heap - toast };
}

/** Returns the hypertables of a report since 2.6.0. */
function hypertablesOf({ volume, compressed, uncompressed, hypertables, chunks }: Figures) {
  const [all, after, before] = [divide(volume), divide(compressed), divide(uncompressed)];
  return {
    ...r2_29.relations.hypertables,
    heap_size: all.heap,
    toast_size: all.toast,
    indexes_size: all.indexes,
    num_relations: hypertables,
    num_children: chunks,
    num_reltuples: Math.round(uncompressed / 90),
    compression: {
      ...r2_29.relations.hypertables.compression,
      compressed_heap_size: after.heap,
      compressed_toast_size: after.toast,
      compressed_indexes_size: after.indexes,
      uncompressed_heap_size: before.heap,
      uncompressed_toast_size: before.toast,
      uncompressed_indexes_size: before.indexes,
      num_compressed_hypertables: Math.ceil(hypertables / 2),
      num_compressed_chunks: Math.round(chunks * 0.8),
    },
  };
}

/** Returns the numbers of a report before 2.6.0, which are strings. */
function oldNumbersOf({ volume, compressed, uncompressed, hypertables }: Figures) {
  const [after, before] = [divide(compressed), divide(uncompressed)];
  return {
    data_volume: String(volume),
    num_hypertables: String(hypertables),
    num_compressed_hypertables: String(Math.ceil(hypertables / 2)),
    compressed_heap_size: String(after.heap),
    compressed_toast_size: String(after.toast),
    compressed_index_size: String(after.indexes),
    uncompressed_heap_size: String(before.heap),
    uncompressed_toast_size: String(before.toast),
    uncompressed_index_size: String(before.indexes),
  };
}

/** Returns the example of the releases that report the same fields. */
function exampleOf(timescaledb: string) {
  const minor = Number(timescaledb.split('.')[1]);
  if (minor < 28) return r2_23;
  return minor === 28 ? r2_28 : r2_29;
}

/**
 * Returns the text of a report: the example of its release, with figures that grow from day to day.
 *
 * @param day number of the day in the simulation, from 0
 */
export function demoReport(
  database: DemoDatabase,
  { timescaledb, postgresql }: { readonly timescaledb: string; readonly postgresql: string },
  day: number,
): string {
  const figures = figuresOf(database, day);
  const own = {
    db_uuid: uuidOf(database.name),
    exported_db_uuid: uuidOf(`exported ${database.name}`),
    postgresql_version: postgresql,
    timescaledb_version: timescaledb,
  };
  if (/^2\.[0-5]\./.test(timescaledb)) {
    return JSON.stringify({ ...r2_5, ...own, ...oldNumbersOf(figures) });
  }
  const example = exampleOf(timescaledb);
  return JSON.stringify({
    ...example,
    ...own,
    data_volume: figures.volume,
    relations: { ...example.relations, hypertables: hypertablesOf(figures) },
  });
}
