import { describe, expect, test } from 'vitest';
import { FIELDS } from '../../../lib/report/fields/all-fields.ts';
import {
  always,
  figure,
  isIn,
  number,
  objectSql,
  TEXT,
  text,
} from '../../../lib/report/fields/field.ts';
import { anIdentity } from '../../support/timescaledb/identities.ts';

const NEWEST = anIdentity('2.29.2');
const BEFORE_2_6 = anIdentity('2.5.2');

describe('the SQL of a value', () => {
  test('is a text, a number, or a figure that was a text until 2.5', () => {
    expect(text('a')).toBe('pg_catalog.to_jsonb((a)::pg_catalog.text)');
    expect(number('a')).toBe('pg_catalog.to_jsonb((a)::bigint)');
    expect(figure('a')(NEWEST)).toBe('pg_catalog.to_jsonb((a)::bigint)');
    expect(figure('a')(BEFORE_2_6)).toBe('pg_catalog.to_jsonb(((a)::bigint)::pg_catalog.text)');
    expect(always('a')()).toBe('a');
  });

  test('is of an object what the release has of it, and SQL can know', () => {
    const field = { type: TEXT, says: '', example: '' };
    const members = [
      { ...field, name: 'a', sql: always('1') },
      { ...field, name: 'later', since: '3.0.0', sql: always('2') },
      { ...field, name: 'unknown' },
      { ...field, name: 'b', sql: always('3') },
    ];
    expect(objectSql(members, NEWEST)).toBe("pg_catalog.jsonb_build_object('a', 1, 'b', 3)");
  });
});

/** As in the table, whatever the white space. */
function sqlOf(name: string, release: string): string | undefined {
  const identity = anIdentity(release);
  const field = FIELDS.find((one) => one.name === name && isIn(one, release));
  return field?.sql?.(identity).replaceAll(/\s+/g, ' ');
}

describe('the table asks', () => {
  const installed = (name: string) =>
    `exists (select 1 from pg_catalog.pg_extension x where x.extname = '${name}')`;

  test('for nothing where the answer is known', () => {
    expect(sqlOf('telemetry_version', '2.29.2')).toBe('pg_catalog.to_jsonb((2)::bigint)');
    expect(sqlOf('functions_used', '2.29.2')).toBe("'null'::pg_catalog.jsonb");
  });

  test('for extensions, whose presence was a text until 2.5', () => {
    expect(sqlOf('related_extensions', '1.7.4')).toBe(
      `pg_catalog.jsonb_build_object('pg_prometheus', (${installed('pg_prometheus')})::pg_catalog.text, 'postgis', (${installed('postgis')})::pg_catalog.text)`,
    );
    expect(sqlOf('related_extensions', '2.29.2')).toContain(`'ai', ${installed('ai')}`);
  });

  test('for access methods, whatever they are called', () => {
    expect(sqlOf('access_methods', '2.29.2')).toBe(
      "( select pg_catalog.jsonb_object_agg(g.amname, g.figures) from ( select a.amname, pg_catalog.jsonb_build_object('pages', pg_catalog.sum(c.relpages), 'instances', pg_catalog.count(*)) as figures from pg_catalog.pg_class c join pg_catalog.pg_am a on a.oid = c.relam group by a.amname ) g )",
    );
  });

  test('whether there are events, and never for an event', () => {
    expect(sqlOf('db_telemetry_events', '2.11.0')).toBe(
      "case when not exists (select 1 from _timescaledb_catalog.telemetry_event) then '[]'::pg_catalog.jsonb end",
    );
  });
});
