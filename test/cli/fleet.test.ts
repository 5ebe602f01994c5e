import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import {
  bootEmbedded,
  EMBEDDED_DATABASE,
  type EmbeddedTimescaleDb,
  fill,
  REPORTER,
  serveEmbedded,
} from '../../emulator/timescaledb.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type OwnServer, startPostgres } from '../support/postgres/postgres.ts';
import { optionsIn, PROGRAM, runCommand } from '../support/process/commands.ts';

/** A TimescaleDB without telemetry; one with a vulnerability; the newest on a server of its own. */
let embedded: EmbeddedTimescaleDb;
let vulnerable: TestDatabase;
let otherServer: OwnServer;
let newest: TestDatabase;
let folder: string;
/** The password file. */
let PGPASSFILE: string;
/** A list with all of them, a stopped server, a wrong password, and a line that is no URL. */
let list: string;

beforeAll(async () => {
  const db = await bootEmbedded();
  await fill(db);
  embedded = await serveEmbedded(db);
  vulnerable = await createDatabase({ release: '2.28.3', level: 'basic' });
  otherServer = await startPostgres();
  newest = await createDatabase({ release: '2.32.0', level: 'basic', port: otherServer.port });
  folder = await mkdtemp(join(inject('folder'), 'fleet-'));
  PGPASSFILE = join(folder, 'pgpass');
  const passwords = [vulnerable, newest].map(
    ({ port, name, role, password }) => `127.0.0.1:${port}:${name}:${role}:${password}\n`,
  );
  await writeFile(PGPASSFILE, passwords.join(''), { mode: 0o600 });
  list = join(folder, 'databases.csv');
  const stopped = await freePort();
  await writeFile(
    list,
    [
      'name,host,port,database,user,team',
      `newest,127.0.0.1,${newest.port},${newest.name},${newest.role},a`,
      `stopped,127.0.0.1,${stopped},any,any,a`,
      `vulnerable,127.0.0.1,${vulnerable.port},${vulnerable.name},${vulnerable.role},b`,
      'malformed,"127.0.0.1',
      `embedded,127.0.0.1,${embedded.port},${EMBEDDED_DATABASE},${REPORTER},b`,
      `refused,127.0.0.1,${vulnerable.port},other,${vulnerable.role},b`,
    ].join('\n'),
  );
});
afterAll(async () => {
  await vulnerable[Symbol.asyncDispose]();
  await newest[Symbol.asyncDispose]();
  await otherServer.stop();
  await embedded[Symbol.asyncDispose]();
});

function fleet(...args: readonly string[]) {
  return runCommand('fleet', ['--databases', list, ...args], { PGPASSFILE });
}

test('shows one line for each database, the worst first, with the action to take', async () => {
  const { stdout, stderr, code } = await fleet();
  expect([stderr, code]).toEqual(['', 1]);
  const [, title, , ...lines] = stdout.split('\n');
  expect(title).toBe(
    `  timescaledb-telemetry · check of the databases in ${list}; nothing is sent`,
  );
  expect(lines.slice(0, 7)).toEqual([
    expect.stringMatching(/^ {4}database +state +PG +installed +action$/),
    expect.stringMatching(
      /^ {2}✖ embedded +vulnerable \+2 +17\.5 +2\.23\.0-dev → 2\.\S+ +Install TimescaleDB 2\./,
    ),
    expect.stringMatching(
      /^ {2}✖ vulnerable +vulnerable \+1 +18\.\d+ +2\.28\.3 → 2\.\S+ +Install TimescaleDB 2\./,
    ),
    expect.stringMatching(
      /^ {2}✖ line 5 +failed +– +– +Correct line 5 of the list: it is not a line of CSV/,
    ),
    expect.stringMatching(/^ {2}✖ refused +failed +– +– +No password was found/),
    expect.stringMatching(/^ {2}✖ stopped +failed +– +– +Check host and port, /),
    expect.stringMatching(/^ {2}▲ newest +behind +18\.\d+ +2\.32\.0 +Upgrade TimescaleDB before/),
  ]);
  for (const part of [
    /^ {2}6 databases, as of \d{4}-\d\d-\d\dT/m,
    '– counts        2 of 3 vulnerable · 0 of 3 broken · 3 of 3 behind · 1 of 3 withheld\n',
    '✖ failed        3 of 6 could not be checked\n',
    '– note          Not used from the list: team.\n',
  ]) {
    expect(stdout).toMatch(part);
  }
  expect(stdout).not.toContain(vulnerable.password);
});

test('prints one JSON object with --json, and everything that is known of each database', async () => {
  const { stdout, stderr, code } = await fleet('--json', '--level', 'basic');
  expect([stderr, code]).toEqual(['', 1]);
  const { counts, databases, environment } = JSON.parse(stdout);
  expect(environment).toBeNull();
  expect(counts).toMatchObject({ databases: 6, withheld: { count: 0, of: 3 } });
  expect(counts).not.toHaveProperty('silent');
  const byName: Record<string, Record<string, unknown>> = Object.fromEntries(
    databases.map((one: { name: string }) => [one.name, one]),
  );
  expect(byName).toMatchObject({
    vulnerable: {
      installed: '2.28.3',
      advisories: ['GHSA-hcfx-29v5-2rcw'],
      consent: { granted: true, rule: 'level-set', where: 'database' },
      jobs: { failing: 0 },
      nextDue: expect.stringMatching(/T.*Z$/),
      error: null,
    },
    embedded: { consent: { granted: true, rule: 'level-when-unset' } },
    refused: { error: { code: 'DATABASE_AUTHENTICATION' }, postgresql: null, lastSuccess: null },
    stopped: { error: { code: 'DATABASE_UNREACHABLE' } },
    'line 5': { error: { code: 'CONFIG_INVALID' } },
  });
  expect(byName['vulnerable']?.['sentence']).toMatch(
    /^TimescaleDB 2\.28\.3 has a published vulnerability/,
  );
});

