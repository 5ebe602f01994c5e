import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import { answerWithVersion, startTelemetryEndpoint } from '../../local/telemetry-endpoint.ts';
import { createDatabase, type TestDatabase } from '../support/databases.ts';

const START = join(import.meta.dirname, '..', '..', 'local', 'start.ts');

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** `npm start -- <args>`, without npm, and with more in its environment. */
async function start(
  ...[first = '', ...others]: readonly (string | Record<string, string>)[]
): Promise<Ended> {
  const { DO_NOT_TRACK: _, ...inherited } = process.env;
  const env = { ...inherited, ...(typeof first === 'object' && first) };
  const args = [first, ...others].filter((arg) => typeof arg === 'string').filter(Boolean);
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [START, ...args], {
      env,
    });
    return { stdout, stderr, code: 0 };
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'stderr' in error && 'code' in error) {
      return {
        stdout: String(error.stdout),
        stderr: String(error.stderr),
        code: Number(error.code),
      };
    }
    throw error;
  }
}

describe('on the embedded TimescaleDB', () => {
  test('it ends with a sent report and a version warning', async () => {
    const { stdout, stderr, code } = await start('--latest', '2.31.4');
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      /✔ database +TimescaleDB 2\.23\.0-dev on PostgreSQL 17\.5: 6 hypertables, 31 chunks/,
      /✔ consent +granted \(rule level-when-unset\)/,
      /✔ report +[\d ]+ bytes by plain SQL, sha256 [0-9a-f]{64}/,
      /✔ sent +127\.0\.0\.1:\d+ answered 200/,
      /▲ version +metrics: the "timescaledb" extension is not up-to-date/,
      /The most up-to-date version is 2\.31\.4, the installed version is 2\.23\.0-dev\./,
      /✔ endpoint +got [\d ]+ bytes with the same sha256/,
      /"db_uuid": "[0-9a-f-]{36}"/,
      /"outcome":"sent"/,
    ]) {
      expect(stdout).toMatch(part);
    }
  });

  test('--level off ends skipped, with the rule, and the endpoint saw no connection', async () => {
    const { stdout, code } = await start('--level', 'off');
    expect(code).toBe(0);
    expect(stdout).toMatch(/– consent +denied \(rule level-when-unset\)/);
    expect(stdout).toMatch(/– endpoint +saw 0 connections/);
    expect(stdout).toContain('"outcome":"skipped"');
  });

  test('--json prints one JSON object and nothing else', async () => {
    const { stdout } = await start('--json');
    const result = JSON.parse(stdout);
    expect(result.outcome).toMatchObject({ outcome: 'sent', severity: 'WARN' });
    expect(Buffer.byteLength(result.report)).toBe(result.outcome.report.bytes);
    expect(result.log).toHaveLength(2);
  });
});

