import { sql } from '../../postgres/statement.ts';
import {
  always,
  type Field,
  NUMBER,
  NUMBER_AS_TEXT,
  number,
  object,
  objectSql,
  oneOf,
  type Source,
  text,
} from './field.ts';
import { HYPERTABLE_COUNTS } from './legacy-counters.ts';
import { METADATA } from './metadata.ts';

/** Distributed databases, which 2.0 to 2.13 had. PostgreSQL 9.6 can run all of this SQL. */

/**
 * One row. Under the Apache license the extension does not know distributed databases: `member` is NULL. An access node is the
 * database whose own uuid is that of the whole distributed database.
 */
const MEMBERSHIP: Source = {
  name: 'membership',
  reads: [METADATA],
  sql: always(`select
  case
    when pg_catalog.current_setting('timescaledb.license', true) is distinct from 'timescale' then null
    when m.dist_uuid is null then 'none'
    when m.dist_uuid = m.uuid then 'access node'
    else 'data node'
  end as member
from metadata m
offset 0`),
};

const DATA_NODES = `(
  select pg_catalog.count(*)
  from pg_catalog.pg_foreign_server s
  join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
  where w.fdwname = 'timescaledb_fdw'
)`;

const UNLESS_APACHE = 'the license is Apache, or its setting is not visible';
const UNLESS_MEMBER = 'the database does not belong to a distributed database';

const MEMBER_TYPE = oneOf('none', 'access node', 'data node');
const MEMBER_DESCRIPTION = 'role of the database in a distributed database';

function distributed(name: string, description: string, example: string, count: string): Field {
  return {
    name,
    type: NUMBER_AS_TEXT,
    description,
    example,
    absentWhen: UNLESS_MEMBER,
    sql: always(sql`case
  when membership.member <> 'none'
    then ${count}::pg_catalog.text
end`),
  };
}

const DISTRIBUTED_DB: readonly Field[] = [
  {
    name: 'distributed_member',
    type: MEMBER_TYPE,
    description: MEMBER_DESCRIPTION,
    example: 'none',
    sql: always('membership.member'),
  },
  distributed('num_data_nodes', 'data nodes', '2', DATA_NODES),
  distributed(
    'num_distributed_hypertables',
    'distributed hypertables, on an access node',
    '3',
    'hypertable_counts.distributed',
  ),
  distributed(
    'num_replicated_distributed_hypertables',
    'distributed hypertables with more than one replica',
    '1',
    'hypertable_counts.replicated',
  ),
  distributed(
    'num_distributed_hypertables_members',
    'local parts of distributed hypertables, on a data node',
    '0',
    'hypertable_counts.members',
  ),
];

export const DISTRIBUTED: readonly Field[] = [
  {
    name: 'distributed_db',
    since: '2.0.0',
    before: '2.6.0',
    type: object(DISTRIBUTED_DB),
    description: 'role of the database in a distributed database, with counts',
    example: { distributed_member: 'none' },
    absentWhen: UNLESS_APACHE,
    from: [MEMBERSHIP, HYPERTABLE_COUNTS],
    sql: (server) => sql`case
  when membership.member is not null
    then pg_catalog.jsonb_strip_nulls(${objectSql(DISTRIBUTED_DB, server)})
end`,
  },
  {
    name: 'distributed_member',
    since: '2.6.0',
    before: '2.14.0',
    type: MEMBER_TYPE,
    description: MEMBER_DESCRIPTION,
    example: 'none',
    absentWhen: UNLESS_APACHE,
    from: [MEMBERSHIP],
    sql: always(text('membership.member')),
  },
  {
    name: 'num_data_nodes',
    since: '2.6.0',
    before: '2.14.0',
    type: NUMBER,
    description: 'data nodes',
    example: 2,
    absentWhen: `the database is not an access node, or ${UNLESS_APACHE}`,
    from: [MEMBERSHIP],
    sql: always(sql`case
  when membership.member = 'access node'
    then ${number(DATA_NODES)}
end`),
  },
];
