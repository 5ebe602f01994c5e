import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  bootEmbedded,
  EMBEDDED_DATABASE,
  fill,
  serveEmbedded,
} from '../../../emulator/timescaledb.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { runCommand, variablesOf } from '../../support/process/commands.ts';

/** Options of a whole run. The endpoint's port is closed: ENDPOINT_UNREACHABLE proves that the database was read. */
const TO_CLOSED_PORT = ['--send', '--ignore-schedule', '--endpoint', 'http://127.0.0.1:9/'];

let database: TestDatabase;
let home: string;
/** The PG* variables of the database, without the password. */
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

  test('is ~/.pgpass without PGPASSFILE, also for a whole run', async () => {
    await write('127.0.0.1');
    expect(await report({}, ['--json'])).toMatchObject({ stderr: '', code: 0 });
    expect((await report({}, TO_CLOSED_PORT)).stdout).toContain('ENDPOINT_UNREACHABLE');
  });

  test('is read when PGPASSWORD is set but empty', async () => {
    await write('127.0.0.1');
    expect(await report({ PGPASSWORD: '' }, ['--json'])).toMatchObject({ stderr: '', code: 0 });
  });

  test('is searched for the name of the server, also with PGHOSTADDR', async () => {
    await write('db.example.com');
    const asked = { PGHOST: 'db.example.com', PGHOSTADDR: '127.0.0.1' };
    expect(await report(asked, ['--json'])).toMatchObject({ stderr: '', code: 0 });
    await write('127.0.0.1');
    const { stderr } = await report(asked, ['--json']);
    expect(stderr).toMatch(/^DATABASE_AUTHENTICATION(.|\n)*No password was found/);
  });

  test('is ignored with a warning when others may read it', async () => {
    await write('127.0.0.1');
    await chmod(passfile(), 0o644);
    const { stderr, code } = await report({});
    expect(code).toBe(1);
    expect(stderr).toMatch(/has group or world access(.|\n)*DATABASE_AUTHENTICATION/);
    await rm(passfile());
  });
});

describe('no password', () => {
  test('is needed by a server that trusts its clients, also for a whole run', async () => {
    const db = await bootEmbedded();
    await fill(db);
    await using server = await serveEmbedded(db);
    const environment = { PGPORT: String(server.port), PGDATABASE: EMBEDDED_DATABASE };
    const shown = await report(environment, ['--level', 'basic', '--json']);
    expect([shown.stderr, shown.code]).toEqual(['', 0]);
    const run = await report(environment, ['--level', 'basic', ...TO_CLOSED_PORT]);
    expect(run.stdout).toContain('ENDPOINT_UNREACHABLE');
  });

  test('found for a whole run changes the remedy of the login error', async () => {
    const { stdout, code } = await report({}, TO_CLOSED_PORT);
    expect(code).toBe(1);
    expect(stdout).toMatch(/DATABASE_AUTHENTICATION(.|\n)*No password was found/);
  });
});

describe('a Unix socket', () => {
  test('is used without a host, also for a whole run', async () => {
    const { PGHOST: _, ...withoutHost } = variables;
    const environment = { ...withoutHost, PGPASSWORD: database.password };
    for (const args of [[], TO_CLOSED_PORT]) {
      const { stdout } = await runCommand('report', args, environment);
      expect(stdout).toContain(`as ${database.role}, Unix socket\n`);
      expect(stdout).toContain(args.length === 0 ? '✔ report' : 'ENDPOINT_UNREACHABLE');
    }
  });

  test('that does not exist is reported as an unreachable server', async () => {
    const { stderr, code } = await report({ PGHOST: home, PGPASSWORD: 'any' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_UNREACHABLE(.|\n)*ENOENT/);
  });
});

test('accepts the authorities of NODE_EXTRA_CA_CERTS, and of --tls-ca-file on loopback', async () => {
  const file = join(home, 'authority.pem');
  await writeFile(file, inject('postgres').authority);
  const known = { PGHOST: 'localhost', PGPASSWORD: database.password };
  const inNode = { ...known, PGSSLMODE: 'prefer', NODE_EXTRA_CA_CERTS: file };
  for (const [environment, args] of [
    [inNode, []],
    [known, ['--tls-ca-file', file]],
  ] as const) {
    for (const more of [[], TO_CLOSED_PORT]) {
      const { stdout } = await report(environment, [...args, ...more]);
      expect(stdout).toContain('TLS verify-full\n');
      expect(stdout).toContain(more.length === 0 ? '✔ report' : 'ENDPOINT_UNREACHABLE');
    }
  }
});

test('passes PGOPTIONS to the server, also in a whole run: a level there restricts', async () => {
  const PGOPTIONS = '-c timescaledb.telemetry_level=off';
  for (const args of [[], TO_CLOSED_PORT]) {
    const { stdout, code } = await report({ PGPASSWORD: database.password, PGOPTIONS }, args);
    expect(code).toBe(3);
    expect(stdout).toMatch(/– consent +denied \(rule level-off\)/);
  }
});

test('rejects a PG* variable that would break the read-only session', async () => {
  const { stderr, code } = await report({ PGREPLICATION: 'database' });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^CONFIG_INVALID: .*PGREPLICATION/);
});

test.each([
  ['--databse-url=postgres://u:s3cret@h/db', "unknown option '--databse-url=…'"],
  ["--databse-url=postgres://u:it's3cret@h/db", "unknown option '--databse-url=…'"],
  ['-dpostgres://u:s3cret@h/db', "unknown option '-d…'"],
  ['postgres://u:s3cret@h/db', 'too many arguments. Expected 0 arguments but got 1 (options begin'],
])('does not repeat a misplaced URL: %s', async (argument, problem) => {
  const { stdout, stderr, code } = await report({}, [argument]);
  expect([stdout, code]).toEqual(['', 2]);
  expect(stderr).toContain(problem);
  expect(stderr).not.toContain('s3cret');
});
