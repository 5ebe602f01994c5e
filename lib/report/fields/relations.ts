import { isAtLeast, type ServerInfo } from '../../timescaledb/server-info.ts';
import { classifiedCtes } from '../sql/classify-relations.ts';
import { measuredCtes, type Sizes } from '../sql/measure-relations.ts';
import { type Field, INTEGER, NUMBER, object, objectSql, type Type } from './field.ts';

/**
 * `relations`: what `src/telemetry/stats.c` of TimescaleDB counts since 2.6.0, as set-wise SQL. Every relation is
 * classified by schema and catalog server, measured, and added to the totals of its kind.
 */

interface Figure extends Pick<Field, 'since' | 'before'> {
  readonly says: string;
  readonly example: number;
}

/** What was recorded when a chunk was compressed; the extension adds the sizes to those of the hypertable, too. */
const RECORDED: readonly (Figure & { readonly name: string; readonly column: string })[] = [
  {
    name: 'compressed_row_count',
    column: 'numrows_post_compression',
    says: 'rows that compressed data is stored in',
    example: 30,
  },
  {
    name: 'compressed_heap_size',
    column: 'compressed_heap_size',
    says: 'bytes after compression, when it was done',
    example: 98_304,
  },
  {
    name: 'compressed_toast_size',
    column: 'compressed_toast_size',
    says: 'the same, out of line',
    example: 49_152,
  },
  {
    name: 'compressed_indexes_size',
    column: 'compressed_index_size',
    says: 'the same, of indexes',
    example: 98_304,
  },
  {
    name: 'uncompressed_row_count',
    column: 'numrows_pre_compression',
    says: 'rows that were compressed',
    example: 1_728,
  },
  {
    name: 'uncompressed_heap_size',
    column: 'uncompressed_heap_size',
    says: 'bytes before compression',
    example: 294_912,
  },
  {
    name: 'uncompressed_toast_size',
    column: 'uncompressed_toast_size',
    says: 'the same, out of line',
    example: 49_152,
  },
  {
    name: 'uncompressed_indexes_size',
    column: 'uncompressed_index_size',
    says: 'the same, of indexes',
    example: 98_304,
  },
  {
    name: 'compressed_row_count_frozen_immediately',
    column: 'numrows_frozen_immediately',
    since: '2.13.0',
    says: 'compressed rows that were frozen at once',
    example: 30,
  },
];

/**
 * Relations whose rows are in another one's count. On PostgreSQL 12 and 13, which no release after 2.15 runs on, ANALYZE
 * does not count the rows of a partitioned table, and the reporter adds those of its partitions.
 */
function isCountedElsewhere({ serverVersionNum }: ServerInfo): string {
  return serverVersionNum < 140_000 ? 'false' : "r.kind = 'partitioned_tables' and r.is_child";
}

/** More rows than any table can have: PostgreSQL takes whatever is restored as statistics, NaN too. */
const TOO_MANY_ROWS = '1e15';

/**
 * What was recorded of a chunk's compression. Before 2.9 a chunk can have several rows, of which the reporter reads the
 * first by the primary key (chunk_id, compressed_chunk_id).
 */
function recordedSizes(server: ServerInfo): string {
  return isAtLeast(server, '2.9.0')
    ? '_timescaledb_catalog.compression_chunk_size'
    : `(
    select distinct on (o.chunk_id) o.* from _timescaledb_catalog.compression_chunk_size o
    order by o.chunk_id, o.compressed_chunk_id
  )`;
}

/** The common table expressions that `RELATIONS` reads. */
export function relationsCtes(server: ServerInfo, sizes: Sizes): string {
  return `${classifiedCtes(server)},${measuredCtes(sizes)},
relations as materialized (
  select r.*,
    case when r.reltuples <= 0 or r.reltuples > ${TOO_MANY_ROWS} or ${isCountedElsewhere(server)} then 0 else r.reltuples::bigint end as tuples,
    coalesce(m.heap_size, 0) + coalesce(s.compressed_heap_size, 0) as heap_size,
    coalesce(m.toast_size, 0) + coalesce(s.compressed_toast_size, 0) as toast_size,
    coalesce(m.indexes_size, 0) + coalesce(s.compressed_index_size, 0) as indexes_size,
    ${RECORDED.filter(({ since }) => since === undefined || isAtLeast(server, since))
      .map(({ column }) => `s.${column}`)
      .join(', ')}
  from classified r
  left join measured m on m.oid = r.oid
  left join ${recordedSizes(server)} s on s.chunk_id = r.compressed_chunk_id
  where r.kind is not null
)`;
}

function aggregated(
  name: string,
  type: Type,
  sql: string,
  { since, before, says, example }: Figure,
): Field {
  return {
    name,
    ...(since !== undefined && { since }),
    ...(before !== undefined && { before }),
    type,
    says,
    example,
    sql: () => sql,
  };
}

/** Rows from before 2.0 have no counts; NULL counts as 0. */
function summed(name: string, column: string, figure: Figure): Field {
  return aggregated(name, INTEGER, `coalesce(pg_catalog.sum(r.${column}), 0)`, figure);
}

