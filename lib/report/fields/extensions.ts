import { has } from '../../timescaledb/server-info.ts';
import {
  BOOLEAN,
  BOOLEAN_AS_TEXT,
  type Field,
  knownFields,
  object,
  objectSql,
  type Source,
  selectSql,
} from './field.ts';

/** Extensions of a fixed list, by the first release that reports them. */
const MEMBERS: readonly Field[] = (
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
).map(([name, since]) => ({
  name,
  since,
  type: [
    ['0.12.0', BOOLEAN_AS_TEXT],
    ['2.6.0', BOOLEAN],
  ],
  description: 'whether it is installed in this database',
  example: false,
  sql: (server) =>
    has(server, 'relations') ? `extensions.${name}` : `extensions.${name}::pg_catalog.text`,
}));

/** One row: TimescaleDB's version, and which other extensions are installed. */
export const EXTENSIONS: Source = {
  name: 'extensions',
  sql: (server) =>
    selectSql(
      {
        timescaledb_version:
          "pg_catalog.max(x.extversion) filter (where x.extname = 'timescaledb')",
        ...Object.fromEntries(
          knownFields(MEMBERS, server.release).map(({ name }) => [
            name,
            `pg_catalog.bool_or(x.extname = '${name}')`,
          ]),
        ),
      },
      'from pg_catalog.pg_extension x',
    ),
};

export const RELATED_EXTENSIONS: Field = {
  name: 'related_extensions',
  type: object(MEMBERS),
  description: 'which extensions of a fixed list are installed',
  example: { postgis: false },
  from: [EXTENSIONS],
  sql: (server) => objectSql(MEMBERS, server),
};
