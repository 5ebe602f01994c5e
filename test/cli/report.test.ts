import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { BUILDS_FUNCTIONS, type Ended, runCommand, urlOf } from '../support/process/commands.ts';
import { recordedIn } from '../support/run/recorded.ts';

const LEVEL = 'timescaledb.telemetry_level';
const DENIED = `Telemetry is off: level off, set for this database.`;
const REMEDY = `Run ALTER DATABASE <this database> SET ${LEVEL} = 'basic' to turn telemetry on.`;

/** A database that consents, and one that does not. */
let granted: TestDatabase;
let denied: TestDatabase;
beforeAll(async () => {
  granted = await createDatabase({ release: '2.28.3', label: 'granted' });
  denied = await createDatabase({ release: '2.28.3', label: 'denied' });
  await granted.admin.query(`alter database ${granted.name} set ${LEVEL} = 'basic'`);
  await denied.admin.query(`alter database ${denied.name} set ${LEVEL} = 'off'`);
});
afterAll(async () => {
  await granted[Symbol.asyncDispose]();
  await denied[Symbol.asyncDispose]();
});

function report(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return runCommand('report', args, environment);
}

function reportOf(database: TestDatabase, ...args: readonly string[]): Promise<Ended> {
  return report(['--database-url', urlOf(database), ...args]);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function startEndpoint() {
  return startTelemetryEndpoint(answerWithVersion('2.30.1'));
}

describe.concurrent('without --send', () => {
  test('shows the decision, every level, the next due time and the report', async () => {
    const { stdout, stderr, code } = await reportOf(granted);
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      `– server        127.0.0.1, port ${granted.port}, database ${granted.name} as ${granted.role}, plain text\n`,
      /✔ database {6}TimescaleDB 2\.28\.3 on PostgreSQL 18\.\d+ · [\d.]+ m?s\n/,
      '✔ jobs          0 scheduled, none failing\n',
      '✔ consent       granted (rule level-set): Telemetry is on: level basic, set for this database.\n',
      /– levels seen {3}basic for this database/,
      /– next due {6}\d{4}-\d\d-\d\dT\d\d:\d\d:06\.789Z\n/,
      /✔ report {8}[\d ]+ bytes by plain SQL, sha256 [0-9a-f]{64}\n/,
      '    "timescaledb_version": "2.28.3",\n',
    ]) {
      expect(stdout).toMatch(part);
    }
    expect(stdout).not.toContain(granted.password);
  });

  test.each([[], ['--check']])(
    'lists the advisories and incompatibilities of the versions, without an endpoint (%j)',
    async (...args) => {
      const { stdout } = await reportOf(granted, ...args);
      for (const part of [
        /✖ version {7}the database runs TimescaleDB 2\.28\.3, with 1 published vulnerability; the newest is 2\.\d+\.\d+/,
        / {18}installed {23}2\.28\.3\n/,
        '✖ vulnerable    TimescaleDB 2.28.3 has a published vulnerability: GHSA-hcfx-29v5-2rcw is fixed in 2.29.1.\n',
        'PostgreSQL 18.7 breaks every scheduled job of TimescaleDB 2.28.3:',
        'Upgrade TimescaleDB before PostgreSQL.\n',
      ]) {
        expect(stdout).toMatch(part);
      }
    },
  );

  test('compares with the version that --latest-version names', async () => {
    const { stdout } = await reportOf(granted, '--latest-version', '2.40.1');
    expect(stdout).toContain('newest                          2.40.1\n');
    expect(stdout).toContain('TimescaleDB 2.40.1 is newer than the version data of this project');
  });

  test('without consent shows the rule and the remedy, and no report', async () => {
    const { stdout, stderr, code } = await reportOf(denied);
    expect([stderr, code]).toEqual(['', 3]);
    expect(stdout).toContain(`– consent       denied (rule level-off): ${DENIED}\n`);
    expect(stdout).toContain(`${REMEDY}\n`);
    expect(stdout).toContain('✖ rule          level-off denies: ');
    expect(stdout).toMatch(/– next due {6}\d{4}-\S+Z, if there is consent\n/);
    expect(stdout).toContain('– report        not shown without consent; --always shows it');
    expect(stdout).not.toContain('db_uuid');
  });

  test('shows a report without consent with --always, and that a run would not send it', async () => {
    const { stdout, code } = await reportOf(denied, '--always');
    expect(code).toBe(0);
    expect(stdout).toContain(`denied (rule level-off): ${DENIED}\n`);
    expect(stdout).toContain('Shown because of --always. A run would not send it.\n');
    expect(stdout).toContain('"db_uuid": ');
  });

  test('honours DO_NOT_TRACK of the caller', async () => {
    const { stdout, code } = await report(['--database-url', urlOf(granted)], {
      DO_NOT_TRACK: '1',
    });
    expect(code).toBe(3);
    expect(stdout).toContain('– consent       denied (rule do-not-track)');
    expect(stdout).not.toContain('db_uuid');
  });

  test('takes the level of a server built without telemetry from --level', async () => {
    await using unset = await createDatabase({ release: '2.28.3' });
    await unset.admin.query(
      'alter extension timescaledb drop function get_telemetry_report(); delete from _timescaledb_catalog.bgw_job',
    );
    const decisions: string[] = [];
    for (const args of [[], ['--level', 'no_functions']]) {
      const { stdout, code } = await reportOf(unset, ...args);
      decisions.push(`${code} ${/consent +(\w+ \([^)]+\))/.exec(stdout)?.[1]}`);
    }
    expect(decisions).toEqual([
      '3 denied (rule level-when-unset)',
      '0 granted (rule level-when-unset)',
    ]);
  });
});

