import { expect, test } from 'vitest';
import { parseSecret } from '../../../lib/credentials/parse-secret.ts';
import { buildReport } from '../../../lib/report/build-report.ts';
import { inProcessReader } from '../../../lib/run/read-database.ts';
import { createRunRecorder } from '../../../lib/run/run-record.ts';
import { runToEnd } from '../../../lib/run/run-to-end.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { aTarget, loginTo, snapshotOf } from '../../support/postgres/snapshots.ts';
import { secretFor } from '../../support/run/world.ts';
import type { HandmadeRelease } from '../../support/timescaledb/catalogs.ts';
import { fillWithKnownContents } from '../../support/timescaledb/contents.ts';
import { expectedReport, runFor, withoutErrors } from '../../support/timescaledb/reports.ts';
import { scaled } from '../../support/vitest/time-limits.ts';

const BY_FUNCTION = { target: { reportSource: 'function' } } as const;

async function known(release: HandmadeRelease): Promise<TestDatabase> {
  const database = await createDatabase({ release });
  await fillWithKnownContents(database, release);
  return database;
}

const SIGNATURES = {
  '0.12.1': 'get_telemetry_report() returns text',
  '1.7.5': 'get_telemetry_report(always_display_report boolean default false) returns text',
  '2.28.3': 'get_telemetry_report() returns jsonb',
} as const;

/** Replaces the extension's own function by an SQL expression or a body of PL/pgSQL. */
async function defineFunction(
  { admin }: TestDatabase,
  release: keyof typeof SIGNATURES,
  value: string,
): Promise<void> {
  const body = value.startsWith('begin') ? value : `begin return ${value}; end`;
  await admin.query(
    `create or replace function ${SIGNATURES[release]} language plpgsql as $body$ ${body} $body$`,
  );
}

/** Fields that only the compiled code knows. */
const COMPILED = { install_method: 'deb', build_os_name: 'Linux', build_os_version: '6.1.0' };

test.each(['0.12.1', '1.7.5', '2.28.3'] as const)(
  "sends exactly the bytes of the server's own text of %s",
  async (release) => {
    await using database = await known(release);
    const own = { ...withoutErrors(await expectedReport(database, release)), ...COMPILED };
    await defineFunction(
      database,
      release,
      release === '1.7.5'
        ? `case when always_display_report then '${JSON.stringify(own)}'::jsonb::text end`
        : `'${JSON.stringify(own)}'::jsonb`,
    );
    const { rows } = await database.admin.query<{ text: string }>(
      'select $1::jsonb::text as text',
      [own],
    );

    const { outcome, body, report } = await runFor(database, BY_FUNCTION);

    expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'function' } });
    expect(outcome.warnings).toBeUndefined();
    expect(report).toStrictEqual(own);
    expect(body?.toString('utf8')).toBe(rows[0]?.text);
  },
);

const FUNCTIONS_USED = { 'pg_catalog.abs(integer)': 3, 'public.time_bucket(interval,date)': 1 };

test.each([
  ['basic', FUNCTIONS_USED],
  ['no_functions', null],
])('sends at the level %s as the functions that were used: %j', async (level, expected) => {
  await using database = await known('2.28.3');
  const own = {
    ...withoutErrors(await expectedReport(database, '2.28.3')),
    functions_used: FUNCTIONS_USED,
    errors_by_sqlerrcode: {},
  };
  await defineFunction(database, '2.28.3', `'${JSON.stringify(own)}'::jsonb`);
  await database.admin.query(
    `alter database ${database.name} set timescaledb.telemetry_level = '${level}'`,
  );

  const { outcome, report } = await runFor(database, BY_FUNCTION);

  expect(outcome).toMatchObject({ consent: { level }, report: { source: 'function' } });
  expect(report).toStrictEqual({ ...own, functions_used: expected });
});

test.each([
  {
    what: 'fails',
    value: "begin raise exception 'c4n4ry' using errcode = 'XX000'; end",
    why: 'get_telemetry_report() failed (DATABASE_ERROR, XX000: The server returned an error.)',
  },
  {
    what: 'waits for a lock',
    value: "begin raise exception 'c4n4ry' using errcode = '55P03'; end",
    why: 'get_telemetry_report() failed (CATALOG_LOCKED, 55P03',
  },
  {
    what: 'returns NULL',
    value: 'null',
    why: 'get_telemetry_report() failed (CATALOG_UNEXPECTED',
  },
  {
    what: 'returns a field that is not published',
    value: `'{"db_uuid": "c4n4ry", "table_names": ["c4n4ry"]}'::jsonb`,
    why: 'the report contains fields that are not on the published list: table_names; ',
  },
])('uses plain SQL when the function $what, and logs the reason', async ({ value, why }) => {
  await using database = await known('2.28.3');
  await defineFunction(database, '2.28.3', value);

  const { outcome, body, report } = await runFor(database, BY_FUNCTION);

  expect(outcome).toMatchObject({
    outcome: 'sent',
    // 2.28.3 has a published vulnerability.
    severity: 'ERROR',
    report: { source: 'catalog' },
  });
  expect(outcome.warnings).toStrictEqual([expect.stringContaining(why)]);
  expect(outcome.warnings?.[0]).toMatch(
    /^reportSource is function, but the report was built by plain SQL: /,
  );
  expect(JSON.stringify(outcome) + body).not.toContain('c4n4ry');
  expect(report).toStrictEqual(withoutErrors(await expectedReport(database, '2.28.3')));
});

