import type { Target } from '../../config/target.ts';
import { callSql, lines, sql } from '../../postgres/statement.ts';
import type { ServerInfo } from '../../timescaledb/server-info.ts';
import { IS_ONE_PAGE_INDEX } from './empty-heaps.ts';
import { added, BLOCKED, fork, HAS_STORAGE, initFork, measured } from './open-relations.ts';

export type Sizes = Target['sizes'];

/** `owners`: counted tables and their TOAST tables, to which other relations belong by pg_index. */
const ESTIMATED_OWNERS = sql`owners as (
  select
    r.oid,
    r.kind,
    false as is_toast
  from classified r
  where ${HAS_STORAGE}
  union all
  select
    r.reltoastrelid,
    r.kind,
    true
  from classified r
  where ${HAS_STORAGE}
    and r.reltoastrelid <> 0
)`;

const MEASURED_OWNERS = `owners as (
  select
    m.oid,
    m.kind,
    false as is_toast,
    m.is_blocked,
    m.is_new_heap,
    m.size,
    m.indexes_size
  from measured m
  union all
  select
    m.reltoastrelid,
    m.kind,
    true,
    m.is_blocked,
    m.is_new_toast_heap,
    m.toast_size,
    null
  from measured m
  where m.reltoastrelid <> 0
)`;

/** -1, of a partitioned table or as restored statistics, means that the pages were never counted. */
const PAGES = 'greatest(c.relpages, 0)';

/** Pages of relations `c` that belong to an owner `o`. */
const ESTIMATED_PAGES = `case
  when o.oid is not null then ${PAGES}
end`;

/** Pages of the same whose number is known, but not measured. */
const KNOWN_PAGES = `case
  when o.is_blocked then ${PAGES}
  when ${IS_ONE_PAGE_INDEX} then 1
end`;

/** Bytes of the owner itself, or of an index that was left out of `measured`. No index has a visibility map. */
const BYTES = sql`case
  when o.is_blocked or ${IS_ONE_PAGE_INDEX} then null
  when i.indexrelid is null then o.size
  when o.oid is not null and o.indexes_size is null
    then ${added([fork('c.oid', 'main'), fork('c.oid', 'fsm'), initFork('c.oid', 'c.relpersistence')])}
end`;

const INDEX_BYTES = `case
  when i.indexrelid is null then o.indexes_size
end`;

/** Sums over pg_class by column; a sum of pages, and sums of bytes where relations are opened. */
type Sums = Readonly<Partial<Record<'known_pages' | 'bytes' | 'index_bytes', string>>>;

/**
 * `files`: sums over pg_class by access method and, for what belongs to a counted table, by its kind and part.
 *
 * pg_class is the outer side of the joins, because the planner knows its size. It can mistake the number of owners by a factor of
 * a thousand, and would loop over them for each of few rows.
 */
function files(sums: Sums): string {
  const columns = Object.entries(sums).map(
    ([name, expression]) => `${callSql('pg_catalog.sum', [expression])} as ${name}`,
  );
  return sql`files as materialized (
  select
    c.relam,
    o.kind,
    o.is_toast,
    i.indexrelid is not null as is_index,
    pg_catalog.count(*) as instances,
    pg_catalog.sum(c.relpages) as pages,
    ${lines(columns)}
  from pg_catalog.pg_class c
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
  left join owners o on o.oid = coalesce(i.indrelid, c.oid)
  group by c.relam, o.kind, o.is_toast, i.indexrelid is not null
)`;
}

/** `sizes`: heap, TOAST and index bytes of every kind. */
function sizesOf({ bytes, index_bytes }: Sums): string {
  return sql`sizes as (
  select
    f.kind,
    pg_catalog.sum(f.size) filter (where not f.is_toast and not f.is_index) as heap_size,
    pg_catalog.sum(f.size) filter (where f.is_toast) as toast_size,
    coalesce(pg_catalog.sum(f.size) filter (where not f.is_toast and f.is_index), 0)
      + coalesce(pg_catalog.sum(f.index_bytes), 0) as indexes_size
  from (
    select
      f.kind,
      f.is_toast,
      f.is_index,
      coalesce(f.known_pages, 0) * pg_catalog.current_setting('block_size')::bigint
        + ${bytes === undefined ? '0' : 'coalesce(f.bytes, 0)'} as size,
      ${index_bytes === undefined ? '0 as index_bytes' : 'f.index_bytes'}
    from files f
    where f.kind is not null
  ) f
  group by f.kind
)`;
}

const ESTIMATED: Sums = { known_pages: ESTIMATED_PAGES };
const EXACT: Sums = { known_pages: KNOWN_PAGES, bytes: BYTES, index_bytes: INDEX_BYTES };

/**
 * Renders `sizes`: heap, TOAST and index bytes of every kind of relations, estimated where opening a relation could wait for a
 * lock; and `files`, the sums over pg_class that they are made of.
 */
export function measuredCtes(server: ServerInfo, sizes: Sizes): readonly string[] {
  return sizes === 'estimated'
    ? [ESTIMATED_OWNERS, files(ESTIMATED), sizesOf(ESTIMATED)]
    : [...BLOCKED, measured(server), MEASURED_OWNERS, files(EXACT), sizesOf(EXACT)];
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
  from measured m
  where m.is_blocked
)`;
}
