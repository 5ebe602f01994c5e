import { describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from '../support/postgres/postgres.ts';
import {
  type Ended,
  optionsIn,
  runCommand,
  urlOf,
  variablesOf,
} from '../support/process/commands.ts';

const LEVEL = 'timescaledb.telemetry_level';
const PAUSE = 'UPDATE _timescaledb_catalog.bgw_job SET scheduled = false WHERE id IN (1)';

function configure(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return runCommand('configure', args, environment);
}

/** A database that consents. */
function consenting(): Promise<TestDatabase> {
  return createDatabase({ release: '2.28.3', level: 'basic' });
}

function asSuperuser({ name, port }: TestDatabase): string[] {
  const login = { name, port, role: SUPERUSER, password: SUPERUSER_PASSWORD };
  return ['--database-url', urlOf(login)];
}

/** Reads everything that a change can affect: the settings of the database and its role, and the jobs. */
async function stateOf({ admin, name, role }: TestDatabase) {
  const { rows: settings } = await admin.query(
    `select s.setconfig from pg_db_role_setting s left join pg_database d on d.oid = s.setdatabase
     left join pg_roles r on r.oid = s.setrole where d.datname = $1 or r.rolname = $2 order by 1`,
    [name, role],
  );
  const { rows: jobs } = await admin.query(
    'select to_jsonb(j) as job from _timescaledb_catalog.bgw_job j order by id',
  );
  return { settings, jobs };
}

describe.concurrent('on a database that consents', () => {
  test('without --apply shows the statements and changes nothing', async () => {
    await using database = await consenting();
    const before = await stateOf(database);
    const args = ['disable', '--scope', 'database', ...asSuperuser(database)];
    const { stdout, stderr, code } = await configure(args);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('disable telemetry (dry run)\n');
    expect(stdout).toContain('✔ before        granted (rule level-set): Telemetry is on');
    expect(stdout).toContain('– after         nothing was changed; --apply runs the statements\n');
    expect(stdout).toContain(`
  The statements that --apply would run:

  1. ALTER DATABASE ${database.name} SET ${LEVEL} = 'off'
  2. ${PAUSE}
`);
    expect(stdout).not.toContain(SUPERUSER_PASSWORD);
    expect(await stateOf(database)).toStrictEqual(before);
    expect(before.settings).toEqual([{ setconfig: [`${LEVEL}=basic`] }]);
  });

  test('runs exactly these statements with --apply, and enable reverts them', async () => {
    await using database = await consenting();
    const before = await stateOf(database);
    const off = await configure([
      ...['disable', '--scope', 'database', '--apply', ...asSuperuser(database)],
    ]);
    expect([off.stderr, off.code]).toEqual(['', 0]);
    expect(off.stdout).toContain('– after         denied (rule level-off): Telemetry is off');
    expect(off.stdout).toContain('The statements that ran:\n');
    const between = await stateOf(database);
    expect(between.settings).toEqual([{ setconfig: [`${LEVEL}=off`] }]);
    expect(between.jobs).toMatchObject([{ job: { id: 1, scheduled: false } }]);

    const on = await configure([
      ...['enable', '--scope', 'database', '--apply', '--json', ...asSuperuser(database)],
    ]);
    expect([on.stderr, on.code]).toEqual(['', 0]);
    expect(JSON.parse(on.stdout)).toMatchObject({
      action: 'enable',
      dryRun: false,
      statements: [
        `ALTER DATABASE ${database.name} SET ${LEVEL} = 'basic'`,
        PAUSE.replace('false', 'true'),
      ],
      consent: { before: { granted: false }, after: { granted: true, rule: 'level-set' } },
    });
    expect(await stateOf(database)).toStrictEqual(before);
  });

  test('sets the level of a role in a database with --scope role, and does not change the job', async () => {
    await using database = await consenting();
    const { jobs } = await stateOf(database);
    const { stderr, code } = await configure(
      [
        ...['disable', '--scope', 'role', '--role', database.role],
        ...['--in-database', database.name, '--apply'],
      ],
      variablesOf({ ...database, role: SUPERUSER, password: SUPERUSER_PASSWORD }),
    );
    expect([stderr, code]).toEqual(['', 0]);
    const after = await stateOf(database);
    expect(after.settings).toEqual([
      { setconfig: [`${LEVEL}=basic`] },
      { setconfig: [`${LEVEL}=off`] },
    ]);
    expect(after.jobs).toStrictEqual(jobs);
  });

  test('shows the statement, the error and the missing grant when permission is denied', async () => {
    await using database = await consenting();
    const before = await stateOf(database);
    const { stderr, code } = await configure([
      ...['disable', '--scope', 'database', '--apply', '--database-url', urlOf(database)],
    ]);
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      `CHANGE_DENIED: Permission denied: ALTER DATABASE <this database> SET ${LEVEL} = 'off'. Nothing was changed.`,
      `error: must be owner of database ${database.name}`,
      expect.stringContaining('GRANT <the owner> TO <the administrator>'),
      '',
    ]);
    expect(stderr).not.toContain(database.password);
    expect(await stateOf(database)).toStrictEqual(before);
  });

  test('with a wrong password changes nothing, and prints no password', async () => {
    await using database = await consenting();
    const before = await stateOf(database);
    const login = { ...database, password: 'wrong-password' };
    const { stdout, stderr, code } = await configure([
      ...['disable', '--scope', 'database', '--apply', '--database-url', urlOf(login)],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_AUTHENTICATION: /);
    expect(stdout + stderr).not.toContain('wrong-password');
    expect(await stateOf(database)).toStrictEqual(before);
  });
});

describe.concurrent('the options', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      'a contradiction',
      ['disable', '--scope', 'database', '--level', 'basic', '--job', 'add', '--apply'],
      ['--level: is basic, but disable sets off', '--job: is add, which contradicts disable'],
    ],
    [
      'several unknown values',
      ['toggle', '--scope', 'world', '--level', 'loud', '--job', 'dismiss'],
      [
        '<action> must be one of enable, disable',
        '--scope must be one of instance, database, role',
        '--level must be one of off, no_functions, basic',
        '--job must be one of keep, add, pause, remove',
      ],
    ],
    [
      'no arguments',
      [],
      ["missing required argument 'action'", '--scope is missing: instance, database, role'],
    ],
    [
      'a role without a name',
      ['enable', '--scope', 'role', '--in-database', 'metrics'],
      ['--scope role needs --role', '--in-database needs --role'],
    ],
  ])('lists every problem of %s, and does not connect', async (_what, args, problems) => {
    const { stdout, stderr, code } = await configure(args);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr.split('\n')).toEqual([
      ...problems,
      '(npm run configure -- --help lists the options.)',
      '',
    ]);
  });

  test('lists all options with --help', async () => {
    const { stdout, stderr, code } = await configure(['--help']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('Usage: npm run configure -- [options] <action>');
    expect(optionsIn(stdout)).toEqual([
      ...['--database-url', '--tls-server-name', '--tls-ca-file'],
      ...['--scope', '--role', '--in-database', '--level', '--job', '--schedule-interval'],
      ...['--apply', '--level-when-unset', '--json', '--help'],
    ]);
  });
});
