import { type HandmadeRelease, has, spans } from './catalogs.ts';

/** Returns the column that marks a compressed hypertable in a release, and its value. */
function compressionColumn(
  release: HandmadeRelease,
): readonly [name: string, value: number] | undefined {
  if (has(release, '2.29.0')) return ['status', 4];
  if (has(release, '2.0.0')) return ['compression_state', 1];
  return has(release, '1.5.0') ? ['compressed_hypertable_id', 3] : undefined;
}

function hypertable(
  release: HandmadeRelease,
  id: number,
  relation: string,
  compresses: boolean,
): string {
  const [schema, table] = relation.split('.');
  const column = compresses ? compressionColumn(release) : undefined;
  return `insert into _timescaledb_catalog.hypertable (id, schema_name, table_name${column ? `, ${column[0]}` : ''})
    values (${id}, '${schema}', '${table}'${column ? `, ${column[1]}` : ''});`;
}

function chunk(release: HandmadeRelease, id: number, hypertableId: number, table: string): string {
  const [columns, values] = has(release, '2.29.0')
    ? ['relid', `'_timescaledb_internal.${table}'`]
    : ['schema_name, table_name', `'_timescaledb_internal', '${table}'`];
  return `insert into _timescaledb_catalog.chunk (id, hypertable_id, ${columns}) values (${id}, ${hypertableId}, ${values});`;
}

/** Returns the rows for compressed data: an internal hypertable up to 2.28, a relation in the compression settings since 2.29. */
function compressedData(release: HandmadeRelease): string {
  if (!has(release, '1.5.0')) return '';
  if (has(release, '2.29.0')) {
    return `insert into _timescaledb_catalog.compression_settings (relid, compress_relid) values
      ('_timescaledb_internal.chunk_1', '_timescaledb_internal.compressed_data'),
      ('measured', '_timescaledb_internal._compressed_hypertable_3');`;
  }
  const state = has(release, '2.0.0') ? 'compression_state = 2' : 'compressed = true';
  return `${hypertable(release, 3, '_timescaledb_internal._compressed_hypertable_3', false)}
    update _timescaledb_catalog.hypertable set ${state} where id = 3;
    ${chunk(release, 9, 3, 'compressed_data')}`;
}

/** Returns the rows of the hypertables and their chunks. */
export function hypertables(release: HandmadeRelease): string {
  return [
    hypertable(release, 1, 'public.measured', true),
    hypertable(release, 4, 'public.second_measured', false),
    chunk(release, 1, 1, 'chunk_1'),
    chunk(release, 2, 1, 'chunk_2'),
    chunk(release, 3, 4, 'chunk_3'),
    compressedData(release),
  ].join('\n');
}

function update(table: string, assignment: string, where: string): string {
  return `update _timescaledb_catalog.${table} set ${assignment} where ${where};`;
}

/** Returns the statements for three continuous aggregates. */
export function continuousAggregates(release: HandmadeRelease): string {
  const set = (assignment: string): string =>
    update('continuous_agg', assignment, 'mat_hypertable_id = 7');
  return [
    `create view aggregate as select 1;
    create view nested_aggregate as select 1;
    create view third_aggregate as select 1;`,
    hypertable(release, 2, '_timescaledb_internal.materialization', has(release, '2.0.0')),
    chunk(release, 5, 2, 'materialized_chunk'),
    `insert into _timescaledb_catalog.continuous_agg (mat_hypertable_id, raw_hypertable_id, user_view_schema, user_view_name)
      values (2, 1, 'public', 'aggregate'), (7, 2, 'public', 'nested_aggregate'), (8, 1, 'public', 'third_aggregate');`,
    ...spans(release, [
      [set('materialized_only = true'), '1.7.0'],
      [set('finalized = false'), '2.7.0', '2.24.0'],
      [set('parent_mat_hypertable_id = 2'), '2.9.0'],
    ]),
  ].join('\n');
}

/** Returns the sizes of two compressed chunks, one of them an aggregate's. Releases before 2.0 have no row counts. */
export function compressedChunk(release: HandmadeRelease): string {
  const recorded = (assignment: string): string =>
    update('compression_chunk_size', assignment, 'chunk_id = 1');
  return [
    `insert into _timescaledb_catalog.compression_chunk_size (chunk_id, compressed_chunk_id,
      uncompressed_heap_size, uncompressed_toast_size, uncompressed_index_size,
      compressed_heap_size, compressed_toast_size, compressed_index_size)
    values (1, 9, 100, 20, 3, 1000, 200, 30), (5, 9, 4, 5, 6, 7, 8, 9);`,
    ...spans(release, [
      [recorded('numrows_pre_compression = 23, numrows_post_compression = 2'), '2.0.0'],
      [recorded('numrows_frozen_immediately = 1'), '2.13.0'],
      [
        // Only the first bit means that a chunk is compressed.
        update('chunk', 'status = 1', 'id = 1') +
          update('chunk', 'status = 9', 'id = 5') +
          update('chunk', 'status = 8', 'id = 2'),
        '2.3.0',
      ],
    ]),
  ].join('\n');
}
