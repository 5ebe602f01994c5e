import type { Identity } from '../identity.ts';
import { classifiedCtes } from './classify.ts';
import { measuredCtes, type Sizes } from './measure.ts';

/**
 * `relations`: what `src/telemetry/stats.c` of TimescaleDB counts, as set-wise SQL. Every relation is classified by
 * schema and catalog identity, measured, and added to the totals of its class.
 */

/** The common table expressions that `RELATIONS` reads. */
export function relationsCtes(identity: Identity, sizes: Sizes): string {
  return `${classifiedCtes(identity)},${measuredCtes(sizes)},
relations as materialized (
  select r.*, case when r.reltuples > 0 then r.reltuples::bigint else 0 end as tuples,
    coalesce(m.heap_size, 0) as heap_size, coalesce(m.toast_size, 0) as toast_size,
    coalesce(m.indexes_size, 0) as indexes_size
  from classified r
  left join measured m on m.oid = r.oid
  where r.class is not null
),
compressed_chunks as materialized (
  select s.*
  from relations r
  left join _timescaledb_catalog.compression_chunk_size s on s.chunk_id = r.chunk_id
  where r.class = 'chunk' and (r.chunk_status & 1) <> 0
)`;
}

function sum(expression: string, filter?: string): string {
  return `coalesce(sum(${expression})${filter === undefined ? '' : ` filter (where ${filter})`}, 0)`;
}

const COMPRESSION_SUMS: readonly (readonly [name: string, column: string])[] = [
  ['compressed_row_count', 'numrows_post_compression'],
  ['compressed_heap_size', 'compressed_heap_size'],
  ['compressed_toast_size', 'compressed_toast_size'],
  ['compressed_indexes_size', 'compressed_index_size'],
  ['uncompressed_row_count', 'numrows_pre_compression'],
  ['uncompressed_heap_size', 'uncompressed_heap_size'],
  ['uncompressed_toast_size', 'uncompressed_toast_size'],
  ['uncompressed_indexes_size', 'uncompressed_index_size'],
  ['compressed_row_count_frozen_immediately', 'numrows_frozen_immediately'],
];

function pairs(entries: readonly (readonly [name: string, sql: string])[]): string {
  return `pg_catalog.jsonb_build_object(${entries.map(([name, sql]) => `'${name}', ${sql}`).join(', ')})`;
}

const TUPLES_AND_SIZES = [
  ['num_reltuples', sum('r.tuples')],
  ['heap_size', sum('r.heap_size')],
  ['toast_size', sum('r.toast_size')],
  ['indexes_size', sum('r.indexes_size')],
] as const;

function simpleTotals(relationClass: string): string {
  const totals = pairs([['num_relations', 'count(*)'], ...TUPLES_AND_SIZES]);
  return `(select ${totals} from relations r where r.class = '${relationClass}')`;
}

/** Recorded when a chunk is compressed, and added to the hypertable's sizes a second time, as the extension does. */
function withCompressed(column: string, recorded: string): string {
  return `${sum(`r.${column}`)} + (select ${sum(`s.${recorded}`)} from compressed_chunks s)`;
}

const PARTITIONED_TABLES = `(
    select ${pairs([
      ['num_relations', "count(*) filter (where r.class = 'partitioned table')"],
      ['num_children', "count(*) filter (where r.class = 'partition')"],
      ['num_reltuples', sum('r.tuples', "r.class = 'partitioned table'")],
      ['heap_size', sum('r.heap_size')],
      ['toast_size', sum('r.toast_size')],
      ['indexes_size', sum('r.indexes_size')],
    ])} from relations r where r.class in ('partitioned table', 'partition'))`;

const HYPERTABLES = `(
    select ${pairs([
      ['num_relations', "count(*) filter (where r.class = 'hypertable')"],
      ['num_children', "count(*) filter (where r.class = 'chunk')"],
      ['num_reltuples', sum('r.tuples')],
      ['heap_size', withCompressed('heap_size', 'compressed_heap_size')],
      ['toast_size', withCompressed('toast_size', 'compressed_toast_size')],
      ['indexes_size', withCompressed('indexes_size', 'compressed_index_size')],
      [
        'compression',
        `(select ${pairs([
          ['num_compressed_chunks', 'count(*)'],
          ...COMPRESSION_SUMS.map(([name, column]) => [name, sum(`s.${column}`)] as const),
        ])} from compressed_chunks s) || ${pairs([
          [
            'num_compressed_hypertables',
            "count(*) filter (where r.class = 'hypertable' and r.compressing)",
          ],
        ])}`,
      ],
    ])} from relations r where r.class in ('hypertable', 'chunk'))`;

/** Since 2.14.0 a continuous aggregate is a view and nothing more: its data counts as a hypertable's. */
const CONTINUOUS_AGGREGATES = `(
    select ${pairs([
      ['num_relations', 'count(*)'],
      ['num_children', '0'],
      ['num_reltuples', '0'],
      ['heap_size', '0'],
      ['toast_size', '0'],
      ['indexes_size', '0'],
      ['num_caggs_using_real_time_aggregation', 'count(*) filter (where not r.materialized_only)'],
      ['num_caggs_finalized', 'count(*) filter (where r.finalized)'],
      ['num_caggs_nested', 'count(*) filter (where r.nested)'],
      [
        'compression',
        pairs([
          ['num_compressed_chunks', '0'],
          ['num_compressed_caggs', 'count(*) filter (where r.cagg_compressing)'],
          ...COMPRESSION_SUMS.map(([name]) => [name, '0'] as const),
        ]),
      ],
    ])} from relations r where r.class = 'continuous aggregate')`;

/** The value of the field `relations`; reads the tables of `relationsCtes`. */
export const RELATIONS = pairs([
  ['tables', simpleTotals('table')],
  ['materialized_views', simpleTotals('materialized view')],
  [
    'views',
    `(select ${pairs([['num_relations', 'count(*)']])} from relations r where r.class = 'view')`,
  ],
  ['partitioned_tables', PARTITIONED_TABLES],
  ['hypertables', HYPERTABLES],
  ['continuous_aggregates', CONTINUOUS_AGGREGATES],
]);
