import { setTimeout as delay } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { PRODUCT } from '../../../lib/product.ts';
import { startWireProxy } from '../../support/network/wire-proxy.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { MODES, secretFor, startWorld } from '../../support/run/world.ts';
import { scaled } from '../../support/vitest/time-limits.ts';

function consentingDatabase(): Promise<TestDatabase> {
  return createDatabase({ release: '2.28.3', level: 'basic' });
}

/** Returns everything that a session could change in a database, for comparison. */
async function traces({ admin }: TestDatabase) {
  const { rows } = await admin.query(`
    select
      (select pg_catalog.json_agg(r order by r.relid) from (
         select s.relid, s.n_tup_ins, s.n_tup_upd, s.n_tup_del
         from pg_catalog.pg_stat_all_tables s join pg_catalog.pg_class c on c.oid = s.relid
         where not c.relisshared -- other test files change shared catalogs
       ) r) as tuples,
      (select pg_catalog.json_agg(c.oid order by c.oid) from pg_catalog.pg_class c) as relations,
      (select pg_catalog.json_agg(p.oid order by p.oid) from pg_catalog.pg_proc p) as functions,
      (select pg_catalog.json_agg(n.nspname order by 1) from pg_catalog.pg_namespace n) as schemas,
      (select pg_catalog.json_agg(m order by m.key) from _timescaledb_catalog.metadata m) as metadata,
      (select pg_catalog.row_to_json(d) from (
         select xact_rollback, tup_inserted, tup_updated, tup_deleted, temp_files, deadlocks,
           sessions_abandoned, sessions_fatal, sessions_killed
         from pg_catalog.pg_stat_database where datname = pg_catalog.current_database()
       ) d) as statistics,
      (select count(*) from pg_catalog.pg_prepared_xacts) as prepared_transactions`);
  return rows[0];
}

async function sessionsOf({ admin, role }: TestDatabase): Promise<number> {
  const { rowCount } = await admin.query(
    'select 1 from pg_catalog.pg_stat_activity where usename = $1',
    [role],
  );
  return rowCount ?? 0;
}

async function untilGone(database: TestDatabase): Promise<void> {
  while ((await sessionsOf(database)) > 0) await delay(10);
}

test('builds the report with a role that has only a login and CONNECT', async () => {
  await using database = await consentingDatabase();
  const { rows } = await database.admin.query(
    `select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
       (select count(*)::int from pg_auth_members m where m.member = r.oid) as memberships
     from pg_roles r where rolname = $1`,
    [database.role],
  );
  expect(rows).toEqual([
    {
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
      memberships: 0,
    },
  ]);
  await using world = await startWorld({ secret: secretFor(database) });

  const { outcome } = await world.run();

  expect(outcome).toMatchObject({ outcome: 'sent', consent: { rule: 'level-set' } });
  expect(world.endpoint.reports).toHaveLength(1);
});

test.each(MODES)(
  'four round trips over one connection (server query, facts, report, commit) are made %s',
  async (_how, split) => {
    await using database = await consentingDatabase();
    await using proxy = await startWireProxy(inject('postgres').port);
    await using world = await startWorld({
      secret: secretFor(database, { port: proxy.port }),
      split,
    });

    await world.run();

    expect(proxy.conversations).toHaveLength(1);
    const [conversation] = proxy.conversations;
    // The two password messages are those of SCRAM. Without Parse there is no prepared statement.
    expect(conversation?.messages).toEqual(['p', 'p', 'Q', 'Q', 'Q', 'Q', 'X']);
    expect(conversation?.queries.at(0)).toMatch(
      /^\/\* timescaledb-telemetry\/[^*]+ \*\/\nbegin transaction isolation level repeatable read, read only;/,
    );
    expect(conversation?.queries.at(-1)).toBe('commit');
    // No statement has failed, and none may use parallel workers.
    expect(conversation?.queries.join()).not.toContain('rollback to savepoint');
    expect(conversation?.queries[0]).toContain('set local max_parallel_workers_per_gather = 0;');
    // Only startup parameters that a pooler accepts.
    expect(conversation?.startup).toEqual({
      user: database.role,
      database: database.name,
      application_name: PRODUCT,
      client_encoding: 'UTF8',
    });
  },
);

