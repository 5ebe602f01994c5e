import { isAtLeast, type ServerInfo } from '../../timescaledb/server-info.ts';
import {
  always,
  type Field,
  INTEGER_AS_TEXT,
  NUMBER,
  NUMBER_AS_TEXT,
  number,
  object,
  objectSql,
  oneOf,
  text,
} from './field.ts';

/**
 * The counters of releases before 2.6.0, which has `relations` in their place, and what 2.0 to 2.13 said of distributed
 * databases. PostgreSQL 9.6 understands all of it.
 */

/** Hypertables that a user made: not those that hold compressed data, nor a continuous aggregate's. */
function ownHypertables(server: ServerInfo): string {
  const all = 'select pg_catalog.count(*) from _timescaledb_catalog.hypertable h';
  if (!isAtLeast(server, '1.5.0')) return all;
  const isOwn = isAtLeast(server, '2.0.0')
    ? 'h.compression_state <> 2 and h.replication_factor is null'
    : 'not h.compressed';
  return `${all} where ${isOwn} and not exists (
      select 1 from _timescaledb_catalog.continuous_agg m where m.mat_hypertable_id = h.id
    )`;
}

function compressedHypertables(server: ServerInfo): string {
  return `select pg_catalog.count(*) from _timescaledb_catalog.hypertable h where ${
    isAtLeast(server, '2.0.0')
      ? 'h.compression_state = 1'
      : 'h.compressed_hypertable_id is not null'
  }`;
}

interface Counter extends Pick<Field, 'since' | 'before' | 'says'> {
  readonly example: string;
}

function counter(name: string, sql: (server: ServerInfo) => string, rest: Counter): Field {
  return {
    name,
    type: NUMBER_AS_TEXT,
    ...rest,
    sql: (server) => text(`(${sql(server)})::bigint`),
  };
}

/** A sum of bigints is a numeric, whose text has no limit: a cast to bigint could fail. */
function recordedSize(name: string, says: string): Field {
  return {
    name,
    type: INTEGER_AS_TEXT,
    since: '1.5.0',
    before: '2.6.0',
    says,
    example: '49152',
    sql: always(
      text(
        `select coalesce(pg_catalog.sum(s.${name}), 0) from _timescaledb_catalog.compression_chunk_size s`,
      ),
    ),
  };
}

const SIZES = ['heap', 'index', 'toast'].flatMap((part) =>
  ['compressed', 'uncompressed'].map((state) =>
    recordedSize(
      `${state}_${part}_size`,
      `bytes ${state === 'compressed' ? 'after' : 'before'} compression (${part})`,
    ),
  ),
);

export const COUNTERS_BEFORE_2_6: readonly Field[] = [
  counter('num_hypertables', ownHypertables, {
    before: '2.6.0',
    says: 'hypertables (before 1.5.0 also those that hold the data of continuous aggregates)',
    example: '3',
  }),
  counter('num_compressed_hypertables', compressedHypertables, {
    since: '1.5.0',
    before: '2.6.0',
    says: 'hypertables with compression on',
    example: '1',
  }),
  counter(
    'num_continuous_aggs',
    always('select pg_catalog.count(*) from _timescaledb_catalog.continuous_agg'),
    { since: '1.3.0', before: '2.6.0', says: 'continuous aggregates', example: '2' },
  ),
  counter(
    'num_drop_chunks_policies',
    always('select pg_catalog.count(*) from _timescaledb_config.bgw_policy_drop_chunks'),
    { since: '1.3.0', before: '2.0.0', says: 'policies that drop old chunks', example: '2' },
  ),
  ...SIZES,
];

/** `d.member`: an access node is the database that gave its own uuid to all of the distributed database. */
const MEMBERSHIP_OF_DATABASE = `(
      select case
        when m.value is null then 'none'
        when m.value = (select u.value from _timescaledb_catalog.metadata u where u.key = 'uuid') then 'access node'
        else 'data node'
      end as member
      from (select 1) one
      left join _timescaledb_catalog.metadata m on m.key = 'dist_uuid'
    ) d`;

const DATA_NODES = `(
    select pg_catalog.count(*) from pg_catalog.pg_foreign_server s
    join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
    where w.fdwname = 'timescaledb_fdw'
  )`;

/** Under the Apache license the extension knows nothing of it. */
function unlessApache(sql: string): string {
  return `(
    select ${sql} from ${MEMBERSHIP_OF_DATABASE}
    where pg_catalog.current_setting('timescaledb.license', true) = 'timescale'
  )`;
}

const UNLESS_APACHE = 'the license is Apache, or its setting is not to be seen';
const UNLESS_MEMBER = 'the database is no member of a distributed one';

function distributed(name: string, says: string, example: string, count: string): Field {
  return {
    name,
    type: NUMBER_AS_TEXT,
    says,
    example,
    absent: UNLESS_MEMBER,
    sql: always(`case when d.member <> 'none' then (${count})::pg_catalog.text end`),
  };
}

function hypertablesWhere(condition: string): string {
  return `select pg_catalog.count(*) from _timescaledb_catalog.hypertable h where ${condition}`;
}

const MEMBERSHIP = oneOf('none', 'access node', 'data node');
const SAYS_MEMBER = 'whether it is a part of a distributed database';

const DISTRIBUTED_DB: readonly Field[] = [
  {
    name: 'distributed_member',
    type: MEMBERSHIP,
    says: SAYS_MEMBER,
    example: 'none',
    sql: always('d.member'),
  },
  distributed('num_data_nodes', 'data nodes', '2', DATA_NODES),
  distributed(
    'num_distributed_hypertables',
    'distributed hypertables, on an access node',
    '3',
    hypertablesWhere('h.replication_factor > 0'),
  ),
  distributed(
    'num_replicated_distributed_hypertables',
    'those with more than one copy',
    '1',
    hypertablesWhere('h.replication_factor > 1'),
  ),
  distributed(
    'num_distributed_hypertables_members',
    'parts of distributed hypertables, on a data node',
    '0',
    hypertablesWhere('h.replication_factor < 0'),
  ),
];

export const DISTRIBUTED: readonly Field[] = [
  {
    name: 'distributed_db',
    since: '2.0.0',
    before: '2.6.0',
    type: object(DISTRIBUTED_DB),
    says: 'the part that the database has in a distributed one',
    example: { distributed_member: 'none' },
    absent: UNLESS_APACHE,
    sql: (server) =>
      unlessApache(`pg_catalog.jsonb_strip_nulls(${objectSql(DISTRIBUTED_DB, server)})`),
  },
  {
    name: 'distributed_member',
    since: '2.6.0',
    before: '2.14.0',
    type: MEMBERSHIP,
    says: SAYS_MEMBER,
    example: 'none',
    absent: UNLESS_APACHE,
    sql: always(unlessApache(text('d.member'))),
  },
  {
    name: 'num_data_nodes',
    since: '2.6.0',
    before: '2.14.0',
    type: NUMBER,
    says: 'data nodes',
    example: 2,
    absent: `the database is no access node, or ${UNLESS_APACHE}`,
    sql: always(unlessApache(`case when d.member = 'access node' then ${number(DATA_NODES)} end`)),
  },
];
