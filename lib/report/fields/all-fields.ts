import { isAtLeast, type ServerInfo } from '../../timescaledb/server-info.ts';
import {
  ANYTHING,
  always,
  BOOLEAN,
  BOOLEAN_AS_TEXT,
  type Field,
  INTEGER,
  list,
  map,
  NUMBER,
  number,
  object,
  objectSql,
  orNull,
  TEXT,
} from './field.ts';
import { HOST, REPLICATION } from './host.ts';
import { JOB_COUNTERS, JOB_OUTCOMES } from './jobs.ts';
import { COUNTERS_BEFORE_2_6, DISTRIBUTED } from './legacy-counters.ts';
import { LICENSE } from './license.ts';
import { DB_METADATA, IDENTIFIERS } from './metadata.ts';
import { RELATIONS } from './relations.ts';
import { SETTINGS } from './tuning.ts';

const RELATED_EXTENSIONS: readonly Field[] = (
  [
    ['pg_prometheus', '0.12.0'],
    ['postgis', '0.12.0'],
    ['promscale', '1.7.5'],
    ['timescale_analytics', '2.1.1'],
    ['timescaledb_toolkit', '2.4.2'],
    ['vector', '2.17.0'],
    ['ai', '2.17.0'],
    ['vectorscale', '2.17.0'],
  ] as const
).map(([name, since]) => {
  const installed = `exists (select 1 from pg_catalog.pg_extension x where x.extname = '${name}')`;
  return {
    name,
    since,
    type: [
      ['0.12.0', BOOLEAN_AS_TEXT],
      ['2.6.0', BOOLEAN],
    ],
    says: 'whether it is installed in this database',
    example: false,
    sql: (server) => (isAtLeast(server, '2.6.0') ? installed : `(${installed})::pg_catalog.text`),
  };
});

const ACCESS_METHOD: readonly Field[] = [
  {
    name: 'pages',
    type: INTEGER,
    says: "pages, by the planner's count (-1 for a partitioned table)",
    example: 731,
    sql: always('pg_catalog.sum(c.relpages)'),
  },
  {
    name: 'instances',
    type: NUMBER,
    says: 'relations that use it, catalogs included',
    example: 215,
    sql: always('pg_catalog.count(*)'),
  },
];

function accessMethods(server: ServerInfo): string {
  return `(
    select pg_catalog.jsonb_object_agg(g.amname, g.figures)
    from (
      select a.amname, ${objectSql(ACCESS_METHOD, server)} as figures
      from pg_catalog.pg_class c join pg_catalog.pg_am a on a.oid = c.relam
      group by a.amname
    ) g
  )`;
}

const EVENT: readonly Field[] = [
  { name: 'created', type: TEXT, says: 'when', example: '2023-05-01 10:00:00+00' },
  { name: 'tag', type: TEXT, says: 'what, as its writer calls it', example: 'event' },
  { name: 'body', type: ANYTHING, says: 'whatever its writer has put there', example: {} },
];

/** The table of fields: from it come the query, the check of the finished report, and the published list. */
export const FIELDS: readonly Field[] = [
  {
    name: 'telemetry_version',
    since: '2.6.0',
    type: NUMBER,
    says: 'the format: 2',
    example: 2,
    sql: always(number('2')),
  },
  ...IDENTIFIERS,
  ...HOST,
  ...COUNTERS_BEFORE_2_6,
  ...JOB_COUNTERS,
  {
    name: 'related_extensions',
    type: object(RELATED_EXTENSIONS),
    says: 'which extensions of a fixed list are installed',
    example: { postgis: false },
    sql: (server) => objectSql(RELATED_EXTENSIONS, server),
  },
  LICENSE,
  ...DISTRIBUTED,
  ...SETTINGS,
  DB_METADATA,
  {
    name: 'relations',
    since: '2.6.0',
    type: object(RELATIONS),
    says: 'per kind of relation: how many, and how large',
    example: { tables: { num_relations: 2 } },
    sql: (server) => objectSql(RELATIONS, server),
  },
  {
    name: 'functions_used',
    since: '2.7.1',
    type: orNull(map('signature of a function', /^[^\n\r]+\([^\n\r]*\)$/, NUMBER)),
    says: "how often functions of PostgreSQL and of known extensions were called; null unless the server's own text is sent",
    example: null,
    warning:
      "where the server's own text is sent, which functions it names is the extension's choice, and is not checked",
    sql: always("'null'::pg_catalog.jsonb"),
  },
  REPLICATION,
  ...JOB_OUTCOMES,
  {
    name: 'db_telemetry_events',
    since: '2.11.0',
    before: '2.28.0',
    type: list({ ...object(EVENT), label: 'events' }),
    says: "rows of the extension's event table",
    example: [],
    absent:
      'there are any: each event is to be sent once, and to take it off the list one has to write; and nobody knows what is in it',
    warning:
      "where the server's own text is sent, events come out as they are, and again with every report until the built-in reporter has deleted them",
    sql: always(
      "case when not exists (select 1 from _timescaledb_catalog.telemetry_event) then '[]'::pg_catalog.jsonb end",
    ),
  },
  {
    name: 'access_methods',
    since: '2.15.0',
    type: map('access method', /^/, object(ACCESS_METHOD)),
    says: 'pages and relations per access method',
    example: { heap: { pages: 731, instances: 215 } },
    warning: 'the names of access methods that other extensions bring come out',
    sql: accessMethods,
  },
];
