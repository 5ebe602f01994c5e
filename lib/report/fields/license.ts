import { sql } from '../../postgres/statement.ts';
import { isoTime } from '../../timescaledb/iso-timestamp.ts';
import { has, memberFunction, type ServerInfo } from '../../timescaledb/server-info.ts';
import {
  always,
  type Field,
  object,
  objectSql,
  oneOf,
  type Source,
  selectSql,
  TEXT,
} from './field.ts';

/** The license that the extension runs under. */

function function1x(server: ServerInfo, name: string): string | undefined {
  const found = memberFunction(server, name, '_timescaledb_internal');
  return found?.callable === true ? `${found.call}()` : undefined;
}

function isEnterprise(server: ServerInfo): string {
  return function1x(server, 'enterprise_enabled') ?? 'null::boolean';
}

/** Returns the license key of 1.x. PostgreSQL shows it only to roles that see a superuser's settings. */
function keySql(server: ServerInfo): string {
  const key = function1x(server, 'current_license_key');
  return key === undefined || !server.mayReadAllSettings
    ? 'null::pg_catalog.text'
    : `case when e.is_enterprise then ${key} end`;
}

function editionSql(server: ServerInfo): string {
  const name = function1x(server, 'license_edition');
  if (name === undefined) return 'null::pg_catalog.text';
  return `case
  when e.is_enterprise is null then null
  when e.is_enterprise then 'enterprise'
  when ${name} = 'apache' then 'apache_only'
  else 'community'
end`;
}

/**
 * The license key of 1.x is `E1` and the base64 text of a JSON object. It is decoded on the server, which it never leaves. It is
 * split as text, so that a damaged key cannot fail the report.
 */
const LICENSE_1X: Source = {
  name: 'license_1x',
  sql: (server) =>
    has(server, 'licenseSetting')
      ? undefined
      : sql`select
  k.edition,
  case
    when k.key ~ '^E1([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
      then pg_catalog.encode(pg_catalog.decode(pg_catalog.substr(k.key, 3), 'base64'), 'escape')
  end as json
from (
  select
    ${editionSql(server)} as edition,
    ${keySql(server)} as key
  from (
    select ${isEnterprise(server)} as is_enterprise
    offset 0
  ) e
  offset 0
) k
offset 0`,
};

/** A part of the decoded license key. */
function part(name: string, pattern: string): string {
  return `pg_catalog.substring(k.json, '"${name}"[[:space:]]*:[[:space:]]*"(${pattern})"')`;
}

const TIME = '[0-9T:.+Z -]+';

/** One row. 2.x has two licenses; an unset setting, because no library is loaded, gives no edition. */
const LICENSE_SOURCE: Source = {
  name: 'license',
  reads: [LICENSE_1X],
  sql: (server) =>
    has(server, 'licenseSetting')
      ? `select
  case pg_catalog.current_setting('timescaledb.license', true)
    when 'apache' then 'apache_only'
    when 'timescale' then 'community'
  end as edition
offset 0`
      : selectSql(
          {
            edition: 'k.edition',
            kind: part('kind', 'trial|commercial'),
            id: part('id', '[A-Za-z0-9-]{1,39}'),
            start_time: part('start_time', TIME),
            end_time: part('end_time', TIME),
          },
          'from license_1x k\noffset 0',
        ),
};

/** In UTC, like every time of the report. */
function time(column: string): string {
  return `${isoTime(column)}::pg_catalog.text`;
}

const ENTERPRISE = {
  before: '2.0.0',
  absentWhen:
    'the edition is not `enterprise`, or the role is not a member of `pg_read_all_settings`, to which PostgreSQL shows the license key',
} as const;

const MEMBERS: readonly Field[] = [
  {
    name: 'edition',
    type: [
      ['1.2.0', oneOf('apache_only', 'community', 'enterprise')],
      ['2.0.0', oneOf('apache_only', 'community')],
    ],
    description: 'license that the extension runs under',
    example: 'community',
    sql: always('license.edition'),
  },
  {
    name: 'kind',
    type: oneOf('trial', 'commercial'),
    description: 'kind of the enterprise license',
    example: 'trial',
    ...ENTERPRISE,
    sql: always('license.kind'),
  },
  {
    name: 'id',
    type: TEXT,
    description: 'number of the enterprise license',
    example: '490FB260-A292-4AD9-9AA2-0360835791B8',
    ...ENTERPRISE,
    sql: always('license.id'),
  },
  {
    name: 'start_time',
    type: TEXT,
    description: 'start of the enterprise license, UTC',
    example: '2018-09-01 00:00:00+00',
    ...ENTERPRISE,
    sql: always(time('license.start_time')),
  },
  {
    name: 'end_time',
    type: TEXT,
    description: 'end of the enterprise license, UTC',
    example: '2018-10-01 00:00:00+00',
    ...ENTERPRISE,
    sql: always(time('license.end_time')),
  },
];

export const LICENSE: Field = {
  name: 'license',
  since: '1.2.0',
  type: object(MEMBERS),
  description: 'license that the extension runs under; its key is never sent',
  example: { edition: 'community' },
  absentWhen: "the extension's library is not loaded, and the license is unknown",
  from: [LICENSE_SOURCE],
  sql: (server) => sql`case
  when license.edition is not null
    then pg_catalog.jsonb_strip_nulls(${objectSql(MEMBERS, server)})
end`,
};
