import { isAtLeast, type ServerInfo } from '../../timescaledb/server-info.ts';
import { always, type Field, object, objectSql, TEXT, text, textLike } from './field.ts';

/** What somebody has told the server in its settings. */

function setting(name: string): string {
  return `nullif(pg_catalog.current_setting('${name}', true), '')`;
}

/**
 * The release's own setting and no other: up to 2.24 the name that timescaledb-tune writes, from 2.25.0 on one that it does
 * not write (src/telemetry/telemetry.c). Any role can set it for itself, so only what timescaledb-tune could have written
 * counts.
 */
function tuned(
  before225: string,
  since225: string,
  pattern: string,
): (server: ServerInfo) => string {
  return (server) => {
    const name = isAtLeast(server, '2.25.0') ? since225 : before225;
    return text(`pg_catalog.substring(${setting(name)}, '${pattern}')`);
  };
}

const TUNED_TIME = '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,18} ?(?:Z|[+-][0-9:]{2,6})?$';
const TUNED_VERSION = '^[0-9]+(?:[.][0-9]+)*(?:-[a-z]{1,8}[.]?[0-9]{0,3})?$';

/** An empty text in the configuration file is reported, an unset one is not; only the source tells them apart. */
const CLOUD = `coalesce(
      (select s.setting from pg_catalog.pg_settings s
       where s.name = 'timescaledb_telemetry.cloud' and s.source <> 'default'),
      ${setting('timescaledb_telemetry.cloud')}
    )`;

const INSTANCE_METADATA: readonly Field[] = [
  {
    name: 'cloud',
    type: TEXT,
    says: 'the setting `timescaledb_telemetry.cloud`, as it is',
    example: 'own',
    sql: always(CLOUD),
  },
];

export const SETTINGS: readonly Field[] = [
  {
    name: 'last_tuned_time',
    since: '1.2.0',
    type: textLike('time', new RegExp(TUNED_TIME)),
    says: 'when timescaledb-tune was run last',
    example: '2001-02-03T04:05:06-0300',
    absent: 'it never was, or the setting holds something else than a time',
    sql: tuned('timescaledb.last_tuned', 'timescaledb.last_tune_time', TUNED_TIME),
  },
  {
    name: 'last_tuned_version',
    since: '1.2.0',
    type: textLike('version', new RegExp(TUNED_VERSION)),
    says: 'version of timescaledb-tune',
    example: '0.18.1',
    absent: 'it never was run, or the setting holds something else than a version',
    sql: tuned('timescaledb.last_tuned_version', 'timescaledb.last_tune_version', TUNED_VERSION),
  },
  {
    name: 'instance_metadata',
    since: '1.3.0',
    type: object(INSTANCE_METADATA),
    says: 'what the server is told about its cloud',
    example: { cloud: 'own' },
    absent: '`timescaledb_telemetry.cloud` is not set',
    warning: 'the setting comes out as it is',
    sql: (server) =>
      `case when ${CLOUD} is not null then ${objectSql(INSTANCE_METADATA, server)} end`,
  },
];