test.each(MODES)(
  'every statement on the server is limited to the rest of the run %s',
  async (_how, split) => {
    await using database = await consentingDatabase();
    await using proxy = await startWireProxy(inject('postgres').port);
    await using world = await startWorld({
      secret: secretFor(database, { port: proxy.port }),
      split,
    });

    const shortLimitMs = scaled(5_000);
    await world.run({ limitMs: shortLimitMs });
    await world.run({ limitMs: scaled(90_000) });

    const [short = [], long = []] = proxy.conversations.map(({ queries }) =>
      queries
        .slice(0, 3)
        .map((text) => Number(/set local statement_timeout = (\d+);/.exec(text)?.[1])),
    );
    // Server query, facts and report: each is limited to the time that is left when it is sent.
    expect(short).toHaveLength(3);
    expect(short.every((ms) => ms > 1_000 && ms <= shortLimitMs)).toBe(true);
    expect(short).toEqual(short.toSorted((one, other) => other - one));
    expect(long).toEqual([60_000, 60_000, 60_000]);
  },
);

test('sends no statement of the report without consent', async () => {
  await using database = await createDatabase({ release: '2.28.3' });
  await using proxy = await startWireProxy(inject('postgres').port);
  await using world = await startWorld({ secret: secretFor(database, { port: proxy.port }) });

  const { outcome } = await world.run();

  expect(outcome.outcome).toBe('skipped');
  expect(proxy.conversations[0]?.messages).toEqual(['p', 'p', 'Q', 'Q', 'Q', 'X']);
  expect(world.endpoint.connections()).toBe(0);
});

test('leaves no session, no write, no object and no transaction in the database', async () => {
  await using database = await consentingDatabase();
  await using world = await startWorld({ secret: secretFor(database) });
  const before = await traces(database);

  const { outcome } = await world.run();
  expect(outcome.outcome).toBe('sent');
  await untilGone(database);

  expect(await traces(database)).toEqual(before);
});

test('closes the connection before the report is sent', async () => {
  await using database = await consentingDatabase();
  let sessionsWhileSending: number | undefined;
  await using world = await startWorld({
    secret: secretFor(database),
    async answer(response) {
      await delay(100);
      sessionsWhileSending = await sessionsOf(database);
      response.end('{}');
    },
  });

  await world.run();

  expect(sessionsWhileSending).toBe(0);
});

test('reports errors by SQLSTATE with a member of the owner, and omits them with any other role', async () => {
  await using database = await consentingDatabase();
  await database.admin.query(`
    insert into _timescaledb_internal.bgw_job_stat_history (id, job_id, execution_start, succeeded, data) values
      (1, 1, now(), false, '{"job": {"proc_schema": "_timescaledb_functions", "proc_name": "policy_retention"}, "error_data": {"sqlerrcode": "40001"}}'),
      (2, 1, now(), false, '{"job": {"proc_schema": "_timescaledb_functions", "proc_name": "policy_retention"}, "error_data": {"sqlerrcode": "40001"}}'),
      (3, 1, now(), false, '{"job": {"proc_schema": "_timescaledb_functions", "proc_name": "policy_job_stat_history_retention"}, "error_data": {"sqlerrcode": "57014"}}'),
      (4, 1, now(), false, '{"job": {"proc_schema": "public", "proc_name": "own"}, "error_data": {}}')`);
  await using world = await startWorld({ secret: secretFor(database) });

  await world.run();
  await database.admin.query(`alter database ${database.name} owner to ${database.role}`);
  await world.run();

  const [byStranger, byOwner] = world.endpoint.reports.map(({ body }) =>
    JSON.parse(body.toString('utf8')),
  );
  expect(byStranger).not.toHaveProperty('errors_by_sqlerrcode');
  // The extension does not know the new name of the history's retention, and counts its errors as those of user-defined actions.
  expect(byOwner.errors_by_sqlerrcode).toEqual({
    policy_retention: { '40001': 2 },
    user_defined_action: { '57014': 1 },
  });
});

test('reports an empty object of errors with a member of the owner that does not inherit its privileges', async () => {
  await using database = await consentingDatabase();
  await database.admin.query(`
    create role ${database.role}_owner;
    alter role ${database.role} noinherit;
    grant ${database.role}_owner to ${database.role};
    alter database ${database.name} owner to ${database.role}_owner`);
  await using world = await startWorld({ secret: secretFor(database) });

  await world.run();
  await database.admin.query(
    `alter database ${database.name} owner to postgres; drop role ${database.role}_owner`,
  );

  expect(JSON.parse(world.endpoint.reports[0]?.body.toString('utf8') ?? '{}')).toMatchObject({
    errors_by_sqlerrcode: {},
  });
});
