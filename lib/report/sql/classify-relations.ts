import { isAtLeast, type ServerInfo } from '../../timescaledb/server-info.ts';

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
    ...(isAtLeast(server, '2.11.0') ? ['_timescaledb_functions'] : []),
    // From 2.25.0 on the compatibility view _timescaledb_config.bgw_job counts as a user's view.
    ...(isAtLeast(server, '2.25.0') ? [] : ['_timescaledb_config']),
  ];
}

/** Catalog tables that live among the chunks. */
function skippedInternalTables(server: ServerInfo): readonly string[] {
  return [
    'bgw_job_stat',
    'bgw_policy_chunk_stats',
    ...(isAtLeast(server, '2.15.0')
      ? ['bgw_job_stat_history']
      : isAtLeast(server, '2.9.0')
        ? ['job_errors']
        : []),
  ];
}

function list(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

/**
 * The catalog's hypertables: under which kind they count themselves, under which their chunks do (NULL: nowhere), and
 * whether they compress. Until 2.28 compressed data was a hypertable of its own; until 2.13 the data of a continuous
 * aggregate counted as the aggregate's, and distributed hypertables had kinds of their own.
 */
function hypertables(server: ServerInfo): string {
  const columns = 'h.id, h.schema_name, h.table_name';
  if (isAtLeast(server, '2.29.0')) {
    return `select ${columns}, 'hypertables' as kind, 'hypertables' as kind_of_chunks, (h.status & 4) <> 0 as compressing
    from _timescaledb_catalog.hypertable h`;
  }
  if (isAtLeast(server, '2.14.0')) {
    return `select ${columns}, k.kind, k.kind as kind_of_chunks, h.compression_state = 1 as compressing
    from _timescaledb_catalog.hypertable h,
      lateral (select case when h.compression_state <> 2 then 'hypertables' end as kind) k`;
  }
  return `select ${columns}, case when not k.materialization then k.kind end as kind,
      case when k.materialization then 'continuous_aggregates' else k.kind end as kind_of_chunks,
      h.compression_state = 1 as compressing, h.replication_factor
    from _timescaledb_catalog.hypertable h,
      lateral (
        select exists (
          select 1 from _timescaledb_catalog.continuous_agg m where m.mat_hypertable_id = h.id
        ) as materialization,
        case
          when h.compression_state = 2 then null
          when h.replication_factor > 0 then 'distributed_hypertables_access_node'
          when h.replication_factor < 0 then 'distributed_hypertables_data_node'
          else 'hypertables'
        end as kind
      ) k`;
}

/** What only some releases know of a relation. */
function columnsOf(server: ServerInfo): readonly string[] {
  const isDistributed = !isAtLeast(server, '2.14.0');
  return [
    ...(isAtLeast(server, '2.7.0')
      ? [isAtLeast(server, '2.25.0') ? 'true as finalized' : 'ca.finalized']
      : []),
    ...(isAtLeast(server, '2.9.0') ? ['ca.parent_mat_hypertable_id is not null as nested'] : []),
    ...(isDistributed
      ? [
          'h.replication_factor > 1 as replicated',
          'rh.replication_factor > 0 as on_distributed',
          `(
      select greatest(pg_catalog.count(*) - 1, 0) from _timescaledb_catalog.chunk_data_node d where d.chunk_id = ch.id
    ) as replicas`,
        ]
      : []),
  ];
}

function joinsOf(server: ServerInfo): string {
  const hasRelid = isAtLeast(server, '2.29.0');
  return [
    'left join hypertables h on h.schema_name = n.nspname and h.table_name = c.relname',
    hasRelid
      ? 'left join _timescaledb_catalog.chunk ch on ch.relid = c.oid'
      : 'left join _timescaledb_catalog.chunk ch on ch.schema_name = n.nspname and ch.table_name = c.relname',
    'left join hypertables chh on chh.id = ch.hypertable_id',
    'left join _timescaledb_catalog.continuous_agg ca on ca.user_view_schema = n.nspname and ca.user_view_name = c.relname',
    'left join hypertables mh on mh.id = ca.mat_hypertable_id',
    ...(isAtLeast(server, '2.14.0')
      ? []
      : ['left join hypertables rh on rh.id = ca.raw_hypertable_id']),
    ...(hasRelid
      ? ['left join _timescaledb_catalog.compression_settings cs on cs.compress_relid = c.oid']
      : []),
  ].join('\n  ');
}

/**
 * `classified`: every relation that the report counts, with its kind, the key of `relations` that it counts under (the
 * first test that matches wins, as in `src/telemetry/stats.c`), and what its kind needs from the catalogs. What is not
 * counted has no kind.
 */
export function classifiedCtes(server: ServerInfo): string {
  const isCompressedData = isAtLeast(server, '2.29.0')
    ? "\n      when c.relkind = 'r' and cs.compress_relid is not null then null"
    : '';
  const columns = [
    'c.oid, c.relkind, c.relpersistence, c.relpages, c.reltuples, c.reltoastrelid',
    'c.relispartition or h.id is null and ch.id is not null as is_child',
    'case when h.id is null and (ch.status & 1) <> 0 then ch.id end as compressed_chunk_id',
    'h.compressing, ca.materialized_only, mh.compressing as aggregate_compressing',
    ...columnsOf(server),
  ];
  return `
hypertables as materialized (
  ${hypertables(server)}
),
classified as materialized (
  select ${columns.join(',\n    ')},
    case
      when c.relkind in ('r', 'p') and c.relispartition then 'partitioned_tables'
      when c.relkind = 'p' then 'partitioned_tables'
      when c.relkind = 'r' and h.id is not null then h.kind
      when c.relkind in ('r', 'f') and ch.id is not null then chh.kind_of_chunks${isCompressedData}
      when c.relkind = 'r' then 'tables'
      when c.relkind = 'm' then 'materialized_views'
      when c.relkind = 'v' and n.nspname = '_timescaledb_internal' then null
      when c.relkind = 'v' and ca.mat_hypertable_id is not null then 'continuous_aggregates'
      when c.relkind = 'v' then 'views'
    end as kind
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  ${joinsOf(server)}
  where c.relkind in ('r', 'p', 'm', 'v', 'f')
    and n.nspname not in (${list(skippedSchemas(server))})
    and n.nspname !~ '^pg_(toast_)?temp_'
    and not (n.nspname = '_timescaledb_internal' and c.relname in (${list(skippedInternalTables(server))}))
)`;
}
