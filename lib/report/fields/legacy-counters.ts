import { sql } from '../../postgres/statement.ts';
import { has, type ServerInfo } from '../../timescaledb/server-info.ts';
import {
  always,
  type Field,
  INTEGER_AS_TEXT,
  NUMBER_AS_TEXT,
  type Source,
  selectSql,
  text,
} from './field.ts';

/** Counters of releases before 2.6.0, which has `relations` instead. PostgreSQL 9.6 can run all of this SQL. */

function counted(condition?: string): string {
  return condition === undefined
    ? 'pg_catalog.count(*)'
    : `pg_catalog.count(*) filter (
  where ${condition}
)`;
}

/** Hypertables that a user created, without those for compressed data and for continuous aggregates. */
function ownHypertables(server: ServerInfo): string {
  if (!has(server, 'internalHypertables')) return counted();
  const isOwn = has(server, 'compressionState')
    ? 'h.compression_state <> 2 and h.replication_factor is null'
    : 'not h.compressed';
  return sql`${counted(`${isOwn} and not exists (
    select 1
    from _timescaledb_catalog.continuous_agg m
    where m.mat_hypertable_id = h.id
  )`)}`;
}

/** One row of counts, by the kinds of hypertables that a release has. */
export const HYPERTABLE_COUNTS: Source = {
  name: 'hypertable_counts',
  sql: (server) =>
    selectSql(
      {
        own: ownHypertables(server),
        ...(has(server, 'internalHypertables') && {
          compressed: counted(
            has(server, 'compressionState')
              ? 'h.compression_state = 1'
              : 'h.compressed_hypertable_id is not null',
          ),
        }),
        ...(has(server, 'distributedHypertables') && {
          distributed: counted('h.replication_factor > 0'),
          replicated: counted('h.replication_factor > 1'),
          members: counted('h.replication_factor < 0'),
        }),
      },
      'from _timescaledb_catalog.hypertable h',
    ),
};

const RECORDED_SIZES = ['heap', 'index', 'toast'].flatMap((part) =>
  ['compressed', 'uncompressed'].map((state) => ({
    name: `${state}_${part}_size`,
    description: `bytes ${state === 'compressed' ? 'after' : 'before'} compression (${part})`,
  })),
);

/** One row. A sum of bigints is a numeric, which has no limit: a cast to bigint could fail. */
const CHUNK_SIZES: Source = {
  name: 'chunk_sizes',
  sql: always(
    selectSql(
      Object.fromEntries(
        RECORDED_SIZES.map(({ name }) => [name, `coalesce(pg_catalog.sum(s.${name}), 0)`]),
      ),
      'from _timescaledb_catalog.compression_chunk_size s',
    ),
  ),
};

function rowsOf(table: string): () => string {
  return always(`(
  select pg_catalog.count(*)
  from ${table} t
)::bigint`);
}

interface Counter extends Pick<Field, 'since' | 'before' | 'description' | 'from'> {
  readonly example: string;
}

function counter(name: string, value: () => string, rest: Counter): Field {
  return { name, type: NUMBER_AS_TEXT, ...rest, sql: () => text(value()) };
}

export const COUNTERS_BEFORE_2_6: readonly Field[] = [
  counter('num_hypertables', always('hypertable_counts.own'), {
    before: '2.6.0',
    description:
      'hypertables (before 1.5.0 with those that hold the data of continuous aggregates)',
    example: '3',
    from: [HYPERTABLE_COUNTS],
  }),
  counter('num_compressed_hypertables', always('hypertable_counts.compressed'), {
    since: '1.5.0',
    before: '2.6.0',
    description: 'hypertables with compression enabled',
    example: '1',
    from: [HYPERTABLE_COUNTS],
  }),
  counter('num_continuous_aggs', rowsOf('_timescaledb_catalog.continuous_agg'), {
    since: '1.3.0',
    before: '2.6.0',
    description: 'continuous aggregates',
    example: '2',
  }),
  counter('num_drop_chunks_policies', rowsOf('_timescaledb_config.bgw_policy_drop_chunks'), {
    since: '1.3.0',
    before: '2.0.0',
    description: 'policies that drop old chunks',
    example: '2',
  }),
  ...RECORDED_SIZES.map(
    ({ name, description }): Field => ({
      name,
      type: INTEGER_AS_TEXT,
      since: '1.5.0',
      before: '2.6.0',
      description,
      example: '49152',
      from: [CHUNK_SIZES],
      sql: always(text(`chunk_sizes.${name}`)),
    }),
  ),
];
