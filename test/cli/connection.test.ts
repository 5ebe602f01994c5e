import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  bootEmbedded,
  EMBEDDED_DATABASE,
  fill,
  serveEmbedded,
} from '../../emulator/timescaledb.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { runCommand, variablesOf } from '../support/process/commands.ts';

/**
 * What of the connection needs more than variables: files of a home, a server that wants no password, and what a whole run
 * (`--send`) is handed. Nobody listens at the endpoint: that it was tried says that the database was read.
 */
const TO_NOBODY = ['--send', '--ignore-schedule', '--endpoint', 'http://127.0.0.1:9/'];

let database: TestDatabase;
let home: string;
/** Without the password. */
let variables: Readonly<Record<string, string>>;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3' });
  const { admin, name } = database;
  await admin.query(`alter database ${name} set timescaledb.telemetry_level = 'basic'`);
  home = await mkdtemp(join(inject('folder'), 'home-'));
  const { PGPASSWORD: _, ...others } = variablesOf(database);
  variables = { ...others, HOME: home };
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function report(environment: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const ended = await runCommand('report', args, { ...variables, ...environment });
  expect(ended.stdout + ended.stderr).not.toContain(database.password);
  return ended;
}

describe('a password file', () => {
  const passfile = () => join(home, '.pgpass');
  const write = (host: string) =>
    writeFile(passfile(), `${host}:${database.port}:*:${database.role}:${database.password}\n`, {
      mode: 0o600,
    });

  test('is ~/.pgpass where PGPASSFILE names none, and serves a whole run too', async () => {
    await write('127.0.0.1');
    expect(await report({}, ['--json'])).toMatchObject({ stderr: '', code: 0 });
    expect((await report({}, TO_NOBODY)).stdout).toContain('ENDPOINT_UNREACHABLE');
  });

  test('is read where PGPASSWORD is there and empty', async () => {
    await write('127.0.0.1');
    expect(await report({ PGPASSWORD: '' }, ['--json'])).toMatchObject({ stderr: '', code: 0 });
  });

  test('calls the server by its name, also where that has an address beside it', async () => {
    await write('db.example.com');
    const asked = { PGHOST: 'db.example.com', PGHOSTADDR: '127.0.0.1' };
    expect(await report(asked, ['--json'])).toMatchObject({ stderr: '', code: 0 });
    await write('127.0.0.1');
    const { stderr } = await report(asked, ['--json']);
    expect(stderr).toMatch(/^DATABASE_AUTHENTICATION(.|\n)*No password was found/);
  });

  test('that others may read is not used, and that is said', async () => {
    await write('127.0.0.1');
    await chmod(passfile(), 0o644);
    const { stderr, code } = await report({});
    expect(code).toBe(1);
    expect(stderr).toMatch(/has group or world access(.|\n)*DATABASE_AUTHENTICATION/);
    await rm(passfile());
  });
});

describe('no password', () => {
  test('is enough where the server trusts its clients, and for a whole run too', async () => {
    const db = await bootEmbedded();
    await fill(db);
    await using server = await serveEmbedded(db);
    const environment = { PGPORT: String(server.port), PGDATABASE: EMBEDDED_DATABASE };
    const shown = await report(environment, ['--level', 'basic', '--json']);
    expect([shown.stderr, shown.code]).toEqual(['', 0]);
    const run = await report(environment, ['--level', 'basic', ...TO_NOBODY]);
    expect(run.stdout).toContain('ENDPOINT_UNREACHABLE');
  });

  test('of a whole run is what the advice is about', async () => {
    const { stdout, code } = await report({}, TO_NOBODY);
    expect(code).toBe(1);
    expect(stdout).toMatch(/DATABASE_AUTHENTICATION(.|\n)*No password was found/);
  });
});

describe('a Unix socket', () => {
  test('is found without a host, and serves a whole run too', async () => {
    const { PGHOST: _, ...withoutHost } = variables;
    const environment = { ...withoutHost, PGPASSWORD: database.password };
    for (const args of [[], TO_NOBODY]) {
      const { stdout } = await runCommand('report', args, environment);
      expect(stdout).toContain(`as ${database.role}, Unix socket\n`);
      expect(stdout).toContain(args.length === 0 ? '✔ report' : 'ENDPOINT_UNREACHABLE');
    }
  });

  test('that is not there is a server that cannot be reached', async () => {
    const { stderr, code } = await report({ PGHOST: home, PGPASSWORD: 'any' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_UNREACHABLE(.|\n)*ENOENT/);
  });
});

test('an authority is also one of NODE_EXTRA_CA_CERTS, or of --tls-ca-file on loopback', async () => {
  const file = join(home, 'authority.pem');
  await writeFile(file, inject('postgres').authority);
  const known = { PGHOST: 'localhost', PGPASSWORD: database.password };
  const inNode = { ...known, PGSSLMODE: 'prefer', NODE_EXTRA_CA_CERTS: file };
  for (const [environment, args] of [
    [inNode, []],
    [known, ['--tls-ca-file', file]],
  ] as const) {
    for (const more of [[], TO_NOBODY]) {
      const { stdout } = await report(environment, [...args, ...more]);
      expect(stdout).toContain('TLS verify-full\n');
      expect(stdout).toContain(more.length === 0 ? '✔ report' : 'ENDPOINT_UNREACHABLE');
    }
  }
});

test('PGOPTIONS reaches the server, from a whole run too: a level there tightens', async () => {
  const PGOPTIONS = '-c timescaledb.telemetry_level=off';
  for (const args of [[], TO_NOBODY]) {
    const { stdout, code } = await report({ PGPASSWORD: database.password, PGOPTIONS }, args);
    expect(code).toBe(3);
    expect(stdout).toMatch(/– consent +denied \(rule level-off\)/);
  }
});

test('a variable that would undo what is promised is a wrong use', async () => {
  const { stderr, code } = await report({ PGREPLICATION: 'database' });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^CONFIG_INVALID: .*PGREPLICATION/);
});

test.each([
  ['--databse-url=postgres://u:s3cret@h/db', "unknown option '--databse-url=…'"],
  ["--databse-url=postgres://u:it's3cret@h/db", "unknown option '--databse-url=…'"],
  ['-dpostgres://u:s3cret@h/db', "unknown option '-d…'"],
  ['postgres://u:s3cret@h/db', 'too many arguments. Expected 0 arguments but got 1 (options begin'],
])('a URL in the wrong place is not repeated: %s', async (argument, problem) => {
  const { stdout, stderr, code } = await report({}, [argument]);
  expect([stdout, code]).toEqual(['', 2]);
  expect(stderr).toContain(problem);
  expect(stderr).not.toContain('s3cret');
});