function countedWhere(name: string, condition: string, figure: Figure): Field {
  return aggregated(name, NUMBER, `pg_catalog.count(*) filter (where ${condition})`, figure);
}

function relationsNamed(says: string, example: number): Field {
  return countedWhere('num_relations', 'not r.is_child', { says, example });
}

function children(says: string, example: number): Field {
  return countedWhere('num_children', 'r.is_child', { says, example });
}

const TUPLES_AND_SIZES: readonly Field[] = [
  summed('num_reltuples', 'tuples', { says: "rows, by the planner's estimate", example: 1_020 }),
  summed('heap_size', 'heap_size', { says: 'bytes in tables', example: 335_872 }),
  summed('toast_size', 'toast_size', { says: 'bytes out of line', example: 335_872 }),
  summed('indexes_size', 'indexes_size', { says: 'bytes in indexes', example: 57_344 }),
];

/** `compression` of one kind, and how many of the kind compress. */
function compression(compressing: Field): Field {
  const members = [
    countedWhere('num_compressed_chunks', 'r.compressed_chunk_id is not null', {
      says: 'chunks that are compressed',
      example: 6,
    }),
    compressing,
    ...RECORDED.map(({ name, column, ...figure }) => summed(name, column, figure)),
  ];
  return {
    name: 'compression',
    type: object(members),
    says: 'what compression does',
    example: { num_compressed_chunks: 6 },
    sql: (server) => objectSql(members, server),
  };
}

const COMPRESSED_HYPERTABLES = compression(
  countedWhere('num_compressed_hypertables', 'not r.is_child and r.compressing', {
    says: 'hypertables with compression on',
    example: 1,
  }),
);

/** One kind of relation: an object of totals over its relations. */
function kind(
  name: string,
  members: readonly Field[],
  rest: Pick<Field, 'says' | 'before'>,
): Field {
  return {
    name,
    type: object(members),
    example: { num_relations: 2 },
    ...rest,
    sql: (server) =>
      `(select ${objectSql(members, server)} from relations r where r.kind = '${name}')`,
  };
}

const HYPERTABLE: readonly Field[] = [
  relationsNamed('how many', 6),
  children('chunks', 31),
  ...TUPLES_AND_SIZES,
  COMPRESSED_HYPERTABLES,
];

const BEFORE_2_14 = { before: '2.14.0' } as const;

/** The kinds of relations that are counted, by their key in `relations`. */
export const RELATIONS: readonly Field[] = [
  kind('tables', [relationsNamed('how many', 2), ...TUPLES_AND_SIZES], {
    says: 'plain tables, those of other extensions too',
  }),
  kind('views', [relationsNamed('how many', 3)], { says: 'views' }),
  kind('materialized_views', [relationsNamed('how many', 1), ...TUPLES_AND_SIZES], {
    says: "PostgreSQL's materialized views",
  }),
  kind(
    'partitioned_tables',
    [relationsNamed('how many', 1), children('partitions, at any level', 3), ...TUPLES_AND_SIZES],
    { says: 'partitioned tables' },
  ),
  kind('hypertables', HYPERTABLE, {
    says: 'hypertables; since 2.14.0 those that hold the data of continuous aggregates too',
  }),
  kind(
    'continuous_aggregates',
    [
      relationsNamed('how many', 3),
      children('chunks of their data; none since 2.14.0', 0),
      ...TUPLES_AND_SIZES,
      countedWhere('num_caggs_on_distributed_hypertables', 'r.on_distributed', {
        ...BEFORE_2_14,
        says: 'those over a distributed hypertable',
        example: 0,
      }),
      countedWhere('num_caggs_using_real_time_aggregation', 'not r.materialized_only', {
        says: 'those that add what is not materialized yet',
        example: 1,
      }),
      countedWhere('num_caggs_finalized', 'r.finalized', {
        since: '2.7.0',
        says: 'those in the format of 2.7',
        example: 3,
      }),
      countedWhere('num_caggs_nested', 'r.nested', {
        since: '2.9.0',
        says: 'those over another one',
        example: 1,
      }),
      compression(
        countedWhere('num_compressed_caggs', 'r.aggregate_compressing', {
          says: 'continuous aggregates with compression on',
          example: 0,
        }),
      ),
    ],
    { says: 'continuous aggregates; since 2.14.0 as views alone, without their data' },
  ),
  kind(
    'distributed_hypertables_access_node',
    [
      ...HYPERTABLE,
      countedWhere('num_replicated_distributed_hypertables', 'not r.is_child and r.replicated', {
        says: 'those with more than one copy',
        example: 0,
      }),
      summed('num_replica_chunks', 'replicas', { says: 'copies of chunks', example: 0 }),
    ],
    { ...BEFORE_2_14, says: 'distributed hypertables, seen from their access node' },
  ),
  kind('distributed_hypertables_data_node', HYPERTABLE, {
    ...BEFORE_2_14,
    says: 'the parts of distributed hypertables that this data node holds',
  }),
];
