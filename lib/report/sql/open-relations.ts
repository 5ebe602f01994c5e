import { sql } from '../../postgres/statement.ts';
import type { ServerInfo } from '../../timescaledb/server-info.ts';
import { isNewHeap } from './empty-heaps.ts';

/** Relations with storage that the report counts. */
export const HAS_STORAGE = `r.kind is not null
  and r.relkind in ('r', 'm')`;

/** Relations that cannot be opened without waiting: they, their TOAST table or an index of either is locked. */
export const BLOCKED = [
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

export function fork(oid: string, name: 'main' | 'fsm' | 'vm' | 'init'): string {
  return `pg_catalog.pg_relation_size(${oid}, '${name}')`;
}

/** Only unlogged relations have an init fork. */
export function initFork(oid: string, persistence: string): string {
  return `case when ${persistence} = 'u' then ${fork(oid, 'init')} else 0 end`;
}

export function added(terms: readonly string[]): string {
  return terms.join('\n  + ');
}

/** Bytes of a table or TOAST table, of which the main fork and the free space map have been measured. */
function sizeOf(prefix: string, oid: string): string {
  const forks = [
    `t.${prefix}main_size`,
    `t.${prefix}fsm_size`,
    fork(oid, 'vm'),
    initFork(oid, 't.relpersistence'),
  ];
  return sql`case
  when t.is_blocked then null
  when t.is_new_${prefix}heap then 0
  else ${added(forks)}
end`;
}

const HAS_TOAST = 'not t.is_blocked and t.reltoastrelid <> 0';

/**
 * `measured`: counted tables with their bytes; a table, its TOAST table and its indexes are opened one after the other, because
 * their rows in the catalogs are close to each other. Indexes of a TOAST table, and of a table that is a new heap, are left out.
 *
 * `offset 0` keeps the order of the measurements: the main fork comes before the free space map, as isNewHeap() needs it.
 */
export function measured(server: ServerInfo): string {
  return sql`measured as materialized (
  select
    t.oid,
    t.reltoastrelid,
    t.kind,
    t.is_blocked,
    t.is_new_heap,
    t.is_new_toast_heap,
    ${sizeOf('', 't.oid')} as size,
    ${sizeOf('toast_', 't.reltoastrelid')} as toast_size,
    case when not t.is_blocked and not t.is_new_heap then pg_catalog.pg_indexes_size(t.oid) end as indexes_size
  from (
    select
      t.*,
      ${isNewHeap(server, 't.main_size', 't.fsm_size')} as is_new_heap,
      ${isNewHeap(server, 't.toast_main_size', 't.toast_fsm_size')} as is_new_toast_heap
    from (
      select
        t.*,
        case when not t.is_blocked then ${fork('t.oid', 'fsm')} end as fsm_size,
        case when ${HAS_TOAST} then ${fork('t.reltoastrelid', 'fsm')} end as toast_fsm_size
      from (
        select
          t.*,
          case when not t.is_blocked then ${fork('t.oid', 'main')} end as main_size,
          case when ${HAS_TOAST} then ${fork('t.reltoastrelid', 'main')} end as toast_main_size
        from (
          select
            r.oid,
            r.reltoastrelid,
            r.kind,
            r.relam,
            r.relpersistence,
            r.oid in (
              select b.oid
              from blocked b
            ) as is_blocked
          from classified r
          where ${HAS_STORAGE}
        ) t
        offset 0
      ) t
      offset 0
    ) t
  ) t
)`;
}
