import { lines, sql } from '../../postgres/statement.ts';
import { has, type ServerInfo } from '../../timescaledb/server-info.ts';

/** Schemas whose relations are not the user's. */
function skippedSchemas(server: ServerInfo): readonly string[] {
  return [
    'pg_catalog',
    'pg_toast',
    'information_schema',
    '_timescaledb_catalog',
    '_timescaledb_cache',
    'timescaledb_experimental',
    'timescaledb_information',
    ...(has(server, 'functionsSchema') ? ['_timescaledb_functions'] : []),
    ...(has(server, 'jobsInCatalogSchema') ? [] : ['_timescaledb_config']),
  ];
}

/** Catalog tables in the schema of the chunks. */
function skippedInternalTables(server: ServerInfo): readonly string[] {
  return [
    'bgw_job_stat',
    'bgw_policy_chunk_stats',
    ...(has(server, 'jobHistoryTable') ? ['bgw_job_stat_history'] : []),
    ...(has(server, 'jobErrorsTable') ? ['job_errors'] : []),
  ];
}

function quoted(names: readonly string[]): string {
  return lines(names.map((name) => `'${name}'`));
}

/** Names of schemas are resolved once a row of the catalog, because comparing oids takes less time than comparing names. */
const NAMESPACE_OF_HYPERTABLE = 'left join pg_catalog.pg_namespace n on n.nspname = h.schema_name';

/**
 * The catalog's hypertables: the kind of the hypertable itself and that of its chunks (NULL: not counted), and whether it
 * compresses. Until 2.28 compressed data was a hypertable of its own; until 2.13 the data of a continuous aggregate counted as
 * the aggregate's, and distributed hypertables had kinds of their own.
 */
function hypertables(server: ServerInfo): string {
  if (has(server, 'chunkRelid')) {
    return `select
  h.id,
  n.oid as namespace,
  h.table_name,
  'hypertables' as kind,
  'hypertables' as kind_of_chunks,
  (h.status & 4) <> 0 as compressing
from _timescaledb_catalog.hypertable h
${NAMESPACE_OF_HYPERTABLE}`;
  }
  if (!has(server, 'distributedHypertables')) {
    return `select
  h.id,
  n.oid as namespace,
  h.table_name,
  k.kind,
  k.kind as kind_of_chunks,
  h.compression_state = 1 as compressing
from _timescaledb_catalog.hypertable h
${NAMESPACE_OF_HYPERTABLE}
cross join lateral (
  select case when h.compression_state <> 2 then 'hypertables' end as kind
) k`;
  }
  return `select
  h.id,
  n.oid as namespace,
  h.table_name,
  case when not k.is_materialization then k.kind end as kind,
  case when k.is_materialization then 'continuous_aggregates' else k.kind end as kind_of_chunks,
  h.compression_state = 1 as compressing,
  h.replication_factor
from _timescaledb_catalog.hypertable h
${NAMESPACE_OF_HYPERTABLE}
cross join lateral (
  select
    exists (
      select 1
      from _timescaledb_catalog.continuous_agg m
      where m.mat_hypertable_id = h.id
    ) as is_materialization,
    case
      when h.compression_state = 2 then null
      when h.replication_factor > 0 then 'distributed_hypertables_access_node'
      when h.replication_factor < 0 then 'distributed_hypertables_data_node'
      else 'hypertables'
    end as kind
) k`;
}

/** Columns that only some releases have. */
function columnsOf(server: ServerInfo): readonly string[] {
  return [
    ...(has(server, 'finalizedAggregates')
      ? [has(server, 'finalizedColumn') ? 'ca.finalized' : 'true as finalized']
      : []),
    ...(has(server, 'nestedAggregates')
      ? ['ca.parent_mat_hypertable_id is not null as nested']
      : []),
    ...(has(server, 'distributedHypertables')
      ? [
          'h.replication_factor > 1 as replicated',
          'rh.replication_factor > 0 as on_distributed',
          `(
  select greatest(pg_catalog.count(*) - 1, 0)
  from _timescaledb_catalog.chunk_data_node d
  where d.chunk_id = ch.id
) as replicas`,
        ]
      : []),
  ];
}

function joinsOf(server: ServerInfo): readonly string[] {
  const hasRelid = has(server, 'chunkRelid');
  return [
    'left join hypertables h on h.namespace = c.relnamespace and h.table_name = c.relname',
    hasRelid
      ? 'left join _timescaledb_catalog.chunk ch on ch.relid = c.oid'
      : `left join (
  _timescaledb_catalog.chunk ch
  join pg_catalog.pg_namespace chn on chn.nspname = ch.schema_name
) on chn.oid = c.relnamespace and ch.table_name = c.relname`,
    'left join hypertables chh on chh.id = ch.hypertable_id',
    'left join _timescaledb_catalog.continuous_agg ca on ca.user_view_schema = n.nspname and ca.user_view_name = c.relname',
    'left join hypertables mh on mh.id = ca.mat_hypertable_id',
    ...(has(server, 'distributedHypertables')
      ? ['left join hypertables rh on rh.id = ca.raw_hypertable_id']
      : []),
    ...(hasRelid
      ? ['left join _timescaledb_catalog.compression_settings cs on cs.compress_relid = c.oid']
      : []),
  ];
}

/** The kinds of relations; the first condition that is true wins, as in `src/telemetry/stats.c`. */
function conditionsOf(server: ServerInfo): readonly string[] {
  return [
    "when c.relkind in ('r', 'p') and c.relispartition then 'partitioned_tables'",
    "when c.relkind = 'p' then 'partitioned_tables'",
    "when c.relkind = 'r' and h.id is not null then h.kind",
    "when c.relkind in ('r', 'f') and ch.id is not null then chh.kind_of_chunks",
    ...(has(server, 'chunkRelid')
      ? ["when c.relkind = 'r' and cs.compress_relid is not null then null"]
      : []),
    "when c.relkind = 'r' then 'tables'",
    "when c.relkind = 'm' then 'materialized_views'",
    "when c.relkind = 'v' and n.nspname = '_timescaledb_internal' then null",
    "when c.relkind = 'v' and ca.mat_hypertable_id is not null then 'continuous_aggregates'",
    "when c.relkind = 'v' then 'views'",
  ];
}

/**
 * Renders `classified`: every relation that the report may count, with its kind (the key of `relations` that it counts under,
 * or NULL when it is not counted) and what its kind needs from the catalogs.
 */
export function classifiedCtes(server: ServerInfo): readonly string[] {
  const columns = [
    'c.oid',
    'c.relkind',
    'c.relam',
    'c.relpersistence',
    'c.reltuples',
    'c.reltoastrelid',
    'c.relispartition or h.id is null and ch.id is not null as is_child',
    'case when h.id is null and (ch.status & 1) <> 0 then ch.id end as compressed_chunk_id',
    'h.compressing',
    'ca.materialized_only',
    'mh.compressing as aggregate_compressing',
    ...columnsOf(server),
  ];
  return [
    sql`hypertables as materialized (
  ${hypertables(server)}
)`,
    sql`classified as materialized (
  select
    ${lines(columns)},
    case
      ${lines(conditionsOf(server), '')}
    end as kind
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  ${lines(joinsOf(server), '')}
  where c.reltype <> 0
    and c.relkind in ('r', 'p', 'm', 'v', 'f')
    and n.nspname not in (
      ${quoted(skippedSchemas(server))}
    )
    and n.nspname !~ '^pg_(toast_)?temp_'
    and (
      n.nspname <> '_timescaledb_internal'
      or c.relname not in (
        ${quoted(skippedInternalTables(server))}
      )
    )
)`,
  ];
}
