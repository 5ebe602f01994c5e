/** The recorded sizes of one compressed chunk. */
interface Recorded {
  readonly compressedChunk: number;
  /** Size of each part in bytes. */
  readonly size: number | string;
}

/** Returns the SQL for a hypertable with one compressed chunk, in releases from 2.0 to 2.8. */
export function chunkAndSizes(recorded: readonly Recorded[]): string {
  const rows = recorded.map(
    ({ compressedChunk, size }) => `(1, ${compressedChunk}, ${Array(6).fill(size).join(', ')})`,
  );
  return `
    create table measured (at int);
    create table _timescaledb_internal.chunk_1 (at int);
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name) values (1, 'public', 'measured');
    insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name, status)
      values (1, 1, '_timescaledb_internal', 'chunk_1', 1);
    insert into _timescaledb_catalog.compression_chunk_size (chunk_id, compressed_chunk_id,
      uncompressed_heap_size, uncompressed_toast_size, uncompressed_index_size,
      compressed_heap_size, compressed_toast_size, compressed_index_size)
    values ${rows.join(', ')};`;
}
