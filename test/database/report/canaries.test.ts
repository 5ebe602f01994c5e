import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import {
  HANDMADE_RELEASES,
  type HandmadeRelease,
  has,
  metadataTableOf,
} from '../../support/timescaledb/catalogs.ts';
import { fillWithKnownContents } from '../../support/timescaledb/contents.ts';
import { runFor } from '../../support/timescaledb/reports.ts';

/** Planted in every text of the database that must not be sent. */
const CANARY = 'c4n4ry';

/** Inserts a row of canaries into every table of the extension, in every column whose type can contain one. */
const PLANT_IN_CATALOGS = `
  do $plant$
  declare
    t record;
  begin
    for t in
      select c.oid::regclass::text as relation,
        string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns,
        string_agg(case format_type(a.atttypid, null)
          when 'name' then format('%L', '${CANARY}_' || a.attname)
          when 'text' then format('%L', '${CANARY}_' || a.attname)
          when 'text[]' then $$array['${CANARY}']$$
          when 'jsonb' then $$'{"${CANARY}_key": "${CANARY}", "proc_schema": "${CANARY}", "proc_name": "${CANARY}", "sqlerrcode": "${CANARY}",
            "job": {"proc_schema": "${CANARY}", "proc_name": "${CANARY}"}, "error_data": {"sqlerrcode": "${CANARY}", "message": "${CANARY}"}}'$$
          when 'regclass' then $$'${CANARY}_schema.${CANARY}_table'$$
          when 'regrole' then 'current_role::regrole'
          when 'boolean' then (a.attname not in ('include_in_telemetry', 'dropped'))::text
          when 'timestamp with time zone' then 'now()'
          when 'interval' then $$'1 day'$$
          else '77'
        end, ', ' order by a.attnum) as canaries
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relkind = 'r' and n.nspname ~ '^_timescaledb_(catalog|config|internal)$'
        and exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
      group by c.oid
    loop
      execute format('insert into %s (%s) values (%s)', t.relation, t.columns, t.canaries);
    end loop;
  end
  $plant$`;

const PLANT_IN_OBJECTS = `
  create schema ${CANARY}_schema;
  create table ${CANARY}_schema.${CANARY}_table (${CANARY}_column int primary key, ${CANARY}_text text default '${CANARY}_default');
  insert into ${CANARY}_schema.${CANARY}_table values (1, '${CANARY}_row');
  create index ${CANARY}_index on ${CANARY}_schema.${CANARY}_table (${CANARY}_text);
  create view ${CANARY}_schema.${CANARY}_view as select * from ${CANARY}_schema.${CANARY}_table;
  create materialized view ${CANARY}_schema.${CANARY}_materialized as select * from ${CANARY}_schema.${CANARY}_table;
  create table ${CANARY}_partitioned (${CANARY}_column int) partition by list (${CANARY}_column);
  create table ${CANARY}_partition partition of ${CANARY}_partitioned for values in (1);
  create type ${CANARY}_type as enum ('${CANARY}_label');
  create sequence ${CANARY}_sequence;
  create function ${CANARY}_function() returns text language sql as $$ select '${CANARY}_body' $$;
  comment on table ${CANARY}_schema.${CANARY}_table is '${CANARY}_comment';
  create foreign data wrapper ${CANARY}_wrapper;
  create server ${CANARY}_server foreign data wrapper ${CANARY}_wrapper;
  create foreign table ${CANARY}_foreign (${CANARY}_column int) server ${CANARY}_server;
  create publication ${CANARY}_publication for table ${CANARY}_schema.${CANARY}_table;
  insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    values (98766, '${CANARY}_extension', 10, 2200, false, '${CANARY}_version');
  analyze`;

/** A decodable license key with canaries in all fields that are not published or do not have the published form. */
const LICENSE_KEY = `E1${Buffer.from(
  JSON.stringify({
    id: 'not a valid id',
    kind: CANARY,
    customer: CANARY,
    start_time: CANARY,
    end_time: `2018-09-30 ${CANARY}`,
    [CANARY]: '"kind": "trial"',
  }),
).toString('base64')}`;

/** One word for each kind of text that may be sent, about which docs/report-fields.md warns. */
const OPEN = {
  metadata: 'openly_flagged',
  cloud: 'openly_clouded',
  accessMethod: 'openly_accessed',
  sqlstate: 'OPEN1',
};

