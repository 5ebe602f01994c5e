import { callSql, sql } from '../../postgres/statement.ts';
import { isoTime } from '../../timescaledb/iso-timestamp.ts';
import { has, metadataTable, type ServerInfo } from '../../timescaledb/server-info.ts';
import { always, type Field, map, type Source, selectSql, TEXT, text, textLike } from './field.ts';

/** The extension's table of keys and values: identifiers of the database, and what its administrator adds. */

const UUID_PATTERN = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const UUID = textLike('uuid', new RegExp(UUID_PATTERN));

function valueSql(key: string): string {
  return `pg_catalog.max(m.value) filter (where m.key = '${key}')`;
}

/**
 * Every flagged row; 1.3 had no flag, and reported every row. `exported_uuid_bak` holds the exported_uuid during a restore of
 * a release before 2.14.0 (`timescaledb_pre_restore()`), and remains when the restore is not finished.
 */
function reportedRows(server: ServerInfo): string {
  const isFlagged = has(server, 'metadataFlag') ? 'm.include_in_telemetry\n      and ' : '';
  return `coalesce(
  pg_catalog.jsonb_object_agg(m.key, m.value) filter (
    where ${isFlagged}m.key not in ('uuid', 'exported_uuid', 'exported_uuid_bak', 'install_timestamp')
  ),
  '{}'
)`;
}

/** One row with the values of the keys that are read. */
export const METADATA: Source = {
  name: 'metadata',
  sql: (server) =>
    selectSql(
      {
        uuid: valueSql('uuid'),
        exported_uuid: valueSql('exported_uuid'),
        install_timestamp: valueSql('install_timestamp'),
        ...(has(server, 'distributedHypertables') && { dist_uuid: valueSql('dist_uuid') }),
        ...(has(server, 'reportedMetadata') && { reported_rows: reportedRows(server) }),
      },
      `from ${metadataTable(server)} m`,
    ),
};

function uuid(column: string): () => string {
  return always(
    text(`case
  when ${column} ~ '${UUID_PATTERN}'
    then ${column}
end`),
  );
}

/** The installing session wrote it in its own DateStyle; only ISO with an offset is unambiguous. */
function installedTime(server: ServerInfo): string {
  const time = isoTime('metadata.install_timestamp');
  const written = has(server, 'isoInstalledTime')
    ? callSql('pg_catalog.to_char', [time, `'YYYY-MM-DD"T"HH24:MI:SSOF'`])
    : `${time}::pg_catalog.text`;
  return text(sql`case
  when metadata.install_timestamp ~ ':[0-9.]+[+-][0-9:]+$'
    then ${written}
end`);
}

export const IDENTIFIERS: readonly Field[] = [
  {
    name: 'db_uuid',
    type: UUID,
    description: 'a random identifier that the extension created for this database',
    example: '26917841-2fc0-48fd-b096-ba19b3fda98f',
    absentWhen: 'the database has none',
    from: [METADATA],
    sql: uuid('metadata.uuid'),
  },
  {
    name: 'exported_db_uuid',
    type: UUID,
    description: 'a second identifier, which a dump and restore keeps',
    example: '8dd4543c-f44e-43c9-a666-02d23bb09b90',
    absentWhen:
      "the database has none: the built-in reporter creates it with its first report, and this project doesn't write",
    from: [METADATA],
    sql: uuid('metadata.exported_uuid'),
  },
  {
    name: 'installed_time',
    type: TEXT,
    description:
      'time at which the extension was created in this database, UTC (before 1.7.3 as `2000-04-17 14:56:59.427738+00`)',
    example: '2000-04-17T14:56:59+00',
    absentWhen: 'it was not written in ISO style with an offset, and is ambiguous',
    from: [METADATA],
    sql: installedTime,
  },
];

export const DB_METADATA: Field = {
  name: 'db_metadata',
  since: '1.3.0',
  type: map('key', /^/, TEXT),
  description:
    'rows of the metadata that an administrator flagged `include_in_telemetry` (1.3: every row, there is no flag)',
  example: { deployment: 'demonstration' },
  warning: 'flagged keys and values are sent as they are',
  from: [METADATA],
  sql: always('metadata.reported_rows'),
};
