import type { Target } from '../../config/target.ts';
import { callSql, lines, sql } from '../../postgres/statement.ts';
import type { ServerInfo } from '../../timescaledb/server-info.ts';
import { IS_ONE_PAGE_INDEX, isNewHeap } from './empty-heaps.ts';

export type Sizes = Target['sizes'];

/** Relations with storage that the report counts. */
const HAS_STORAGE = `r.kind is not null
  and r.relkind in ('r', 'm')`;

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

/** Renders the counted tables and their TOAST tables, with columns of the table. */
function tablesAndToast(columns: readonly string[]): string {
  return sql`select
  r.oid,
  false as is_toast,
  ${lines(columns)}
from classified r
where ${HAS_STORAGE}
union all
select
  r.reltoastrelid,
  true,
  ${lines(columns)}
from classified r
where ${HAS_STORAGE}
  and r.reltoastrelid <> 0`;
}

function fork(alias: string, name: 'main' | 'fsm' | 'vm' | 'init'): string {
  return `pg_catalog.pg_relation_size(${alias}.oid, '${name}')`;
}

/** Only unlogged relations have an init fork. */
function initFork(alias: string): string {
  return `case when ${alias}.relpersistence = 'u' then ${fork(alias, 'init')} else 0 end`;
}

function added(terms: readonly string[]): string {
  return terms.join('\n  + ');
}

/**
 * `owners`: counted tables and their TOAST tables with their bytes, indexes excluded. `offset 0` keeps the order of the
 * measurements: the main fork comes before the free space map, as isNewHeap() needs it.
 */
function measuredOwners(server: ServerInfo): string {
  const columns = [
    'r.kind',
    'r.relam',
    'r.relpersistence',
    sql`r.oid in (
  select b.oid
  from blocked b
) as is_blocked`,
  ];
  return sql`owners as materialized (
  select
    o.oid,
    o.kind,
    o.is_toast,
    o.is_blocked,
    o.is_new_heap,
    case
      when o.is_blocked then null
      when o.is_new_heap then 0
      else ${added(['o.main_size', 'o.fsm_size', fork('o', 'vm'), initFork('o')])}
    end as size
  from (
    select
      t.*,
      ${isNewHeap(server)} as is_new_heap
    from (
      select
        m.*,
        case when not m.is_blocked then ${fork('m', 'fsm')} end as fsm_size
      from (
        select
          t.*,
          case when not t.is_blocked then ${fork('t', 'main')} end as main_size
        from (
          ${tablesAndToast(columns)}
        ) t
        offset 0
      ) m
      offset 0
    ) t
  ) o
)`;
}

/** -1, of a partitioned table or as restored statistics, means that the pages were never counted. */
const PAGES = 'greatest(c.relpages, 0)';

/** Sums over relations `c` that belong to an owner `o`. */
interface Measured {
  /** Pages whose number is known without opening the relation. */
  readonly pages: string;
  /** Bytes of relations that have to be opened. */
  readonly bytes?: string;
}

const ESTIMATED: Measured = {
  pages: `case
  when o.oid is not null then ${PAGES}
end`,
};

/** No index has a visibility map. */
const EXACT: Measured = {
  pages: `case
  when o.is_blocked then ${PAGES}
  when ${IS_ONE_PAGE_INDEX} then 1
end`,
  bytes: sql`case
  when o.is_blocked or ${IS_ONE_PAGE_INDEX} then null
  when i.indexrelid is null then o.size
  when o.oid is not null then ${added([fork('c', 'main'), fork('c', 'fsm'), initFork('c')])}
end`,
};

/**
 * `files`: sums over pg_class by access method and, for what belongs to a counted table, by its kind and part; and `sizes`: heap,
 * TOAST and index bytes of every kind.
 *
 * pg_class is the outer side of the joins, because the planner knows its size. It can mistake the number of owners by a factor of
 * forty, and would loop over them for each of few rows.
 */
function sums({ pages, bytes }: Measured): readonly string[] {
  const columns = [
    'c.relam',
    'o.kind',
    'o.is_toast',
    'i.indexrelid is not null as is_index',
    'pg_catalog.count(*) as instances',
    'pg_catalog.sum(c.relpages) as pages',
    `${callSql('pg_catalog.sum', [pages])} as known_pages`,
    ...(bytes === undefined ? [] : [`${callSql('pg_catalog.sum', [bytes])} as bytes`]),
  ];
  const knownBytes = `coalesce(f.known_pages, 0) * pg_catalog.current_setting('block_size')::bigint`;
  const size = bytes === undefined ? knownBytes : `coalesce(f.bytes, 0) + ${knownBytes}`;
  return [
    sql`files as materialized (
  select
    ${lines(columns)}
  from pg_catalog.pg_class c
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
  left join owners o on o.oid = coalesce(i.indrelid, c.oid)
  group by c.relam, o.kind, o.is_toast, i.indexrelid is not null
)`,
    sql`sizes as (
  select
    p.kind,
    pg_catalog.sum(p.size) filter (where not p.is_toast and not p.is_index) as heap_size,
    pg_catalog.sum(p.size) filter (where p.is_toast) as toast_size,
    pg_catalog.sum(p.size) filter (where not p.is_toast and p.is_index) as indexes_size
  from (
    select
      f.kind,
      f.is_toast,
      f.is_index,
      ${size} as size
    from files f
    where f.kind is not null
  ) p
  group by p.kind
)`,
  ];
}

/**
 * Renders `sizes`: heap, TOAST and index bytes of every kind of relations, estimated where opening a relation could wait for a
 * lock; and `files`, the sums over pg_class that they are made of.
 */
export function measuredCtes(server: ServerInfo, sizes: Sizes): readonly string[] {
  return sizes === 'estimated'
    ? [
        sql`owners as (
  ${tablesAndToast(['r.kind'])}
)`,
        ...sums(ESTIMATED),
      ]
    : [...BLOCKED, measuredOwners(server), ...sums(EXACT)];
}

/** Renders the number of relations with estimated sizes. */
export function estimatedCount(sizes: Sizes): string {
  return sizes === 'estimated'
    ? sql`(
  select pg_catalog.count(*)
  from classified r
  where ${HAS_STORAGE}
)`
    : sql`(
  select pg_catalog.count(*)
  from owners o
  where o.is_blocked
    and not o.is_toast
)`;
}
