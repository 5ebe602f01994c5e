import { lines, sql } from '../../postgres/statement.ts';
import type { ServerInfo } from '../../timescaledb/server-info.ts';
import { type Field, isIn, object, objectSql, type Source, selectSql } from './field.ts';
import { countedWhere, type Group, measured, summed, type Total, totalsIn } from './totals.ts';

/**
 * `relations`: what `src/telemetry/stats.c` of TimescaleDB counts since 2.6.0, as set-wise SQL. Every relation is classified by
 * schema and catalog, measured, and added to the totals of its kind.
 */

function relationsNamed(description: string, example: number): Total {
  return countedWhere('num_relations', 'not r.is_child', { description, example });
}

function children(description: string, example: number): Total {
  return countedWhere('num_children', 'r.is_child', { description, example });
}

/** Figures that were recorded when a chunk was compressed. The extension adds the sizes to those of the hypertable, too. */
const RECORDED: readonly Total[] = [
  summed('compressed_row_count', 'numrows_post_compression', {
    description: 'rows that compressed data is stored in',
    example: 30,
  }),
  summed('compressed_heap_size', 'compressed_heap_size', {
    description: 'bytes in tables after compression, at the time of compression',
    example: 98_304,
  }),
  summed('compressed_toast_size', 'compressed_toast_size', {
    description: 'bytes in TOAST tables after compression',
    example: 49_152,
  }),
  summed('compressed_indexes_size', 'compressed_index_size', {
    description: 'bytes in indexes after compression',
    example: 98_304,
  }),
  summed('uncompressed_row_count', 'numrows_pre_compression', {
    description: 'rows that were compressed',
    example: 1_728,
  }),
  summed('uncompressed_heap_size', 'uncompressed_heap_size', {
    description: 'bytes in tables before compression',
    example: 294_912,
  }),
  summed('uncompressed_toast_size', 'uncompressed_toast_size', {
    description: 'bytes in TOAST tables before compression',
    example: 49_152,
  }),
  summed('uncompressed_indexes_size', 'uncompressed_index_size', {
    description: 'bytes in indexes before compression',
    example: 98_304,
  }),
  summed('compressed_row_count_frozen_immediately', 'numrows_frozen_immediately', {
    since: '2.13.0',
    description: 'compressed rows that were frozen at once',
    example: 30,
  }),
];

const TUPLES_AND_SIZES: readonly Total[] = [
  summed('num_reltuples', 'tuples', {
    description: "rows, by the planner's statistics",
    example: 1_020,
  }),
  measured('heap_size', 'compressed_heap_size', {
    description: 'bytes in tables',
    example: 335_872,
  }),
  measured('toast_size', 'compressed_toast_size', {
    description: 'bytes in TOAST tables',
    example: 335_872,
  }),
  measured('indexes_size', 'compressed_index_size', {
    description: 'bytes in indexes',
    example: 57_344,
  }),
];

/** `compression` of one kind; `compressing` counts the relations of the kind that have compression enabled. */
function compression(compressing: Total): Group {
  const members = [
    countedWhere('num_compressed_chunks', 'r.compressed_chunk_id is not null', {
      description: 'compressed chunks',
      example: 6,
    }),
    compressing,
    ...RECORDED,
  ];
  return {
    name: 'compression',
    type: object(members),
    description: 'effect of compression',
    example: { num_compressed_chunks: 6 },
    members,
    sql: (server) => objectSql(members, server),
  };
}

const COMPRESSED_HYPERTABLES = compression(
  countedWhere('num_compressed_hypertables', 'not r.is_child and r.compressing', {
    description: 'hypertables with compression enabled',
    example: 1,
  }),
);

/** One kind of relation: an object of totals over its relations. */
function kind(
  name: string,
  members: readonly (Total | Group)[],
  rest: Pick<Field, 'description' | 'before'>,
): Group {
  return {
    name,
    type: object(members),
    example: { num_relations: 2 },
    ...rest,
    members,
    sql: (server) => objectSql(members, server),
  };
}

const HYPERTABLE: readonly (Total | Group)[] = [
  relationsNamed('hypertables', 6),
  children('chunks', 31),
  ...TUPLES_AND_SIZES,
  COMPRESSED_HYPERTABLES,
];

