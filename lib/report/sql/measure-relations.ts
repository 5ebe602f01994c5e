import type { Target } from '../../config/target.ts';

export type Sizes = Target['sizes'];

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

/** -1, of a partitioned table or as restored statistics, means that nobody has counted. */
function pagesOf(alias: string): string {
  return `greatest(${alias}.relpages, 0)`;
}

/** The planner's page counts of all indexes of a table: for estimates, which open nothing. */
const INDEX_PAGES = `
index_pages as materialized (
  select i.indrelid, pg_catalog.sum(${pagesOf('c')}) as pages
  from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
  group by i.indrelid
)`;

const BLOCK_SIZE = "pg_catalog.current_setting('block_size')::bigint";

const ESTIMATED = `
  select r.oid, ${BLOCK_SIZE} * ${pagesOf('r')} as heap_size,
    ${BLOCK_SIZE} * (coalesce(${pagesOf('t')}, 0) + coalesce(ti.pages, 0))::bigint as toast_size,
    ${BLOCK_SIZE} * coalesce(ri.pages, 0)::bigint as indexes_size
  from stored r
  left join pg_catalog.pg_class t on t.oid = r.reltoastrelid
  left join index_pages ri on ri.indrelid = r.oid
  left join index_pages ti on ti.indrelid = r.reltoastrelid`;

/**
 * All that a table's totals consist of, one row for each relation that has to be opened: itself, its toast table, and the
 * indexes of both. Opening is what takes the time in a new session, and each is opened once.
 */
const PARTS = `
open as materialized (
  select r.* from stored r where r.oid not in (select b.oid from blocked b)
),
parts as (
  select r.oid as owner, 'heap' as part, r.oid, false as is_index, r.relpersistence from open r
  union all
  select r.oid, 'toast', r.reltoastrelid, false, r.relpersistence from open r where r.reltoastrelid <> 0
  union all
  select r.oid, 'index', i.indexrelid, true, r.relpersistence
  from open r join pg_catalog.pg_index i on i.indrelid = r.oid
  union all
  select r.oid, 'toast', i.indexrelid, true, r.relpersistence
  from open r join pg_catalog.pg_index i on i.indrelid = r.reltoastrelid where r.reltoastrelid <> 0
)`;

function fork(name: string): string {
  return `pg_catalog.pg_relation_size(p.oid, '${name}')`;
}

function sizeOf(part: string): string {
  return `coalesce(pg_catalog.sum(s.size) filter (where s.part = '${part}'), 0)::bigint`;
}

/** As pg_table_size() and pg_indexes_size() add up; no index has a visibility map, and only what is unlogged has an initial fork. */
const EXACT = `
  select s.owner as oid, ${sizeOf('heap')} as heap_size, ${sizeOf('toast')} as toast_size, ${sizeOf('index')} as indexes_size
  from (
    select p.owner, p.part, ${fork('main')} + ${fork('fsm')}
      + case when p.is_index then 0 else ${fork('vm')} end
      + case when p.relpersistence = 'u' then ${fork('init')} else 0 end as size
    from parts p
  ) s
  group by s.owner`;

/** `measured`: heap, toast and index bytes of every relation in `classified` that has storage, estimated where it must not be opened. */
export function measuredCtes(sizes: Sizes): string {
  const stored = `
stored as materialized (
  select r.* from classified r where r.relkind in ('r', 'm') and r.kind is not null
),${INDEX_PAGES},`;
  if (sizes === 'estimated') {
    return `${stored}
measured as (${ESTIMATED}
)`;
  }
  return `${stored}${BLOCKED},${PARTS},
measured as (${EXACT}
  union all${ESTIMATED}
  where r.oid in (select b.oid from blocked b)
)`;
}

/** How many relations the sizes of which are estimates, because they could not be opened without waiting. */
export function estimatedCount(sizes: Sizes): string {
  return sizes === 'estimated'
    ? '(select pg_catalog.count(*) from stored)'
    : '(select pg_catalog.count(*) from stored r where r.oid in (select b.oid from blocked b))';
}
