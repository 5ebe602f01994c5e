export type Sizes = 'exact' | 'estimated';

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

/** The planner's page counts of all indexes of a table: for estimates, which open nothing. */
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

/** `measured`: heap, toast and index bytes of every relation in `classified` that has storage. */
export function measuredCtes(sizes: Sizes): string {
  return `
stored as materialized (
  select r.* from classified r
  where r.relkind in ('r', 'm') and r.kind is not null
),${BLOCKED},${ESTIMATES},
measured as (${measured(sizes)}
)`;
}

/** How many relations the sizes of which are estimates, because they could not be opened without waiting. */
export function estimatedCount(sizes: Sizes): string {
  return sizes === 'estimated'
    ? '(select count(*) from stored)'
    : '(select count(*) from stored r where r.oid in (select b.oid from blocked b))';
}
