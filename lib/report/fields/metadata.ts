import { isoTime } from '../../timescaledb/iso-timestamp.ts';
import { isAtLeast, metadataTable, type ServerInfo } from '../../timescaledb/server-info.ts';
import { type Field, map, TEXT, text, textLike } from './field.ts';

/** What the extension's table of keys and values says: which database this is, and what its administrator adds. */

const UUID_PATTERN = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
const UUID = textLike('uuid', new RegExp(UUID_PATTERN));

function metadata(server: ServerInfo, key: string): string {
  return `select m.value from ${metadataTable(server)} m where m.key = '${key}'`;
}

function uuid(key: string): (server: ServerInfo) => string {
  return (server) =>
    text(`select m.value from (${metadata(server, key)}) m where m.value ~ '${UUID_PATTERN}'`);
}

/** Written by the installing session in its own DateStyle; only ISO, with an offset, can be read without guessing. */
function installedTime(server: ServerInfo): string {
  const written = `${metadata(server, 'install_timestamp')} and m.value ~ ':[0-9.]+[+-][0-9:]+$'`;
  return text(
    isAtLeast(server, '1.7.3')
      ? `pg_catalog.to_char(${isoTime(written)}, 'YYYY-MM-DD"T"HH24:MI:SSOF')`
      : isoTime(written),
  );
}

/**
 * 1.3 had no flag, and reported every row. `exported_uuid_bak` holds the exported_uuid during a restore of a release before
 * 2.14.0 (`timescaledb_pre_restore()`), and stays when the restore is not finished.
 */
function dbMetadata(server: ServerInfo): string {
  const isFlagged = isAtLeast(server, '1.4.0') ? 'm.include_in_telemetry and ' : '';
  return `(
    select coalesce(pg_catalog.jsonb_object_agg(m.key, m.value), '{}')
    from ${metadataTable(server)} m
    where ${isFlagged}m.key not in ('uuid', 'exported_uuid', 'exported_uuid_bak', 'install_timestamp')
  )`;
}

export const IDENTIFIERS: readonly Field[] = [
  {
    name: 'db_uuid',
    type: UUID,
    says: 'a random identifier that the extension made for this database',
    example: '26917841-2fc0-48fd-b096-ba19b3fda98f',
    absent: 'the database has none',
    sql: uuid('uuid'),
  },
  {
    name: 'exported_db_uuid',
    type: UUID,
    says: 'a second one, which follows a dump and restore',
    example: '8dd4543c-f44e-43c9-a666-02d23bb09b90',
    absent:
      "the server has never made one; its own reporter makes it with the first report, and we don't write",
    sql: uuid('exported_uuid'),
  },
  {
    name: 'installed_time',
    type: TEXT,
    says: 'when the extension was created in this database, UTC (before 1.7.3 as `2000-04-17 14:56:59.427738+00`)',
    example: '2000-04-17T14:56:59+00',
    absent: 'it was not written in ISO style, and would have to be guessed',
    sql: installedTime,
  },
];

export const DB_METADATA: Field = {
  name: 'db_metadata',
  since: '1.3.0',
  type: map('key', /^/, TEXT),
  says: 'rows of the metadata that an administrator flagged `include_in_telemetry` (1.3: every row, there is no flag)',
  example: { deployment: 'demonstration' },
  warning: 'flagged keys and values come out as they are',
  sql: dbMetadata,
};