const BEFORE_2_14 = { before: '2.14.0' } as const;

/** The kinds of relations, by their key in `relations`. */
const KINDS: readonly Group[] = [
  kind('tables', [relationsNamed('plain tables', 2), ...TUPLES_AND_SIZES], {
    description: 'plain tables, with those of other extensions',
  }),
  kind('views', [relationsNamed('views', 3)], { description: 'views' }),
  kind('materialized_views', [relationsNamed('materialized views', 1), ...TUPLES_AND_SIZES], {
    description: "PostgreSQL's materialized views",
  }),
  kind(
    'partitioned_tables',
    [
      relationsNamed('partitioned tables', 1),
      children('partitions, at any level', 3),
      ...TUPLES_AND_SIZES,
    ],
    { description: 'partitioned tables' },
  ),
  kind('hypertables', HYPERTABLE, {
    description: 'hypertables; since 2.14.0 with those that hold the data of continuous aggregates',
  }),
  kind(
    'continuous_aggregates',
    [
      relationsNamed('continuous aggregates', 3),
      children('chunks of their data; 0 since 2.14.0', 0),
      ...TUPLES_AND_SIZES,
      countedWhere('num_caggs_on_distributed_hypertables', 'r.on_distributed', {
        ...BEFORE_2_14,
        description: 'continuous aggregates over a distributed hypertable',
        example: 0,
      }),
      countedWhere('num_caggs_using_real_time_aggregation', 'not r.materialized_only', {
        description: 'real-time aggregates, which add data that is not materialized yet',
        example: 1,
      }),
      countedWhere('num_caggs_finalized', 'r.finalized', {
        since: '2.7.0',
        description: 'continuous aggregates in the format of 2.7',
        example: 3,
      }),
      countedWhere('num_caggs_nested', 'r.nested', {
        since: '2.9.0',
        description: 'continuous aggregates over another one',
        example: 1,
      }),
      compression(
        countedWhere('num_compressed_caggs', 'r.aggregate_compressing', {
          description: 'continuous aggregates with compression enabled',
          example: 0,
        }),
      ),
    ],
    { description: 'continuous aggregates; since 2.14.0 their views only, without their data' },
  ),
  kind(
    'distributed_hypertables_access_node',
    [
      ...HYPERTABLE,
      countedWhere('num_replicated_distributed_hypertables', 'not r.is_child and r.replicated', {
        description: 'distributed hypertables with more than one replica',
        example: 0,
      }),
      summed('num_replica_chunks', 'replicas', { description: 'replicas of chunks', example: 0 }),
    ],
    { ...BEFORE_2_14, description: 'distributed hypertables, on their access node' },
  ),
  kind('distributed_hypertables_data_node', HYPERTABLE, {
    ...BEFORE_2_14,
    description: 'local parts of distributed hypertables, on a data node',
  }),
];

/** One row per kind, also for kinds without relations. Kinds share their figures, and each is computed once. */
const TOTALS: Source = {
  name: 'totals',
  sql({ release }) {
    const kinds = KINDS.filter((one) => isIn(one, release)).map(({ name }) => `('${name}')`);
    const columns = totalsIn(KINDS, release).map(({ name, aggregate }) => [name, aggregate]);
    return selectSql(
      { kind: 'k.kind', ...Object.fromEntries(columns) },
      sql`from (values
  ${lines(kinds)}
) k (kind)
left join relations r on r.kind = k.kind
left join sizes z on z.kind = k.kind
group by k.kind`,
    );
  },
};

function relationsSql(server: ServerInfo): string {
  const objects = KINDS.filter((one) => isIn(one, server.release)).map(
    ({ name, members }) => sql`when '${name}' then ${objectSql(members, server)}`,
  );
  return sql`(
  select pg_catalog.jsonb_object_agg(
    t.kind,
    case t.kind
      ${lines(objects, '')}
    end
  )
  from totals t
)`;
}

export const RELATIONS: Field = {
  name: 'relations',
  since: '2.6.0',
  type: object(KINDS),
  description: 'number and size of relations, per kind',
  example: { tables: { num_relations: 2 } },
  reads: [TOTALS],
  sql: relationsSql,
};
