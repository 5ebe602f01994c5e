import { expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { runFor } from '../../support/timescaledb/reports.ts';
import { setForDatabase } from './set-for-database.ts';

/**
 * Creates three data nodes, a distributed hypertable with replicas, one without, a part of another node's hypertable, and a
 * plain hypertable.
 */
async function distribute({ admin }: TestDatabase, distUuid: string): Promise<void> {
  await admin.query(`
    insert into _timescaledb_catalog.metadata values ('dist_uuid', '${distUuid}', true);
    create foreign data wrapper timescaledb_fdw;
    create foreign data wrapper another_fdw;
    create server node_1 foreign data wrapper timescaledb_fdw;
    create server node_2 foreign data wrapper timescaledb_fdw;
    create server node_3 foreign data wrapper timescaledb_fdw;
    create server no_node foreign data wrapper another_fdw;
    create table copied (at int);
    create table spread (at int);
    create table part (at int primary key);
    create table own (at int);
    create foreign table _timescaledb_internal.dist_chunk_1 (at int) server node_1;
    create foreign table _timescaledb_internal.dist_chunk_2 (at int) server node_2;
    create table _timescaledb_internal.part_chunk as select generate_series(1, 7);
    insert into _timescaledb_catalog.hypertable (id, schema_name, table_name, replication_factor, compression_state) values
      (1, 'public', 'copied', 2, 1), (2, 'public', 'spread', 1, 0), (3, 'public', 'part', -1, 1), (4, 'public', 'own', null, 0);
    insert into _timescaledb_catalog.chunk (id, hypertable_id, schema_name, table_name, status) values
      (1, 1, '_timescaledb_internal', 'dist_chunk_1', 1), (2, 2, '_timescaledb_internal', 'dist_chunk_2', 0),
      (3, 3, '_timescaledb_internal', 'part_chunk', 0);
    insert into _timescaledb_catalog.chunk_data_node values (1, 1, 'node_1'), (1, 1, 'node_2'), (1, 1, 'node_3'), (2, 1, 'node_2');
    create view over_copied as select 1;
    create view over_part as select 1;
    insert into _timescaledb_catalog.continuous_agg (mat_hypertable_id, raw_hypertable_id, user_view_schema, user_view_name)
      values (9, 1, 'public', 'over_copied'), (10, 3, 'public', 'over_part');
    analyze _timescaledb_internal.part_chunk`);
}

const OWN_UUID = '0d1f4b4e-0000-4000-8000-000000000001';
const OTHER_UUID = '0d1f4b4e-0000-4000-8000-000000000009';

test.each([
  [OWN_UUID, 'access node'],
  [OTHER_UUID, 'data node'],
])(
  'reports the role in a distributed database of 2.5 by the uuid: %s, %s',
  async (distUuid, member) => {
    await using database = await createDatabase({ release: '2.5.2', level: 'basic' });
    await setForDatabase(database, { 'timescaledb.license': 'timescale' });
    await distribute(database, distUuid);

    const { report } = await runFor(database);

    expect(report).toMatchObject({
      distributed_db: {
        distributed_member: member,
        num_data_nodes: '3',
        num_distributed_hypertables: '2',
        num_replicated_distributed_hypertables: '1',
        num_distributed_hypertables_members: '1',
      },
      num_hypertables: '1',
      db_metadata: { dist_uuid: distUuid },
    });
  },
);

test.each([
  ['2.6.1', OWN_UUID, { distributed_member: 'access node', num_data_nodes: 3 }],
  ['2.13.1', OWN_UUID, { distributed_member: 'access node', num_data_nodes: 3 }],
  ['2.13.1', OTHER_UUID, { distributed_member: 'data node' }],
] as const)(
  'reports the role in a distributed database at the top level in %s, and counts the relations',
  async (release, distUuid, expected) => {
    await using database = await createDatabase({ release, level: 'basic' });
    await setForDatabase(database, { 'timescaledb.license': 'timescale' });
    await distribute(database, distUuid);

    const { report } = await runFor(database);

    expect(report).toMatchObject(expected);
    expect('num_data_nodes' in report).toBe('num_data_nodes' in expected);
    expect(report).toMatchObject({
      relations: {
        hypertables: { num_relations: 1, num_children: 0 },
        distributed_hypertables_access_node: {
          num_relations: 2,
          num_children: 2,
          num_replicated_distributed_hypertables: 1,
          // Three copies of a chunk are two replicas.
          num_replica_chunks: 2,
          heap_size: 0,
          compression: { num_compressed_chunks: 1, num_compressed_hypertables: 1 },
        },
        distributed_hypertables_data_node: {
          num_relations: 1,
          num_children: 1,
          num_reltuples: 7,
          heap_size: 8_192,
          indexes_size: 8_192,
          compression: { num_compressed_hypertables: 1 },
        },
        continuous_aggregates: { num_relations: 2, num_caggs_on_distributed_hypertables: 1 },
      },
    });
  },
);

test.each(['2.5.2', '2.13.1'] as const)(
  'reports nothing about distributed databases in %s with the Apache license',
  async (release) => {
    await using database = await createDatabase({ release, level: 'basic' });
    await setForDatabase(database, { 'timescaledb.license': 'apache' });
    await distribute(database, OWN_UUID);
    const { report } = await runFor(database);
    expect(report).toMatchObject({ license: { edition: 'apache_only' } });
    for (const name of ['distributed_db', 'distributed_member', 'num_data_nodes']) {
      expect(report).not.toHaveProperty(name);
    }
  },
);