test('never calls a function of the same name that does not belong to the extension', async () => {
  await using database = await known('2.28.3');
  await database.admin.query(`
    alter extension timescaledb drop function get_telemetry_report();
    create schema evil;
    create function evil.get_telemetry_report() returns jsonb language plpgsql as $$ begin raise exception 'evil ran'; end $$;
    grant usage on schema evil to public;
    alter role ${database.role} set search_path = evil, public, pg_catalog`);

  const { outcome } = await runFor(database, {
    target: { reportSource: 'function', levelWhenUnset: 'basic' },
  });

  expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'catalog' } });
  expect(outcome.warnings).toStrictEqual([
    expect.stringContaining(
      'the extension has no get_telemetry_report(), or the role may not call it',
    ),
  ]);
});

test('calls no compiled function while the library is not loaded, because the call would end the session', async () => {
  await using database = await known('2.28.3');
  await database.admin.query(
    `create or replace function get_telemetry_report() returns jsonb language c as '$libdir/plpgsql', 'plpgsql_call_handler'`,
  );
  const { outcome } = await runFor(database, BY_FUNCTION);
  expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'catalog' } });
  expect(outcome.warnings).toStrictEqual([expect.stringContaining('the role may not call it')]);
});

test('calls the function in a schema whose name needs quotes', async () => {
  await using database = await known('2.28.3');
  const own = withoutErrors(await expectedReport(database, '2.28.3'));
  await defineFunction(database, '2.28.3', `'${JSON.stringify(own)}'::jsonb`);
  await database.admin.query(`
    create schema "Own ""Schema""";
    grant usage on schema "Own ""Schema""" to public;
    alter function get_telemetry_report() set schema "Own ""Schema"""`);

  const { outcome } = await runFor(database, BY_FUNCTION);

  expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'function' } });
});

test('releases the locks of a function whose text is rejected', async () => {
  await using database = await known('1.7.5');
  // The functions of 1.5 to 1.7 lock catalog tables exclusively.
  await defineFunction(
    database,
    '1.7.5',
    `begin lock table _timescaledb_catalog.hypertable in access exclusive mode; return '{"mine": 1}'; end`,
  );
  await database.admin.query(`grant all on _timescaledb_catalog.hypertable to ${database.role}`);
  const target = aTarget({ reportSource: 'function' });
  const connection = await loginTo(database);

  const { source, locks } = await snapshotOf(connection, async (snapshot) => {
    const { source } = await buildReport(snapshot, target, 'basic');
    const { rows } = await database.admin.query(
      "select l.mode from pg_locks l join pg_stat_activity a using (pid) where a.usename = $1 and l.mode = 'AccessExclusiveLock'",
      [database.role],
    );
    return { source, locks: rows };
  });

  expect({ source, locks }).toStrictEqual({ source: 'catalog', locks: [] });
});

test.each(['off', 'basic'])(
  'builds a report that is only shown at the level %s by the function only with consent',
  async (level) => {
    await using database = await known('2.28.3');
    await defineFunction(
      database,
      '2.28.3',
      "begin raise exception 'the function was called'; end",
    );
    await database.admin.query(
      `alter database ${database.name} set timescaledb.telemetry_level = '${level}'`,
    );
    const target = aTarget({ reportSource: 'function' });
    const credentials = parseSecret({ SecretString: secretFor(database) }, target);
    const { result, error } = await runToEnd(
      {
        secretsOf: () => ({ read: async () => credentials }),
        limitMs: scaled(10_000),
        now: Date.now,
      },
      createRunRecorder(),
      (context) => inProcessReader.read(target, { report: 'always', time: Date.now() }, context),
    );
    if (error !== undefined) throw error;
    const { consent, report } = result;

    expect(consent.granted).toBe(level === 'basic');
    expect(report?.source).toBe('catalog');
    expect(report?.fallback === undefined).toBe(level === 'off');
  },
);

test('accepts an object without the members that the extension may omit', async () => {
  await using database = await known('2.28.3');
  const own = {
    ...withoutErrors(await expectedReport(database, '2.28.3')),
    replication: {},
  };
  await defineFunction(database, '2.28.3', `'${JSON.stringify(own)}'::jsonb`);
  const { outcome } = await runFor(database, BY_FUNCTION);
  expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'function' } });
});
