import { type Identity, isAtLeast } from '../identity.ts';

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

/**
 * `classified`: every relation that the report counts, with its class (the first test that matches wins, as in
 * `src/telemetry/stats.c`) and what its class needs from the catalogs. What is not counted has no class.
 */
export function classifiedCtes(identity: Identity): string {
  const form = catalogForm(identity);
  return `
hypertables as (
  ${form.hypertables}
),
classified as materialized (
  select c.oid, c.relkind, c.relpages, c.reltuples, c.reltoastrelid, ch.id as chunk_id, ch.status as chunk_status,
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
)`;
}
