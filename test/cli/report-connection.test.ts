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
import { type Ended, runCommand, variablesOf } from '../support/process/commands.ts';

/** A database that consents. */
let granted: TestDatabase;
beforeAll(async () => {
  granted = await createDatabase({ release: '2.28.3', level: 'basic' });
});
afterAll(async () => {
  await granted[Symbol.asyncDispose]();
});

function report(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return runCommand('report', args, environment);
}

/** Writes a text into a new file that only its owner may read. */
async function createFile(text: string): Promise<string> {
  const file = join(await mkdtemp(join(inject('folder'), 'report-')), 'file');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

describe.concurrent('the connection of npm run report', () => {
  const asJson = (environment: Readonly<Record<string, string>>) => report(['--json'], environment);

  test('is found with the variables of psql', async () => {
    const { stdout, stderr, code } = await asJson(variablesOf(granted));
    expect([stderr, code]).toEqual(['', 0]);
    expect(JSON.parse(stdout)).toMatchObject({ timescaledb_version: '2.28.3' });
  });

  test('takes the password from PGPASSFILE', async () => {
    const { PGPASSWORD, ...environment } = variablesOf(granted);
    const PGPASSFILE = await createFile(
      `127.0.0.1:${granted.port}:another:${granted.role}:wrong\n127.0.0.1:${granted.port}:*:${granted.role}:${PGPASSWORD}\n`,
    );
    const { stderr, code } = await asJson({ ...environment, PGPASSFILE });
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('without a password is rejected with the places where one is searched', async () => {
    const { PGPASSWORD: _, ...environment } = variablesOf(granted);
    const { stdout, stderr, code } = await asJson(environment);
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(/^DATABASE_AUTHENTICATION: /);
    expect(stderr).toContain('No password was found');
  });

  test('with a wrong password is rejected with the text of the server, and without secrets', async () => {
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
      PGSSLROOTCERT: await createFile(inject('postgres').authority),
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
      const unrelated = await createFile(inject('postgres').strangerAuthority);
      const environment = { ...variablesOf(granted), PGHOST: 'localhost', PGSSLMODE };
      for (const more of [{}, { PGSSLROOTCERT: unrelated }]) {
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

  test('uses the same variables, TLS and authority with --send', async () => {
    await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'));
    const { stdout, stderr, code } = await report(
      ['--send', '--ignore-schedule', '--endpoint', endpoint.url + ENDPOINT_PATH],
      {
        ...variablesOf(granted),
        PGHOST: 'localhost',
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: await createFile(inject('postgres').authority),
      },
    );
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('TLS verify-full\n');
    expect(endpoint.reports).toHaveLength(1);
  });
});

describe.concurrent('npm run report -- --send', () => {
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
        NODE_EXTRA_CA_CERTS: await createFile(authority.cert),
        ...variables(proxy.url),
      },
    );
    expect([stderr, code]).toEqual(['', 0]);
    expect(endpoint.reports).toHaveLength(1);
    return proxy.requests.map((request) => request.replace(port, '<port>'));
  }

  test.each(['HTTPS_PROXY', 'https_proxy'])('sends through the proxy in %s', async (name) => {
    const requests = await sendThrough((proxy) => ({ [name]: proxy }));
    expect(requests).toEqual(['CONNECT localhost:<port>']);
  });

  test.each(['NO_PROXY', 'no_proxy'])('sends directly to a host in %s', async (name) => {
    const requests = await sendThrough((proxy) => ({ HTTPS_PROXY: proxy, [name]: 'localhost' }));
    expect(requests).toEqual([]);
  });
});