describe('on a server of your own', () => {
  async function own(level: string): Promise<{ database: TestDatabase; url: string }> {
    const database = await createDatabase({ release: '2.28.3' });
    await database.admin.query(
      `alter database ${database.name} set timescaledb.telemetry_level = '${level}'`,
    );
    const { role, password, name } = database;
    const url = `postgres://${role}:${password}@127.0.0.1:${inject('postgres').port}/${name}`;
    return { database, url };
  }

  test('it shows the consent and the report, and sends nothing', async () => {
    const { database, url } = await own('basic');
    await using _ = database;
    const { stdout, code } = await start('--database-url', url);
    expect(code).toBe(0);
    expect(stdout).toContain('what your server would report; nothing is sent');
    expect(stdout).toMatch(/✔ consent +granted \(rule level-set\)/);
    expect(stdout).toContain('"timescaledb_version": "2.28.3"');
  });

  test('without consent it shows no report', async () => {
    const { database, url } = await own('off');
    await using _ = database;
    const { stdout } = await start('--database-url', url, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      consent: { granted: false, rule: 'level-off' },
      report: null,
    });
  });

  test('--always shows what it would be without consent, and says that it would not be sent', async () => {
    const { database, url } = await own('everything');
    await using _ = database;
    const { stdout } = await start('--database-url', url, '--always');
    expect(stdout).toMatch(
      /– consent +denied \(rule level-off\): .* is no level, and counts as off/,
    );
    expect(stdout).toContain(
      "ALTER DATABASE <this database> SET timescaledb.telemetry_level = 'basic'",
    );
    expect(stdout).toContain('it would not be sent');
    expect(stdout).toContain('"timescaledb_version": "2.28.3"');
  });

  test('--report-source function shows what the server itself says, or why not', async () => {
    const { database, url } = await own('basic');
    await using _ = database;
    const asked = ['--database-url', url, '--report-source', 'function'] as const;
    const failing = await start(...asked);
    const tracked = await start({ DO_NOT_TRACK: '1' }, ...asked, '--always');
    expect(failing.stdout).toContain(
      "Not by the server's own function: get_telemetry_report() did not give one",
    );
    expect(failing.stdout).toContain('bytes by plain SQL');
    // It would write, so it is not even asked.
    expect(tracked.stdout).not.toContain('did not give one');
  });

  test('DO_NOT_TRACK in the environment of the caller counts', async () => {
    const { database, url } = await own('basic');
    await using _ = database;
    const { stdout } = await start({ DO_NOT_TRACK: '1' }, '--database-url', url, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ consent: { rule: 'do-not-track' }, report: null });
  });

  test("TLS is used where the URL's sslmode asks for it, also on loopback, and verified", async () => {
    const { database, url } = await own('basic');
    await using _ = database;
    const refused = await start('--database-url', `${url}?sslmode=require`);
    expect(refused.stderr).toMatch(/^DATABASE_TLS_UNVERIFIED: /);
    const caFile = join(inject('folder'), 'start-authority.pem');
    await writeFile(caFile, inject('postgres').authority);
    const verified = await start(
      { NODE_EXTRA_CA_CERTS: caFile },
      ...['--database-url', `${url}?sslmode=require`, '--tls-server-name', 'localhost'],
    );
    expect(verified.stdout).toMatch(/– server +127\.0\.0\.1, port \d+, tls verify-full/);
    expect(verified.code).toBe(0);
  });

  test('--send sends it to the endpoint that is named', async () => {
    const { database, url } = await own('basic');
    await using _ = database;
    await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.28.3', true));
    const { stdout, code } = await start(
      '--database-url',
      url,
      '--send',
      '--endpoint',
      endpoint.url,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/✔ version +own-server: the "timescaledb" extension is up-to-date/);
    expect(endpoint.reports).toHaveLength(1);
  });

  test('what goes wrong is said with its code and its remedy, without the password', async () => {
    const { database, url } = await own('basic');
    await using _ = database;
    const { stderr, code } = await start(
      '--database-url',
      url.replace(`/${database.name}`, '/missing'),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^DATABASE_MISSING: /);
    expect(stderr).not.toContain(database.password);
  });
});

test('options that cannot be understood are listed, all at once, with the help', async () => {
  const { stderr, code } = await start(
    ...['--level', 'loud', '--send', '--report-source', 'function', '--sizes', 'estimated'],
  );
  expect(code).toBe(2);
  expect(stderr).toContain('--level must be one of off, no_functions, basic');
  expect(stderr).toContain('--send, --report-source, --sizes: only with --database-url');
  expect(stderr).toContain(
    '--sizes estimated opens no user relation, and --report-source function',
  );
  expect(stderr).toContain('--send needs --endpoint');
  expect(stderr).toContain('npm start -- --help');
});

test('--help says what there is', async () => {
  const { stdout, code } = await start('--help');
  expect(code).toBe(0);
  for (const option of [
    '--level',
    '--latest',
    '--keep',
    '--database-url',
    '--tls-server-name',
    '--report-source',
    '--sizes',
    '--always',
    '--send',
    '--endpoint',
    '--json',
  ]) {
    expect(stdout).toContain(option);
  }
});
