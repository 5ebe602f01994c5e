import type { Target } from '../../config/target.ts';
import { sql } from '../../postgres/statement.ts';

export type Sizes = Target['sizes'];

/** Relations with storage that the report counts. */
const STORED = `stored as materialized (
  select r.*
  from classified r
  where r.relkind in ('r', 'm')
    and r.kind is not null
)`;

/** Relations that cannot be opened without waiting: they, their TOAST table or an index of either is locked. */
const BLOCKED = [
  `locked as materialized (
  select l.relation
  from pg_catalog.pg_locks l
  where l.locktype = 'relation'
    and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
    and l.database = (
      select d.oid
      from pg_catalog.pg_database d
      where d.datname = pg_catalog.current_database()
    )
)`,
  `locked_tables as (
  select l.relation
  from locked l
  union
  select i.indrelid
  from pg_catalog.pg_index i
  join locked l on l.relation = i.indexrelid
)`,
  `blocked as materialized (
  select t.relation as oid
  from locked_tables t
  union
  select c.oid
  from pg_catalog.pg_class c
  join locked_tables t on t.relation = c.reltoastrelid
)`,
];

/** -1, of a partitioned table or as restored statistics, means that the pages were never counted. */
function pagesOf(alias: string): string {
  return `greatest(${alias}.relpages, 0)`;
}

/** Page counts of all indexes of a table, by the planner's statistics: estimates open no relation. */
const INDEX_PAGES = `index_pages as materialized (
  select
    i.indrelid,
    pg_catalog.sum(${pagesOf('c')}) as pages
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  group by i.indrelid
)`;

const BLOCK_SIZE = "pg_catalog.current_setting('block_size')::bigint";

const ESTIMATED = `select
  r.oid,
  ${BLOCK_SIZE} * ${pagesOf('r')} as heap_size,
  ${BLOCK_SIZE} * (coalesce(${pagesOf('t')}, 0) + coalesce(ti.pages, 0))::bigint as toast_size,
  ${BLOCK_SIZE} * coalesce(ri.pages, 0)::bigint as indexes_size
from stored r
left join pg_catalog.pg_class t on t.oid = r.reltoastrelid
left join index_pages ri on ri.indrelid = r.oid
left join index_pages ti on ti.indrelid = r.reltoastrelid`;

/**
 * One row for each relation that has to be opened: a table, its TOAST table, and the indexes of both. Opening takes most of the
 * time in a new session, and each relation is opened once.
 */
const PARTS = [
  `open as materialized (
  select r.*
  from stored r
  where r.oid not in (
    select b.oid
    from blocked b
  )
)`,
  `parts as (
  select
    r.oid as owner,
    'heap' as part,
    r.oid,
    false as is_index,
    r.relpersistence
  from open r
  union all
  select r.oid, 'toast', r.reltoastrelid, false, r.relpersistence
  from open r
  where r.reltoastrelid <> 0
  union all
  select r.oid, 'index', i.indexrelid, true, r.relpersistence
  from open r
  join pg_catalog.pg_index i on i.indrelid = r.oid
  union all
  select r.oid, 'toast', i.indexrelid, true, r.relpersistence
  from open r
  join pg_catalog.pg_index i on i.indrelid = r.reltoastrelid
  where r.reltoastrelid <> 0
)`,
];

function fork(name: string): string {
  return `pg_catalog.pg_relation_size(p.oid, '${name}')`;
}

function sizeOf(part: string): string {
  return `coalesce(pg_catalog.sum(s.size) filter (where s.part = '${part}'), 0)::bigint`;
}

/** The sums of pg_table_size() and pg_indexes_size(): no index has a visibility map, and only unlogged relations have an init fork. */
const EXACT = `select
  s.owner as oid,
  ${sizeOf('heap')} as heap_size,
  ${sizeOf('toast')} as toast_size,
  ${sizeOf('index')} as indexes_size
from (
  select
    p.owner,
    p.part,
    ${fork('main')}
      + ${fork('fsm')}
      + case when p.is_index then 0 else ${fork('vm')} end
      + case when p.relpersistence = 'u' then ${fork('init')} else 0 end as size
  from parts p
) s
group by s.owner`;

/**
 * Renders `measured`: heap, TOAST and index bytes of every relation in `classified` that has storage, estimated where opening it
 * could wait for a lock.
 */
export function measuredCtes(sizes: Sizes): readonly string[] {
  if (sizes === 'estimated') {
    return [
      STORED,
      INDEX_PAGES,
      sql`measured as (
  ${ESTIMATED}
)`,
    ];
  }
  return [
    STORED,
    INDEX_PAGES,
    ...BLOCKED,
    ...PARTS,
    sql`measured as (
  ${EXACT}
  union all
  ${ESTIMATED}
  where r.oid in (
    select b.oid
    from blocked b
  )
)`,
  ];
}

/** Renders the number of relations with estimated sizes. */
export function estimatedCount(sizes: Sizes): string {
  const locked = `
where r.oid in (
  select b.oid
  from blocked b
)`;
  return sql`(
  select pg_catalog.count(*)
  from stored r${sizes === 'estimated' ? '' : locked}
)`;
}
