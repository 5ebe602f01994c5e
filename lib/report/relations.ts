import { type Identity, isAtLeast } from '../identity.ts';

/**
 * `relations`: what `src/telemetry/stats.c` of TimescaleDB counts, as set-wise SQL. Every relation is classified by
 * schema and catalog identity, measured, and added to the totals of its class.
 */

export type Sizes = 'exact' | 'estimated';

/** Schemas whose relations are not the user's. */
function skippedSchemas(identity: Identity): readonly string[] {
  return [
    'pg_catalog',
    'pg_toast',
    'information_schema',
    '_timescaledb_catalog',
    '_timescaledb_functions',
    '_timescaledb_cache',
    'timescaledb_experimental',
    'timescaledb_information',
    // From 2.25.0 on the compatibility view _timescaledb_config.bgw_job counts as a user's view.
    ...(isAtLeast(identity, '2.25.0') ? [] : ['_timescaledb_config']),
  ];
}

/** Catalog tables that live among the chunks. */
function skippedInternalTables(identity: Identity): readonly string[] {
  return [
    'bgw_job_stat',
    isAtLeast(identity, '2.15.0') ? 'bgw_job_stat_history' : 'job_errors',
    'bgw_policy_chunk_stats',
  ];
}

function list(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

/** How a release's catalogs name what the report needs. */
interface CatalogForm {
  /** id, schema_name, table_name, internal (holds compressed data), compressing. */
  readonly hypertables: string;
  /** From chunk `ch` to pg_class `c` and pg_namespace `n`. */
  readonly chunkIsRelation: string;
  /** A join that gives `cs` for relations that hold compressed data, and its test. */
  readonly compressedData: { readonly join: string; readonly test: string };
  /** Continuous aggregates in the current format. */
  readonly finalized: string;
}

function catalogForm(identity: Identity): CatalogForm {
  const hasRelid = isAtLeast(identity, '2.29.0');
  return {
    hypertables: hasRelid
      ? `select h.id, h.schema_name, h.table_name, false as internal, (h.status & 4) <> 0 as compressing
    from _timescaledb_catalog.hypertable h`
      : `select h.id, h.schema_name, h.table_name, h.compression_state = 2 as internal, h.compression_state = 1 as compressing
    from _timescaledb_catalog.hypertable h`,
    chunkIsRelation: hasRelid
      ? 'ch.relid = c.oid'
      : 'ch.schema_name = n.nspname and ch.table_name = c.relname',
    compressedData: hasRelid
      ? {
          join: 'left join _timescaledb_catalog.compression_settings cs on cs.compress_relid = c.oid',
          test: 'cs.compress_relid is not null',
        }
      : { join: '', test: 'false' },
    finalized: isAtLeast(identity, '2.25.0') ? 'true' : 'ca.finalized',
  };
}

/** Relations that no query may open without waiting: they, their toast table or an index of either is locked. */
const BLOCKED = `
locked as materialized (
  select l.relation from pg_catalog.pg_locks l
  where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
),
locked_tables as (
  select l.relation from locked l
  union
  select i.indrelid from pg_catalog.pg_index i join locked l on l.relation = i.indexrelid
),
blocked as materialized (
  select t.relation as oid from locked_tables t
  union
  select c.oid from pg_catalog.pg_class c join locked_tables t on t.relation = c.reltoastrelid
)`;

/**
 * Sizes from the planner's page counts, which opens nothing. Pages of indexes and of the toast table are summed where
 * they are: set-wise, once.
 */
const ESTIMATES = `
index_pages as materialized (
  select i.indrelid, sum(c.relpages) as pages
  from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
  group by i.indrelid
)`;

const BLOCK_SIZE = "pg_catalog.current_setting('block_size')::bigint";

/** One row per measured relation: heap, toast and index bytes, estimated where it must not be opened. */
function measured(sizes: Sizes): string {
  const estimate = `
  select r.oid, ${BLOCK_SIZE} * r.relpages as heap_size,
    ${BLOCK_SIZE} * (coalesce(t.relpages, 0) + coalesce(ti.pages, 0))::bigint as toast_size,
    ${BLOCK_SIZE} * coalesce(ri.pages, 0)::bigint as indexes_size
  from stored r
  left join pg_catalog.pg_class t on t.oid = r.reltoastrelid
  left join index_pages ri on ri.indrelid = r.oid
  left join index_pages ti on ti.indrelid = r.reltoastrelid`;
  if (sizes === 'estimated') return estimate;
  return `
  select e.oid, e.table_size - e.toast_size as heap_size, e.toast_size, e.indexes_size
  from (
    select r.oid,
      pg_catalog.pg_table_size(r.oid) as table_size,
      case when r.reltoastrelid = 0 then 0 else pg_catalog.pg_total_relation_size(r.reltoastrelid) end as toast_size,
      pg_catalog.pg_indexes_size(r.oid) as indexes_size
    from stored r
    where r.oid not in (select b.oid from blocked b)
  ) e
  union all${estimate}
  where r.oid in (select b.oid from blocked b)`;
}

/** The common table expressions that `RELATIONS` reads; `estimated` tells how many relations were not opened. */
export function relationsCtes(identity: Identity, sizes: Sizes): string {
  const form = catalogForm(identity);
  return `
hypertables as (
  ${form.hypertables}
),
classified as materialized (
  select c.oid, c.relpages, c.reltuples, c.reltoastrelid, ch.id as chunk_id, ch.status as chunk_status,
    h.compressing, ca.materialized_only, ${form.finalized} as finalized,
    ca.parent_mat_hypertable_id is not null as nested, mh.compressing as cagg_compressing,
    case
      when c.relkind in ('r', 'p') and c.relispartition then 'partition'
      when c.relkind = 'p' then 'partitioned table'
      when c.relkind = 'r' and h.id is not null then case when h.internal then null else 'hypertable' end
      when c.relkind in ('r', 'f') and ch.id is not null then case when chh.internal then null else 'chunk' end
      when c.relkind = 'r' and ${form.compressedData.test} then null
      when c.relkind = 'r' then 'table'
      when c.relkind = 'm' then 'materialized view'
      when c.relkind = 'v' and n.nspname = '_timescaledb_internal' then null
      when c.relkind = 'v' and ca.mat_hypertable_id is not null then 'continuous aggregate'
      when c.relkind = 'v' then 'view'
    end as class
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join hypertables h on h.schema_name = n.nspname and h.table_name = c.relname
  left join _timescaledb_catalog.chunk ch on ${form.chunkIsRelation}
  left join hypertables chh on chh.id = ch.hypertable_id
  ${form.compressedData.join}
  left join _timescaledb_catalog.continuous_agg ca on ca.user_view_schema = n.nspname and ca.user_view_name = c.relname
  left join hypertables mh on mh.id = ca.mat_hypertable_id
  where c.relkind in ('r', 'p', 'm', 'v', 'f')
    and n.nspname not in (${list(skippedSchemas(identity))})
    and n.nspname !~ '^pg_(toast_)?temp_'
    and not (n.nspname = '_timescaledb_internal' and c.relname in (${list(skippedInternalTables(identity))}))
),
stored as materialized (
  select r.* from classified r
  where r.class in ('table', 'materialized view', 'partition', 'hypertable', 'chunk')
),${BLOCKED},${ESTIMATES},
measured as (${measured(sizes)}
),
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

/** How many relations the sizes of which are estimates, because they could not be opened without waiting. */
export function estimatedCount(sizes: Sizes): string {
  return sizes === 'estimated'
    ? '(select count(*) from stored)'
    : '(select count(*) from stored r where r.oid in (select b.oid from blocked b))';
}