describe.concurrent('--json', () => {
  test('prints the bare bytes, which a run of the unchanged database sends', async () => {
    await using endpoint = await startEndpoint();
    const shown = await reportOf(granted, '--json');
    const sent = await reportOf(
      granted,
      ...['--send', '--endpoint', endpoint.url + ENDPOINT_PATH, '--ignore-schedule', '--json'],
    );
    expect([shown.stderr, shown.code, sent.stderr, sent.code]).toEqual(['', 0, '', 0]);
    const { outcome, log } = JSON.parse(sent.stdout);
    expect(outcome).toMatchObject({ outcome: 'sent', database: 'own-server' });
    expect(log).toHaveLength(2);
    expect(outcome.report.sha256).toBe(sha256(shown.stdout));
    expect(endpoint.reports.map(({ body }) => body.toString('utf8'))).toEqual([shown.stdout]);
  });

  test('prints nothing to stdout without consent', async () => {
    const { stdout, stderr, code } = await reportOf(denied, '--json');
    expect([stdout, code]).toEqual(['', 3]);
    expect(stderr.split('\n').slice(0, 2)).toEqual([DENIED, REMEDY]);
    expect(stderr).toContain('--always');
  });

  test('prints the bytes without consent with --always', async () => {
    const { stdout, stderr, code } = await reportOf(denied, '--json', '--always');
    expect([stderr, code]).toEqual(['', 0]);
    expect(JSON.parse(stdout)).toMatchObject({ timescaledb_version: '2.28.3' });
  });
});

describe.concurrent('--send', () => {
  test('sends with consent, shows receipt and verdict, and exits with 0', async () => {
    await using endpoint = await startEndpoint();
    const args = ['--send', '--ignore-schedule', '--endpoint', endpoint.url + ENDPOINT_PATH];
    const url = ['--database-url', urlOf(granted)];
    const { stdout, stderr, code } = await report([...url, ...args, '--log'], BUILDS_FUNCTIONS);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/✔ sent {10}127\.0\.0\.1:\d+ answered 200/);
    expect(stdout).toContain(
      '✖ version       own-server: the "timescaledb" extension is not up-to',
    );
    expect(stdout).toContain('"outcome":"sent"');
    expect(stdout).not.toContain(granted.password);
    expect(endpoint.reports).toHaveLength(1);
  });

  test('records runs with and without a report in the folder of --record', async () => {
    await using endpoint = await startEndpoint();
    const folder = join(inject('folder'), 'record-of-report');
    const args = ['--send', '--endpoint', endpoint.url + ENDPOINT_PATH, '--record', folder];
    await reportOf(denied, ...args);
    await reportOf(granted, ...args, '--ignore-schedule');
    expect(await recordedIn(folder)).toMatchObject([
      { run: { line: { outcome: 'skipped', database: 'own-server' }, report: null } },
      { run: { line: { outcome: 'sent' }, report: endpoint.reports[0]?.body.toString('utf8') } },
    ]);
  });

  test('without consent does not connect to the endpoint, and exits with 3', async () => {
    await using endpoint = await startEndpoint();
    const args = ['--send', '--endpoint', endpoint.url + ENDPOINT_PATH];
    const { stdout, code } = await reportOf(denied, ...args);
    expect(code).toBe(3);
    expect(stdout).toContain(`– consent       denied (rule level-off): ${DENIED}\n`);
    expect(endpoint.connections()).toBe(0);
  });

  test('shows the error code when the endpoint rejects the report, and exits with 1', async () => {
    await using endpoint = await startTelemetryEndpoint((response) => {
      response.writeHead(403).end();
    });
    const args = ['--send', '--ignore-schedule', '--endpoint', endpoint.url + ENDPOINT_PATH];
    const { stdout, code } = await reportOf(granted, ...args);
    expect(code).toBe(1);
    expect(stdout).toContain('✖ failed        ENDPOINT_REJECTED');
    expect(endpoint.reports).toHaveLength(1);
  });

  test('shows the remedy for this machine when the login is rejected, and exits with 1', async () => {
    await using endpoint = await startEndpoint();
    const { stdout, stderr, code } = await report([
      ...['--database-url', urlOf({ ...granted, password: 'wrong-password' })],
      ...['--send', '--endpoint', endpoint.url + ENDPOINT_PATH],
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('✖ failed        DATABASE_AUTHENTICATION (28P01): ');
    expect(stdout).toContain('Compare user and password (URL, PGPASSWORD, PGPASSFILE');
    expect(stdout + stderr).not.toContain('wrong-password');
    expect(endpoint.connections()).toBe(0);
  });
});
