import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { createAuthority, createCertificate } from '../support/network/certificates.ts';
import { startConnectProxy, tunnel } from '../support/network/connect-proxy.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import {
  type Ended,
  optionsIn,
  runCommand,
  urlOf,
  variablesOf,
} from '../support/process/commands.ts';

const LEVEL = 'timescaledb.telemetry_level';
const DENIED = `Telemetry is off: level off, set for this database.`;
const REMEDY = `Run ALTER DATABASE <this database> SET ${LEVEL} = 'basic' to turn telemetry on.`;

/** One that consents, and one that does not. */
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

/** A file of the test's own. */
async function fileWith(text: string): Promise<string> {
  const file = join(await mkdtemp(join(inject('folder'), 'report-')), 'file');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

describe.concurrent('without --send', () => {
  test('shows the decision, every level, the next due time and the report', async () => {
    const { stdout, stderr, code } = await reportOf(granted);
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      `– server        127.0.0.1, port ${granted.port}, database ${granted.name} as ${granted.role}, plain text\n`,
      /✔ database {6}TimescaleDB 2\.28\.3 on PostgreSQL 18\.\d+ · [\d.]+ m?s\n/,
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
    const { stdout, stderr, code } = await reportOf(granted, ...args, '--log');
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/✔ sent {10}127\.0\.0\.1:\d+ answered 200/);
    expect(stdout).toContain(
      '✖ version       own-server: the "timescaledb" extension is not up-to',
    );
    expect(stdout).toContain('"outcome":"sent"');
    expect(stdout).not.toContain(granted.password);
    expect(endpoint.reports).toHaveLength(1);
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

describe.concurrent('--send through a proxy', () => {
  async function sendThrough(variables: (proxy: string) => Readonly<Record<string, string>>) {
    const authority = await createAuthority('Authority of the endpoint');
    const { key, cert } = await createCertificate('localhost', authority);
    await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'), {
      tls: { key, cert },
    });
    await using proxy = await startConnectProxy(tunnel());
    const { port } = new URL(endpoint.url);
    const { stderr, code } = await report(
      ['--send', '--ignore-schedule', '--endpoint', `https://localhost:${port}${ENDPOINT_PATH}`],
      {
        ...variablesOf(granted),
        NODE_USE_ENV_PROXY: '1',
        NODE_EXTRA_CA_CERTS: await fileWith(authority.cert),
        ...variables(proxy.url),
      },
    );
    expect([stderr, code]).toEqual(['', 0]);
    expect(endpoint.reports).toHaveLength(1);
    return proxy.requests.map((request) => request.replace(port, '<port>'));
  }

  test.each(['HTTPS_PROXY', 'https_proxy'])('uses the proxy of %s', async (name) => {
    const requests = await sendThrough((proxy) => ({ [name]: proxy }));
    expect(requests).toEqual(['CONNECT localhost:<port>']);
  });

  test.each(['NO_PROXY', 'no_proxy'])('uses no proxy for a host in %s', async (name) => {
    const requests = await sendThrough((proxy) => ({ HTTPS_PROXY: proxy, [name]: 'localhost' }));
    expect(requests).toEqual([]);
  });
});

describe.concurrent('the connection', () => {
  const asJson = (environment: Readonly<Record<string, string>>) => report(['--json'], environment);

  test('is found with the variables of psql', async () => {
    const { stdout, stderr, code } = await asJson(variablesOf(granted));
    expect([stderr, code]).toEqual(['', 0]);
    expect(JSON.parse(stdout)).toMatchObject({ timescaledb_version: '2.28.3' });
  });

  test('takes the password from PGPASSFILE', async () => {
    const { PGPASSWORD, ...environment } = variablesOf(granted);
    const PGPASSFILE = await fileWith(
      `127.0.0.1:${granted.port}:another:${granted.role}:wrong\n127.0.0.1:${granted.port}:*:${granted.role}:${PGPASSWORD}\n`,
    );
    const { stderr, code } = await asJson({ ...environment, PGPASSFILE });
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('without a password lists the places where it is searched', async () => {
    const { PGPASSWORD: _, ...environment } = variablesOf(granted);
    const { stdout, stderr, code } = await asJson(environment);
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(/^DATABASE_AUTHENTICATION: /);
    expect(stderr).toContain('No password was found');
  });

  test("shows the server's text for a wrong password, and no secret", async () => {
    const { stdout, stderr, code } = await report([], {
      ...variablesOf(granted),
      PGPASSWORD: 'wrong-password',
    });
    expect(code).toBe(1);
    expect(stderr.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^DATABASE_AUTHENTICATION: /),
      `error: password authentication failed for user "${granted.role}"`,
    ]);
    expect(stdout + stderr).not.toContain('wrong-password');
    expect(stdout + stderr).not.toContain(granted.password);
  });

  test('is verified with PGSSLMODE and PGSSLROOTCERT, by the name in the certificate', async () => {
    const tls = {
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: await fileWith(inject('postgres').authority),
    };
    const byName = await report([], { ...variablesOf(granted), ...tls, PGHOST: 'localhost' });
    expect([byName.stderr, byName.code]).toEqual(['', 0]);
    expect(byName.stdout).toContain(`as ${granted.role}, TLS verify-full\n`);

    const byAddress = await report([], { ...variablesOf(granted), ...tls });
    expect(byAddress.code).toBe(1);
    expect(byAddress.stderr).toMatch(/^DATABASE_TLS_UNVERIFIED: /);
    expect(byAddress.stderr).toContain('--tls-server-name');

    const named = await report(['--tls-server-name', 'localhost'], {
      ...variablesOf(granted),
      ...tls,
    });
    expect([named.stderr, named.code]).toEqual(['', 0]);
  });

  test.each(['require', 'verify-full'])(
    'with PGSSLMODE=%s requires a known authority',
    async (PGSSLMODE) => {
      const stranger = await fileWith(inject('postgres').strangerAuthority);
      const environment = { ...variablesOf(granted), PGHOST: 'localhost', PGSSLMODE };
      for (const more of [{}, { PGSSLROOTCERT: stranger }]) {
        const { stdout, stderr, code } = await asJson({ ...environment, ...more });
        expect([stdout, code]).toEqual(['', 1]);
        expect(stderr).toMatch(/^DATABASE_TLS_UNVERIFIED: /);
      }
    },
  );

  test('can be a Unix socket', async () => {
    const { rows } = await granted.admin.query<{ folder: string }>(
      `select current_setting('unix_socket_directories') as folder`,
    );
    const PGHOST = rows[0]?.folder ?? '';
    expect(PGHOST).toMatch(/^\//);
    const { stdout, stderr, code } = await report([], { ...variablesOf(granted), PGHOST });
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain(`as ${granted.role}, Unix socket\n`);
  });

  test('is the same with --send: variables, TLS and authority', async () => {
    await using endpoint = await startEndpoint();
    const { stdout, stderr, code } = await report(
      ['--send', '--ignore-schedule', '--endpoint', endpoint.url + ENDPOINT_PATH],
      {
        ...variablesOf(granted),
        PGHOST: 'localhost',
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: await fileWith(inject('postgres').authority),
      },
    );
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('TLS verify-full\n');
    expect(endpoint.reports).toHaveLength(1);
  });
});

describe.concurrent('the options', () => {
  test('lists all problems at once, without any secret', async () => {
    const { stdout, stderr, code } = await report(
      [
        ...['--database-url', 'postgres://a:very-secret@127.0.0.1/d?options=x'],
        ...['--level', 'loud', '--report-source', 'function', '--sizes', 'estimated'],
        ...['--endpoint', 'http://example.com/', '--ignore-schedule', '--loud'],
      ],
      { PGSSLMODE: 'perhaps', PGSERVICE: 'mine' },
    );
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr.split('\n')).toEqual([
      "unknown option '--loud' (Did you mean --log?)",
      '--database-url: the parameter options is not supported; set PGOPTIONS instead',
      'PGSERVICE is set, but service files are not supported: unset it, and use --database-url or the other PG* variables',
      'PGSSLMODE must be one of disable, allow, prefer, require, verify-ca, verify-full',
      '--sizes estimated opens no user relation, but --report-source function opens all of them',
      '--endpoint needs --send',
      '--ignore-schedule needs --send',
      '--endpoint must be an https:// URL without credentials or fragment (http:// on loopback only)',
      '--level must be one of off, no_functions, basic',
      '(npm run report -- --help lists the options.)',
      '',
    ]);
    expect(stderr).not.toContain('very-secret');
  });

  test('rejects --send without an endpoint, and with --always', async () => {
    const { stderr, code } = await report(['--send', '--always']);
    expect(code).toBe(2);
    expect(stderr).toContain('--send needs --endpoint <url>\n');
    expect(stderr).toContain("option '--always' cannot be used with option '--send'");
  });

  test('lists all options with --help', async () => {
    const { stdout, stderr, code } = await report(['--help']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('Usage: npm run report -- [options]');
    expect(optionsIn(stdout)).toEqual([
      ...['--database-url', '--tls-server-name', '--tls-ca-file'],
      ...['--json', '--check', '--always', '--level', '--report-source', '--sizes'],
      ...['--show-sql', '--latest-version', '--help'],
      ...['--send', '--endpoint', '--ignore-schedule', '--log'],
    ]);
  });
});
