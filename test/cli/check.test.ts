import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { functionName } from '../../lib/naming.ts';
import { deploy, ENVIRONMENT, TARGET_NAME } from '../support/aws/deployment.ts';
import { NO_ENVIRONMENTS } from '../support/aws/fixtures.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type Ended, runCommand, urlOf } from '../support/process/commands.ts';
import { secretFor } from '../support/run/world.ts';

const LEVEL = 'timescaledb.telemetry_level';
const REMEDY = `Run ALTER DATABASE <this database> SET ${LEVEL} = 'basic' to turn telemetry on.`;

/** A database that consents, and one that does not. */
let granted: TestDatabase;
let denied: TestDatabase;
beforeAll(async () => {
  granted = await createDatabase({ release: '2.28.3', level: 'basic' });
  denied = await createDatabase({ release: '2.28.3', level: 'off' });
});
afterAll(async () => {
  await granted[Symbol.asyncDispose]();
  await denied[Symbol.asyncDispose]();
});

describe.concurrent('npm run check', () => {
  const check = (url: string, ...args: readonly string[]) =>
    runCommand('check', ['--database-url', url, ...args]);

  test('shows every stage with its duration, and no report', async () => {
    const { stdout, stderr, code } = await check(urlOf(granted));
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      'check of your server; nothing is sent\n',
      '– dns           skipped: the host is an address\n',
      /✔ tcp {11}connected · [\d.]+ m?s\n/,
      '– tls           skipped: plain text (Unix socket, loopback or sslmode=disable)\n',
      /✔ login {9}accepted · [\d.]+ m?s\n/,
      /✔ privileges {4}CONNECT, and TimescaleDB's catalogs · [\d.]+ m?s\n/,
      /✔ extension {5}TimescaleDB 2\.28\.3 on PostgreSQL 18\.\d+ · [\d.]+ m?s\n/,
      /✔ level {9}Telemetry is on: level basic, set for this database\. · [\d.]+ m?s\n/,
      /✔ job {11}The telemetry job is scheduled\. It runs every 24 hours, next at \S+ · [\d.]+ m?s\n/,
      /✔ report {8}\d+ bytes by plain SQL, every field published · [\d.]+ m?s\n/,
      '✔ result        Every stage up to the report works. This command does not check the endpoint.\n',
    ]) {
      expect(stdout).toMatch(part);
    }
    expect(stdout).not.toMatch(/db_uuid|secret/);
    expect(stdout).not.toContain(granted.password);
  });

  test('without consent shows the rule that denies it, and exits with 3', async () => {
    const { stdout, stderr, code } = await check(urlOf(denied));
    expect([stderr, code]).toEqual(['', 3]);
    expect(stdout).toMatch(
      /▲ level {9}Telemetry is off: level off, set for this database\. A run would be skipped\./,
    );
    expect(stdout).toContain(`${REMEDY}\n`);
    expect(stdout).toContain('– report        skipped: there is no consent\n');
    expect(stdout).toContain('– result        No problem found. Telemetry is off');
  });

  test('shows the text of the server and the remedy for a failed stage, and exits with 1', async () => {
    const { stdout, stderr, code } = await check(urlOf({ ...granted, password: 'wrong-password' }));
    expect([stderr, code]).toEqual(['', 1]);
    expect(stdout).toContain(
      '✖ login         DATABASE_AUTHENTICATION: The server rejected the login',
    );
    expect(stdout).toContain(`password authentication failed for user "${granted.role}"\n`);
    expect(stdout).toContain('Compare user and password (URL, PGPASSWORD, PGPASSFILE');
    expect(stdout).toContain('– privileges    not reached\n');
    expect(stdout).not.toMatch(/wrong-password|result/);
  });

  test('prints one JSON object with --json', async () => {
    const { stdout, stderr, code } = await check(
      urlOf({ ...granted, port: await freePort() }),
      '--json',
    );
    expect([stderr, code]).toEqual(['', 1]);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      stages: [
        { stage: 'dns', status: 'skipped' },
        { stage: 'tcp', status: 'failed', code: 'DATABASE_UNREACHABLE' },
        ...Array.from({ length: 7 }, () => ({ status: 'not-reached' })),
      ],
    });
  });

  test('does the same as report --check', async () => {
    const [one, other] = await Promise.all([
      check(urlOf(denied)),
      runCommand('report', ['--check', '--database-url', urlOf(denied)]),
    ]);
    const withoutTimes = ({ stdout }: Ended) => stdout.replaceAll(/[\d.]+ m?s$/gm, '');
    expect(withoutTimes(other)).toBe(withoutTimes(one));
    expect(other.code).toBe(3);
  });

  test('cannot be combined with options that send or show a report', async () => {
    const sending = ['--send', '--endpoint', 'http://127.0.0.1/'];
    const { stderr, code } = await runCommand('report', ['--check', ...sending]);
    expect(code).toBe(2);
    expect(stderr).toContain("option '--check' cannot be used with option '--send'\n");
    const always = await check(urlOf(granted), '--always');
    expect([always.stderr.split('\n')[0], always.code]).toEqual(["unknown option '--always'", 2]);
  });
});

describe.concurrent('npm run invoke -- <environment> <database> check', () => {
  const check = (shell: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    runCommand(
      'invoke',
      [ENVIRONMENT, TARGET_NAME, 'check', ...args, '--environments', NO_ENVIRONMENTS],
      shell,
    );

  test('invokes send-report, which checks the endpoint and sends nothing', async () => {
    await using deployment = await deploy(granted);
    const { stdout, stderr, code } = await check(deployment.shell);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain(`check of ${TARGET_NAME} in ${ENVIRONMENT}\n`);
    expect(stdout).toMatch(/✔ secret {8}test\/metrics, version v1 · [\d.]+ m?s\n/);
    expect(stdout).toMatch(/✔ endpoint-tcp {2}connected to the endpoint · [\d.]+ m?s\n/);
    expect(stdout).toContain('✔ result        No problem found. A run would send its report');
    expect(deployment.invoked).toEqual([
      { name: functionName(ENVIRONMENT, TARGET_NAME, 'send-report'), event: { check: true } },
    ]);
    expect(deployment.world.endpoint.reports).toEqual([]);
  });

  test('without consent exits with 3, and does not connect to the endpoint', async () => {
    await using deployment = await deploy(denied);
    const { stdout, stderr, code } = await check(deployment.shell, '--json');
    expect([stderr, code]).toEqual(['', 3]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, consent: { granted: false } });
    expect(deployment.world.endpoint.connections()).toBe(0);
  });

  test('exits with 1 after a failed stage', async () => {
    await using deployment = await deploy(granted, {
      secret: secretFor(granted, { dbname: 'nowhere' }),
    });
    const { stdout, stderr, code } = await check(deployment.shell);
    expect([stderr, code]).toEqual(['', 1]);
    expect(stdout).toContain('✖ login         DATABASE_MISSING: ');
    expect(stdout).toContain('Correct dbname in the secret');
    expect(stdout).toContain('– endpoint-tls  not reached\n');
  });
});