async function plant(
  { admin, name, role }: TestDatabase,
  release: HandmadeRelease,
  tablespace: string,
): Promise<void> {
  await admin.query(PLANT_IN_OBJECTS);
  await admin.query(`create table ${CANARY}_elsewhere (id int) tablespace ${tablespace}`);
  await admin.query(PLANT_IN_CATALOGS);
  await admin.query(
    `update ${metadataTableOf(release)} set value = '${CANARY}' where key <> 'deployment'`,
  );
  // 1.3 has no flag, and reports every row.
  if (has(release, '1.3.0', '1.3.2')) {
    await admin.query(`delete from ${metadataTableOf(release)} where key like '${CANARY}%'`);
  }
  for (const [setting, value] of Object.entries({
    'timescaledb.last_tuned': CANARY,
    'timescaledb.last_tuned_version': CANARY,
    'timescaledb.license_key': LICENSE_KEY,
    'timescaledb_telemetry.cloud': OPEN.cloud,
    'canary.setting': CANARY,
  })) {
    await admin.query(`alter database ${name} set ${setting} = '${value}'`);
  }
  await admin.query(`alter role ${role} set application_name = '${CANARY}_application'`);
}

async function plantSendableTexts(
  { admin }: TestDatabase,
  release: HandmadeRelease,
): Promise<void> {
  const flag = has(release, '1.4.0') ? ', true' : '';
  await admin.query(`
    insert into ${metadataTableOf(release)} values ('${OPEN.metadata}', '${OPEN.metadata}'${flag});
    create access method ${OPEN.accessMethod} type table handler heap_tableam_handler;
    create table with_access_method (id int) using ${OPEN.accessMethod}`);
  const error = `{"proc_schema": "public", "proc_name": "${CANARY}", "sqlerrcode": "${OPEN.sqlstate}"}`;
  if (has(release, '2.15.0')) {
    await admin.query(
      `insert into _timescaledb_internal.bgw_job_stat_history (id, job_id, execution_start, succeeded, data)
       values (78, 1, now(), false, '{"job": ${error}, "error_data": ${error}}')`,
    );
  } else if (has(release, '2.9.0')) {
    await admin.query(
      `insert into _timescaledb_internal.job_errors (job_id, error_data) values (1, '${error}')`,
    );
  }
}

/** Returns the words of OPEN that the reporter of a release sends. */
function sentBy(release: HandmadeRelease): readonly string[] {
  return [
    ...(has(release, '1.3.0') ? [OPEN.metadata, OPEN.cloud] : []),
    ...(has(release, '2.9.0') ? [OPEN.sqlstate] : []),
    ...(has(release, '2.15.0') ? [OPEN.accessMethod] : []),
  ];
}

test.each(HANDMADE_RELEASES)(
  'sends no text of the catalogs of %s except those that the documentation warns about',
  async (release) => {
    await using database = await createDatabase({ release, label: CANARY });
    const tablespace = `${database.name}_space`;
    await fillWithKnownContents(database, release);
    await database.admin.query('set allow_in_place_tablespaces = on');
    await database.admin.query(`create tablespace ${tablespace} location ''`);
    await plant(database, release, tablespace);
    await plantSendableTexts(database, release);
    // The owner of the database sees the errors of all jobs; members of pg_read_all_settings see the license key.
    await database.admin.query(`
      alter database ${database.name} owner to ${database.role};
      grant pg_read_all_settings to ${database.role}`);
    if (release === '2.9.3') {
      await database.admin.query(
        `grant select on _timescaledb_internal.job_errors to ${database.role}`,
      );
    }

    const { outcome, body } = await runFor(database);
    await database.admin.query(`drop table ${CANARY}_elsewhere`);
    await database.admin.query(`drop tablespace ${tablespace}`);

    expect(outcome.outcome).toBe('sent');
    const report = body?.toString('utf8') ?? '';
    expect(report).not.toMatch(new RegExp(CANARY, 'i'));
    expect(report).not.toContain(LICENSE_KEY);
    expect(JSON.stringify(outcome)).not.toMatch(new RegExp(CANARY, 'i'));
    const sent = sentBy(release);
    for (const word of Object.values(OPEN)) {
      expect(report.includes(word), word).toBe(sent.includes(word));
    }
  },
);

test('the published list warns about each field that can contain such a text', () => {
  const page = readFileSync(
    join(import.meta.dirname, '..', '..', '..', 'docs', 'report-fields.md'),
    'utf8',
  );
  const warned = [...page.matchAll(/^\| `(\w+)` \|.*\*\*Caution:\*\*/gm)].map(([, name]) => name);
  expect(warned).toStrictEqual([
    'instance_metadata',
    'db_metadata',
    'functions_used',
    'errors_by_sqlerrcode',
    'db_telemetry_events',
    'access_methods',
  ]);
});
