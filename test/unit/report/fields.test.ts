import { describe, expect, test } from 'vitest';
import { FIELDS } from '../../../lib/report/fields/all-fields.ts';
import {
  always,
  figure,
  isIn,
  number,
  objectSql,
  selectSql,
  TEXT,
  text,
} from '../../../lib/report/fields/field.ts';
import { createServerInfo } from '../../support/timescaledb/server-info.ts';

const NEWEST = createServerInfo('2.29.2');
const BEFORE_2_6 = createServerInfo('2.5.2');

describe('the SQL of a value', () => {
  test('is a text, a number, or a figure that was a text until 2.5', () => {
    expect(text('a.b')).toBe('pg_catalog.to_jsonb(a.b::pg_catalog.text)');
    expect(text('a + b')).toBe('pg_catalog.to_jsonb((\n  a + b\n)::pg_catalog.text)');
    expect(number('a')).toBe('pg_catalog.to_jsonb(a::bigint)');
    expect(figure('a')(NEWEST)).toBe('pg_catalog.to_jsonb(a::bigint)');
    expect(figure('a')(BEFORE_2_6)).toBe('pg_catalog.to_jsonb((\n  a::bigint\n)::pg_catalog.text)');
    expect(always('a')()).toBe('a');
  });

  test('contains the members of an object that the release has and SQL can compute', () => {
    const field = { type: TEXT, description: '', example: '' };
    const members = [
      { ...field, name: 'a', sql: always('1') },
      { ...field, name: 'later', since: '3.0.0', sql: always('2') },
      { ...field, name: 'unknown' },
      { ...field, name: 'b', sql: always('3') },
    ];
    expect(objectSql(members, NEWEST)).toBe(
      "pg_catalog.jsonb_build_object(\n  'a', 1,\n  'b', 3\n)",
    );
  });

  test('has one column per line, with a name where the expression has another one', () => {
    expect(selectSql({ a: 't.a', b: 't.c', bb: 't.b' }, 'from t')).toBe(
      'select\n  t.a,\n  t.c as b,\n  t.b as bb\nfrom t',
    );
  });
});

/** Returns the SQL of a field in a release, with single spaces. */
function sqlOf(name: string, release: string): string | undefined {
  const server = createServerInfo(release);
  const field = FIELDS.find((one) => one.name === name && isIn(one, release));
  return field?.sql?.(server).replaceAll(/\s+/g, ' ');
}

describe('the table of fields', () => {
  test('has constants for values that are known', () => {
    expect(sqlOf('telemetry_version', '2.29.2')).toBe('pg_catalog.to_jsonb(2::bigint)');
    expect(sqlOf('functions_used', '2.29.2')).toBe("'null'::pg_catalog.jsonb");
  });

  test('has texts until 2.5 and booleans since 2.6 for the presence of extensions', () => {
    expect(sqlOf('related_extensions', '1.7.4')).toBe(
      "pg_catalog.jsonb_build_object( 'pg_prometheus', extensions.pg_prometheus::pg_catalog.text, 'postgis', extensions.postgis::pg_catalog.text )",
    );
    expect(sqlOf('related_extensions', '2.29.2')).toContain("'ai', extensions.ai,");
  });

  test('has the names of access methods as keys', () => {
    expect(sqlOf('access_methods', '2.29.2')).toBe(
      "( select pg_catalog.jsonb_object_agg( a.name, pg_catalog.jsonb_build_object( 'pages', a.pages, 'instances', a.instances ) ) from access_methods a )",
    );
  });

  test('reads whether there are events, and never an event', () => {
    expect(sqlOf('db_telemetry_events', '2.11.0')).toBe(
      "case when not exists ( select 1 from _timescaledb_catalog.telemetry_event e ) then '[]'::pg_catalog.jsonb end",
    );
  });
});
