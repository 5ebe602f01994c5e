import { isoTime } from '../../timescaledb/iso-timestamp.ts';
import { isAtLeast, memberFunction, type ServerInfo } from '../../timescaledb/server-info.ts';
import { always, type Field, object, objectSql, oneOf, TEXT } from './field.ts';

function function1x(server: ServerInfo, name: string): string | undefined {
  const found = memberFunction(server, name, '_timescaledb_internal');
  return found?.callable === true ? `${found.call}()` : undefined;
}

/**
 * The license key of 1.x is `E1` and base64 of a JSON object. It is decoded to text and taken apart as text, so that a
 * key that is none cannot fail the report, and all that on the server: the key itself never leaves it. Only
 * `current_license_key()` gives it, and only to whom PostgreSQL shows a superuser's settings.
 */
function decodedKey(server: ServerInfo): string {
  const [isEnterprise, key] = ['enterprise_enabled', 'current_license_key'].map((name) =>
    function1x(server, name),
  );
  if (isEnterprise === undefined || key === undefined || !server.mayReadAllSettings) {
    return 'null::pg_catalog.text';
  }
  return `(
      select pg_catalog.encode(pg_catalog.decode(pg_catalog.substr(k.value, 3), 'base64'), 'escape')
      from (select case when ${isEnterprise} then ${key} end as value) k
      where k.value ~ '^E1([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
    )`;
}

/** A part of the license, whose decoded key is `k.json`. */
function part(name: string, pattern: string): string {
  return `pg_catalog.substring(k.json, '"${name}"[[:space:]]*:[[:space:]]*"(${pattern})"')`;
}

/** In UTC, like every time of the report. */
function time(name: string): string {
  return `(${isoTime(part(name, '[0-9T:.+Z -]+'))})::pg_catalog.text`;
}

const ENTERPRISE = {
  before: '2.0.0',
  absent:
    'the edition is not `enterprise`, or the role is not a member of `pg_read_all_settings`, to whom alone PostgreSQL shows the license key',
} as const;

/** 2.x knows two licenses by name; what is not set, because no library is loaded, is not guessed. */
const EDITION_BY_SETTING = `case pg_catalog.current_setting('timescaledb.license', true)
      when 'apache' then 'apache_only'
      when 'timescale' then 'community'
    end`;

function edition(server: ServerInfo): string {
  if (isAtLeast(server, '2.0.0')) return EDITION_BY_SETTING;
  const [isEnterprise, name] = ['enterprise_enabled', 'license_edition'].map((one) =>
    function1x(server, one),
  );
  if (isEnterprise === undefined || name === undefined) return 'null::pg_catalog.text';
  return `case
      when ${isEnterprise} then 'enterprise'
      when ${name} = 'apache' then 'apache_only'
      else 'community'
    end`;
}

const MEMBERS: readonly Field[] = [
  {
    name: 'edition',
    type: [
      ['1.2.0', oneOf('apache_only', 'community', 'enterprise')],
      ['2.0.0', oneOf('apache_only', 'community')],
    ],
    says: 'under which license the extension runs',
    example: 'community',
    sql: always('k.edition'),
  },
  {
    name: 'kind',
    type: oneOf('trial', 'commercial'),
    says: 'kind of the enterprise license',
    example: 'trial',
    ...ENTERPRISE,
    sql: always(part('kind', 'trial|commercial')),
  },
  {
    name: 'id',
    type: TEXT,
    says: 'number of the enterprise license',
    example: '490FB260-A292-4AD9-9AA2-0360835791B8',
    ...ENTERPRISE,
    sql: always(part('id', '[A-Za-z0-9-]{1,39}')),
  },
  {
    name: 'start_time',
    type: TEXT,
    says: 'start of the enterprise license, UTC',
    example: '2018-09-01 00:00:00+00',
    ...ENTERPRISE,
    sql: always(time('start_time')),
  },
  {
    name: 'end_time',
    type: TEXT,
    says: 'end of the enterprise license, UTC',
    example: '2018-10-01 00:00:00+00',
    ...ENTERPRISE,
    sql: always(time('end_time')),
  },
];

export const LICENSE: Field = {
  name: 'license',
  since: '1.2.0',
  type: object(MEMBERS),
  says: 'the license that the extension runs under; its key is never sent',
  example: { edition: 'community' },
  absent: "the extension's library is not loaded, so that nobody knows",
  sql: (server) => `(
    select pg_catalog.jsonb_strip_nulls(${objectSql(MEMBERS, server)})
    from (select ${edition(server)} as edition, ${decodedKey(server)} as json) k
    where k.edition is not null
  )`,
};
