import { lines, sql } from '../../postgres/statement.ts';
import { has, type ServerInfo } from '../../timescaledb/server-info.ts';
import { classifiedCtes } from './classify-relations.ts';
import { measuredCtes, type Sizes } from './measure-relations.ts';

/** PostgreSQL accepts any restored statistics, NaN included; a larger number of rows is not possible. */
const TOO_MANY_ROWS = '1e15';

/**
 * Relations whose rows are in the count of another one. On PostgreSQL 12 and 13, which no release after 2.15 runs on, ANALYZE
 * does not count the rows of a partitioned table, and the reporter adds those of its partitions.
 */
function isCountedElsewhere({ serverVersionNum }: ServerInfo): string {
  return serverVersionNum < 140_000 ? 'false' : "r.kind = 'partitioned_tables' and r.is_child";
}

/**
 * Figures that were recorded when a chunk was compressed. Before 2.9 a chunk can have several rows, of which the reporter reads
 * the first by the primary key (chunk_id, compressed_chunk_id).
 */
function recordedSizes(server: ServerInfo): string {
  return has(server, 'uniqueChunkSizes')
    ? '_timescaledb_catalog.compression_chunk_size'
    : `(
  select distinct on (o.chunk_id)
    o.*
  from _timescaledb_catalog.compression_chunk_size o
  order by o.chunk_id, o.compressed_chunk_id
)`;
}

function recordedColumns(server: ServerInfo): readonly string[] {
  return [
    'numrows_pre_compression',
    'numrows_post_compression',
    'compressed_heap_size',
    'compressed_toast_size',
    'compressed_index_size',
    'uncompressed_heap_size',
    'uncompressed_toast_size',
    'uncompressed_index_size',
    ...(has(server, 'frozenRows') ? ['numrows_frozen_immediately'] : []),
  ];
}

/** Renders `relations`: every relation that is counted, with its kind and figures; and what measuredCtes() renders. */
export function relationsCtes(server: ServerInfo, sizes: Sizes): readonly string[] {
  return [
    ...classifiedCtes(server),
    sql`relations as (
  select
    r.*,
    case
      when r.reltuples <= 0 or r.reltuples > ${TOO_MANY_ROWS} or ${isCountedElsewhere(server)} then 0
      else r.reltuples::bigint
    end as tuples,
    ${lines(recordedColumns(server).map((column) => `s.${column}`))}
  from classified r
  left join ${recordedSizes(server)} s on s.chunk_id = r.compressed_chunk_id
  where r.kind is not null
)`,
    ...measuredCtes(server, sizes),
  ];
}
