import { sql } from '../../postgres/statement.ts';
import { DISTRIBUTED } from './distributed.ts';
import { RELATED_EXTENSIONS } from './extensions.ts';
import {
  ANYTHING,
  always,
  type Field,
  INTEGER,
  list,
  map,
  NUMBER,
  number,
  object,
  objectSql,
  orNull,
  type Source,
  selectSql,
  TEXT,
} from './field.ts';
import { HOST, REPLICATION } from './host.ts';
import { JOB_OUTCOMES } from './job-outcomes.ts';
import { JOB_COUNTERS } from './jobs.ts';
import { COUNTERS_BEFORE_2_6 } from './legacy-counters.ts';
import { LICENSE } from './license.ts';
import { DB_METADATA, IDENTIFIERS } from './metadata.ts';
import { RELATIONS } from './relations.ts';
import { SETTINGS } from './tuning.ts';

/** One row per access method, from the sums over pg_class that the sizes of relations also need. */
const ACCESS_METHODS: Source = {
  name: 'access_methods',
  sql: always(
    selectSql(
      {
        name: 'a.amname',
        pages: 'pg_catalog.sum(f.pages)',
        instances: 'pg_catalog.sum(f.instances)',
      },
      `from files f
join pg_catalog.pg_am a on a.oid = f.relam
group by a.amname`,
    ),
  ),
};

const ACCESS_METHOD: readonly Field[] = [
  {
    name: 'pages',
    type: INTEGER,
    description: "pages, by the planner's statistics (-1 for a partitioned table)",
    example: 731,
    sql: always('a.pages'),
  },
  {
    name: 'instances',
    type: NUMBER,
    description: 'relations that use it, catalogs included',
    example: 215,
    sql: always('a.instances'),
  },
];

const EVENT: readonly Field[] = [
  {
    name: 'created',
    type: TEXT,
    description: 'time of the event',
    example: '2023-05-01 10:00:00+00',
  },
  {
    name: 'tag',
    type: TEXT,
    description: "kind of the event, in its author's words",
    example: 'event',
  },
  { name: 'body', type: ANYTHING, description: 'any JSON of its author', example: {} },
];

/** The table of fields: the source of the query, of the check of the finished report, and of the published list. */
export const FIELDS: readonly Field[] = [
  {
    name: 'telemetry_version',
    since: '2.6.0',
    type: NUMBER,
    description: 'version of the format: 2',
    example: 2,
    sql: always(number('2')),
  },
  ...IDENTIFIERS,
  ...HOST,
  ...COUNTERS_BEFORE_2_6,
  ...JOB_COUNTERS,
  RELATED_EXTENSIONS,
  LICENSE,
  ...DISTRIBUTED,
  ...SETTINGS,
  DB_METADATA,
  RELATIONS,
  {
    name: 'functions_used',
    since: '2.7.1',
    type: orNull(map('signature of a function', /^[^\n\r]+\([^\n\r]*\)$/, NUMBER)),
    description:
      "calls of functions of PostgreSQL and of known extensions; null unless the server's own text is sent",
    example: null,
    warning:
      "where the server's own text is sent, the extension chooses the functions, and their names are not checked",
    sql: always("'null'::pg_catalog.jsonb"),
  },
  REPLICATION,
  ...JOB_OUTCOMES,
  {
    name: 'db_telemetry_events',
    since: '2.11.0',
    before: '2.28.0',
    type: list({ ...object(EVENT), label: 'events' }),
    description: "rows of the extension's event table",
    example: [],
    absentWhen:
      'there are events: each should be sent once, and only a write could remove it from the table; their content is unknown',
    warning:
      "where the server's own text is sent, events are sent as they are, and again with every report until the built-in reporter has deleted them",
    sql: always(`case
  when not exists (
    select 1
    from _timescaledb_catalog.telemetry_event e
  ) then '[]'::pg_catalog.jsonb
end`),
  },
  {
    name: 'access_methods',
    since: '2.15.0',
    type: map('access method', /^/, object(ACCESS_METHOD)),
    description: 'pages and relations per access method',
    example: { heap: { pages: 731, instances: 215 } },
    warning: 'the names of access methods that other extensions add are sent',
    reads: [ACCESS_METHODS],
    sql: (server) => sql`(
  select pg_catalog.jsonb_object_agg(
    a.name,
    ${objectSql(ACCESS_METHOD, server)}
  )
  from access_methods a
)`,
  },
];