test('prints CSV with --csv, and writes the file for Prometheus', async () => {
  const file = join(folder, 'fleet.prom');
  const { stdout, stderr, code } = await fleet('--csv', '--prometheus', file);
  expect([stderr, code]).toEqual(['', 1]);
  const records: readonly Record<string, string>[] = parse(stdout, { columns: true });
  expect(records.map(({ name, error_code }) => [name, error_code])).toEqual([
    ['embedded', ''],
    ['vulnerable', ''],
    ['line 5', 'CONFIG_INVALID'],
    ['refused', 'DATABASE_AUTHENTICATION'],
    ['stopped', 'DATABASE_UNREACHABLE'],
    ['newest', ''],
  ]);
  const metrics = await readFile(file, 'utf8');
  for (const line of [
    'timescaledb_telemetry_condition{database="vulnerable",condition="vulnerable"} 1',
    'timescaledb_telemetry_condition{database="newest",condition="vulnerable"} 0',
    'timescaledb_telemetry_condition{database="stopped",condition="failed"} 1',
    'timescaledb_telemetry_advisories{database="vulnerable"} 1',
  ]) {
    expect(metrics.split('\n')).toContain(line);
  }
});

test('shows the databases when the file for Prometheus cannot be written', async () => {
  const { stdout, stderr, code } = await fleet('--prometheus', join(folder, 'none', 'fleet.prom'));
  expect(code).toBe(1);
  expect(stdout).toContain('6 databases, as of');
  expect(stderr).toMatch(/^The file .*fleet\.prom cannot be written: ENOENT\.\n/);
});

/** Runs the command with a list on its standard input. */
async function fleetOf(databases: readonly TestDatabase[], ...args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, 'fleet', '--databases', '-', ...args], {
    env: { PATH: process.env['PATH'], HOME: folder, PGPASSFILE },
    stdio: 'pipe',
  });
  child.stdin.end(
    databases
      .map(({ role, port, name }) => `postgres://${role}@127.0.0.1:${port}/${name}\n`)
      .join(''),
  );
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { stdout, stderr, code };
}

describe('the exit status', () => {
  test('is 0 when every database was checked, whatever its version', async () => {
    const { stderr, code, stdout } = await fleetOf([vulnerable, newest]);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('1 of 2 vulnerable');
  });

  test.each([
    ['vulnerable', 4],
    ['broken, vulnerable', 4],
    ['behind', 4],
    ['broken,withheld,failed', 0],
  ])('with --fail-on %j is %i', async (conditions, status) => {
    const { code } = await fleetOf([vulnerable, newest], '--fail-on', conditions);
    expect(code).toBe(status);
  });

  test('is 4 for a condition of --fail-on, also if another database could not be checked', async () => {
    expect((await fleet('--fail-on', 'withheld', '--csv')).code).toBe(4);
  });
});

describe('the options', () => {
  test('have all their problems listed at once, and nothing is read', async () => {
    const { stdout, stderr, code } = await runCommand(
      'fleet',
      [
        '--fail-on',
        'silent,outdated',
        '--parallel',
        '0',
        '--level',
        'loud',
        '--latest-version',
        'x',
      ],
      { PGPORT: 'x', PGSERVICE: 'mine' },
    );
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr.split('\n')).toEqual([
      'the name of an environment, --databases <file> or --demo is missing',
      'PGSERVICE is set, but service files are not supported: unset it, and use --database-url or the other PG* variables',
      'PGPORT must be a whole number from 1 to 65535',
      '--level must be one of off, no_functions, basic',
      '--latest-version must be a version of TimescaleDB, such as 2.32.0',
      '--parallel must be a whole number from 1 to 64',
      '--fail-on must be a list of broken, vulnerable, silent, failed, jobs-failing, behind, withheld',
      '--fail-on silent needs the record of runs, which --databases and --live do not read',
      '(npm run fleet -- --help lists the options.)',
      '',
    ]);
  });

  test('name a list that cannot be read', async () => {
    const { stderr, code } = await runCommand('fleet', ['--databases', join(folder, 'none')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The list .*none cannot be read: ENOENT\.\nName a file with --databases/,
    );
  });

  test('are all in the help', async () => {
    const { stdout } = await runCommand('fleet', ['--help']);
    expect(optionsIn(stdout)).toEqual([
      ...[
        '--live',
        '--environments',
        '--databases',
        '--demo',
        '--parallel',
        '--level',
        '--latest-version',
        '--fail-on',
      ],
      ...['--help', '--json', '--csv', '--prometheus', '--html', '--open'],
    ]);
  });
});
