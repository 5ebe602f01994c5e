import { callSql, sql } from '../../postgres/statement.ts';
import { has, type ServerInfo } from '../../timescaledb/server-info.ts';
import {
  always,
  type Field,
  object,
  objectSql,
  type Source,
  TEXT,
  text,
  textLike,
} from './field.ts';

/** Settings of the server that the report contains. */

function setting(name: string): string {
  return `nullif(pg_catalog.current_setting('${name}', true), '')`;
}

/**
 * Returns the setting that the release's own reporter reads: up to 2.24 the name that timescaledb-tune writes, from 2.25.0 on
 * one that it does not write (src/telemetry/telemetry.c). Every role can set it for itself, so only texts count that
 * timescaledb-tune could have written.
 */
function tuned(name: string, renamed: string, pattern: string): (server: ServerInfo) => string {
  return (server) =>
    text(
      callSql('pg_catalog.substring', [
        setting(has(server, 'renamedTuneSettings') ? renamed : name),
        `'${pattern}'`,
      ]),
    );
}

const TUNED_TIME = '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]{5,18} ?(?:Z|[+-][0-9:]{2,6})?$';
const TUNED_VERSION = '^[0-9]+(?:[.][0-9]+)*(?:-[a-z]{1,8}[.]?[0-9]{0,3})?$';

const CLOUD_SETTING = "pg_catalog.current_setting('timescaledb_telemetry.cloud', true)";

/**
 * The configuration file can set an empty text, which is reported; only the source distinguishes it from an unset one. Because
 * pg_settings computes every setting, it is read for an empty text only.
 */
const CLOUD: Source = {
  name: 'cloud',
  sql: always(`select
  case ${CLOUD_SETTING}
    when '' then (
      select s.setting
      from pg_catalog.pg_settings s
      where s.name = 'timescaledb_telemetry.cloud'
        and s.source <> 'default'
    )
    else ${CLOUD_SETTING}
  end as name
offset 0`),
};

const INSTANCE_METADATA: readonly Field[] = [
  {
    name: 'cloud',
    type: TEXT,
    description: 'value of the setting `timescaledb_telemetry.cloud`',
    example: 'own',
    sql: always('cloud.name'),
  },
];

export const SETTINGS: readonly Field[] = [
  {
    name: 'last_tuned_time',
    since: '1.2.0',
    type: textLike('time', new RegExp(TUNED_TIME)),
    description: 'time of the last run of timescaledb-tune',
    example: '2001-02-03T04:05:06-0300',
    absentWhen: 'the setting is unset, or is not a time',
    sql: tuned('timescaledb.last_tuned', 'timescaledb.last_tune_time', TUNED_TIME),
  },
  {
    name: 'last_tuned_version',
    since: '1.2.0',
    type: textLike('version', new RegExp(TUNED_VERSION)),
    description: 'version of timescaledb-tune',
    example: '0.18.1',
    absentWhen: 'the setting is unset, or is not a version',
    sql: tuned('timescaledb.last_tuned_version', 'timescaledb.last_tune_version', TUNED_VERSION),
  },
  {
    name: 'instance_metadata',
    since: '1.3.0',
    type: object(INSTANCE_METADATA),
    description: 'the cloud that the server is configured to run in',
    example: { cloud: 'own' },
    absentWhen: '`timescaledb_telemetry.cloud` is not set',
    warning: 'the setting is sent as it is',
    from: [CLOUD],
    sql: (server) => sql`case
  when cloud.name is not null
    then ${objectSql(INSTANCE_METADATA, server)}
end`,
  },
];
