import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { freePort, listenOnFreePort } from '../../emulator/http-server.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../emulator/telemetry-endpoint.ts';
import type { CheckResult } from '../../lib/diagnostics/check-result.ts';
import type { Stage } from '../../lib/diagnostics/checklist.ts';
import {
  invokeRecorded,
  linesOf,
  metricsOf,
  portOf,
  type Recorded,
  summariesOf,
} from '../support/lambda/invocations.ts';
import { startConnectProxy, tunnel } from '../support/network/connect-proxy.ts';
import {
  createServerCertificate,
  type ServerCertificate,
  startTlsEndpoint,
} from '../support/network/tls-endpoint.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type Settings, secretFor, startWorld, type World } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

const LEVEL = 'timescaledb.telemetry_level';
/** A label of more than 63 letters: no resolver has to be asked to know that there is no such host. */
const UNRESOLVABLE = 'canary'.repeat(11);
const CHECK = { check: true };

const OF_READING = ['secret', 'dns', 'tcp', 'tls', 'login', 'privileges', 'extension'];
const OF_REPORT = ['level', 'job', 'report'];
const OF_ENDPOINT = ['endpoint-dns', 'endpoint-tcp', 'proxy', 'endpoint-tls'];

function consenting(): Promise<TestDatabase> {
  return createDatabase({ release: '2.28.3', level: 'basic', label: 'canary' });
}

/** A database that no test changes. */
let healthy: TestDatabase;
let identity: ServerCertificate;
let trust: Readonly<Record<string, string>>;
beforeAll(async () => {
  healthy = await consenting();
  identity = await createServerCertificate();
  const file = join(await mkdtemp(join(inject('folder'), 'check-')), 'authority.pem');
  await writeFile(file, identity.authority);
  trust = { NODE_EXTRA_CA_CERTS: file };
});
afterAll(async () => {
  await healthy[Symbol.asyncDispose]();
});

interface Checked extends Pick<Recorded, 'log' | 'connections' | 'lookups'> {
  readonly value: CheckResult;
}

/** Invokes the bundle. Every check has a result, one line, no metrics, and contains no secret. */
async function check(
  world: World,
  settings: Settings = {},
  name: 'send-report' | 'get-report' = 'send-report',
): Promise<Checked> {
  const invocation = await invokeRecorded(world, name, CHECK, settings);
  expect(invocation).toMatchObject({ value: { database: 'metrics', environment: 'test' } });
  expect(linesOf(invocation)).toMatchObject([{ outcome: 'checked-only', database: 'metrics' }]);
  expect(metricsOf(invocation)).toEqual([]);
  const { log, connections, lookups } = invocation;
  const value: CheckResult = Reflect.get(invocation, 'value');
  expect(JSON.stringify({ value, log })).not.toContain('canary');
  return { value, log, connections, lookups };
}

function named(stages: readonly Stage[], ...statuses: readonly Stage['status'][]): string[] {
  return stages.filter(({ status }) => statuses.includes(status)).map(({ stage }) => stage);
}

/** Returns the failed stage. There is at most one, later stages are not reached, and the line describes it. */
function brokenOf({ value, log }: Checked): Stage | undefined {
  const { stages, ok, sentence } = value;
  const at = stages.findIndex(({ status }) => status === 'failed');
  const broken = stages[at];
  expect(ok).toBe(broken === undefined);
  if (broken === undefined) return undefined;
  const states = stages.map(({ status }) => status);
  expect(states.slice(at + 1).every((state) => state === 'not-reached')).toBe(true);
  expect(broken).toMatchObject({ remedy: expect.stringMatching(/\S/), ms: expect.any(Number) });
  expect(sentence).toBe(`The stage "${broken.stage}" failed: ${broken.detail}`);
  expect(log.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 'WARN',
      message: sentence,
      stage: broken.stage,
      remedy: broken.remedy,
      error: { code: broken.code },
    },
  ]);
  return broken;
}

/** As `<stage> <code>`. */
function whereOf(checked: Checked): string {
  const broken = brokenOf(checked);
  return broken === undefined ? 'nowhere' : `${broken.stage} ${broken.code}`;
}

describe('a check without a problem', () => {
  test('measures every stage in send-report, and sends nothing to the endpoint', async () => {
    await using world = await startWorld({
      secret: secretFor(healthy, { host: 'localhost', ca: inject('postgres').authority }),
    });
    await using endpoint = await startTlsEndpoint(identity);
    const checked = await check(world, {
      target: { tls: { mode: 'verify-full' } },
      environment: {
        ...trust,
        DELIVERY: JSON.stringify({ endpoint: `https://localhost:${endpoint.port}/v1/metrics` }),
      },
    });
    const { stages, ...rest } = checked.value;
    expect(rest).toMatchObject({
      ok: true,
      sentence: 'No problem found. A run would send its report when it is due.',
      consent: { granted: true, rule: 'level-set' },
    });
    expect(stages.map(({ stage }) => stage)).toEqual([...OF_READING, ...OF_REPORT, ...OF_ENDPOINT]);
    expect(named(stages, 'skipped')).toEqual(['proxy']);
    for (const { status, ms } of stages) {
      expect(ms).toEqual(status === 'ok' ? expect.any(Number) : undefined);
    }
    const details = Object.fromEntries(stages.map(({ stage, detail }) => [stage, detail]));
    expect(details).toMatchObject({
      secret: 'test/metrics, version v1',
      tls: expect.stringMatching(
        /^verify-full, TLSv1\.3, certificate valid until \d{4}-\d\d-\d\d$/,
      ),
      privileges: "CONNECT, and TimescaleDB's catalogs",
      extension: expect.stringMatching(/^TimescaleDB 2\.28\.3 on PostgreSQL 18\.\d+$/),
      level: 'Telemetry is on: level basic, set for this database.',
      job: expect.stringMatching(
        /^The telemetry job is scheduled\. It runs every 24 hours, next at /,
      ),
      report: expect.stringMatching(/^\d+ bytes by plain SQL, every field published$/),
      proxy: 'no proxy: the connection is direct',
      'endpoint-tls': expect.stringMatching(/^TLSv1\.3, certificate valid until /),
    });
    expect([endpoint.connections(), endpoint.handshakes(), endpoint.bytes()]).toEqual([1, 1, 0]);
    expect(world.endpoint.connections()).toBe(0);
    expect(brokenOf(checked)).toBeUndefined();
    expect(checked.lookups).toEqual(['localhost']);
  });

  test('ends with the report in get-report, which has no endpoint', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const { value, connections } = await check(world, {}, 'get-report');
    expect(value.stages.map(({ stage }) => stage)).toEqual([...OF_READING, ...OF_REPORT]);
    expect(named(value.stages, 'skipped')).toEqual(['dns', 'tls']);
    expect(value.ok).toBe(true);
    expect(connections).toEqual([portOf(world.secrets), `127.0.0.1:${healthy.port}`].toSorted());
  });

  test('connects to a plain-text endpoint on loopback and sends nothing', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const { value } = await check(world);
    expect(named(value.stages, 'skipped')).toEqual([
      ...['dns', 'tls'],
      ...['endpoint-dns', 'proxy', 'endpoint-tls'],
    ]);
    expect(value.ok).toBe(true);
    expect([world.endpoint.connections(), world.endpoint.reports.length]).toEqual([1, 0]);
  });

  test('passes the login with a secret that was just rotated', async () => {
    const versions = ['a-wrong-canary', healthy.password].map((password, index) => ({
      VersionId: `v${index + 1}`,
      SecretString: secretFor({ ...healthy, password }),
    }));
    await using world = await startWorld({
      secrets: (_id, stage) =>
        versions[stage === 'AWSCURRENT' ? 0 : 1] ?? { status: 500, type: 'Missing' },
    });
    const { value } = await check(world);
    expect(value.ok).toBe(true);
    expect(value.stages).toContainEqual(
      expect.objectContaining({ stage: 'login', detail: expect.stringMatching(/another version/) }),
    );
  });
});

describe('a check with one failed stage', () => {
  const refusing = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write('N'));
  });
  let withoutTls: number;
  beforeAll(async () => {
    withoutTls = await listenOnFreePort(refusing);
  });
  afterAll(() => refusing.close());

  const verified = { target: { tls: { mode: 'verify-full' } } };

  test.each<[string, string, () => Promise<[string | undefined, Settings]>]>([
    ['a secret that is no secret', 'secret SECRET_INVALID', async () => ['canary', {}]],
    [
      'no region to ask for the secret in',
      'secret CONFIG_INVALID',
      async () => [secretFor(healthy), { environment: { AWS_REGION: '' } }],
    ],
    [
      'a host whose name does not resolve',
      'dns DATABASE_UNREACHABLE',
      async () => [secretFor(healthy, { host: UNRESOLVABLE }), {}],
    ],
    [
      'a port at which nothing listens',
      'tcp DATABASE_UNREACHABLE',
      async () => [secretFor(healthy, { port: await freePort() }), {}],
    ],
    [
      'a server without TLS',
      'tls DATABASE_TLS_UNSUPPORTED',
      async () => [secretFor(healthy, { port: withoutTls }), verified],
    ],
    [
      'another authority',
      'tls DATABASE_TLS_UNVERIFIED',
      async () => [
        secretFor(healthy, { host: 'localhost', ca: inject('postgres').strangerAuthority }),
        verified,
      ],
    ],
    [
      'a file of an authority that is not there',
      'tls CONFIG_INVALID',
      async () => [
        secretFor(healthy),
        { target: { tls: { mode: 'verify-full', caFile: 'missing.pem' } } },
      ],
    ],
    [
      'a wrong password',
      'login DATABASE_AUTHENTICATION',
      async () => [secretFor({ ...healthy, password: 'a-wrong-canary' }), {}],
    ],
    [
      'no database of that name',
      'login DATABASE_MISSING',
      async () => [secretFor(healthy, { dbname: 'canary_missing' }), {}],
    ],
  ])('%s: %s', async (_what, expected, prepare) => {
    const [secret, settings] = await prepare();
    await using world = await startWorld({ ...(secret !== undefined && { secret }) });
    const checked = await check(world, settings);
    expect(whereOf(checked)).toBe(expected);
    expect(world.endpoint.connections()).toBe(0);
  });

  test('no such secret: secret SECRET_NOT_FOUND', async () => {
    await using world = await startWorld({
      secrets: () => ({ status: 400, type: 'ResourceNotFoundException' }),
    });
    const checked = await check(world);
    expect(whereOf(checked)).toBe('secret SECRET_NOT_FOUND');
    expect(named(checked.value.stages, 'ok', 'skipped')).toEqual([]);
    expect(checked.value.consent).toBeNull();
  });

  test.each<[string, string, (database: TestDatabase) => string]>([
    [
      'CONNECT is revoked',
      'privileges DATABASE_PERMISSION',
      ({ name, role }) => `revoke connect on database ${name} from ${role}`,
    ],
    [
      'the catalogs are revoked',
      'privileges DATABASE_PERMISSION',
      () => 'revoke usage on schema _timescaledb_catalog from public',
    ],
    [
      'TimescaleDB is not installed',
      'extension EXTENSION_MISSING',
      () => 'drop extension timescaledb cascade',
    ],
    [
      'TimescaleDB is too old',
      'extension VERSION_UNSUPPORTED',
      () => `update pg_extension set extversion = '0.11.0' where extname = 'timescaledb'`,
    ],
    [
      'a catalog is not where this version has it',
      'extension CATALOG_UNEXPECTED',
      () => 'alter table _timescaledb_catalog.metadata rename to elsewhere',
    ],
    [
      'what the report is made of is that of another version',
      'report CATALOG_UNEXPECTED',
      () => `update pg_extension set extversion = '2.29.2' where extname = 'timescaledb'`,
    ],
    [
      'the report is not as it is published',
      'report REPORT_UNPUBLISHED',
      () =>
        `alter table _timescaledb_catalog.metadata alter value drop not null;
         insert into _timescaledb_catalog.metadata values ('without a value', null, true)`,
    ],
  ])('%s: %s', async (_what, expected, sql) => {
    await using database = await consenting();
    await database.admin.query(sql(database));
    await using world = await startWorld({ secret: secretFor(database) });
    const checked = await check(world);
    expect(whereOf(checked)).toBe(expected);
    const [stage] = expected.split(' ');
    const before = [...OF_READING, ...OF_REPORT];
    expect(named(checked.value.stages, 'ok', 'skipped')).toEqual(
      before.slice(0, before.indexOf(stage ?? '')),
    );
    expect(world.endpoint.connections()).toBe(0);
  });

  test('names the phase if a server accepts the connection and sends nothing', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume());
    const port = await listenOnFreePort(silent);
    await using world = await startWorld({ secret: secretFor(healthy, { port }) });
    const invocation = await invokeRecorded(world, 'get-report', CHECK, {}, scaled(1_000) + 1_500);
    silent.close();
    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'checked-only', stage: 'login', error: { code: 'TIME_LIMIT' } },
    ]);
  });
});

describe('without consent no stage fails, and the endpoint is not looked up', () => {
  const paused = 'update _timescaledb_catalog.bgw_job set scheduled = false';
  test.each<[string, string, (database: TestDatabase) => string]>([
    ['the level is off', 'level', ({ name }) => `alter database ${name} set ${LEVEL} = 'off'`],
    ['the job is paused', 'job', () => paused],
  ])('%s', async (_what, stage, sql) => {
    await using database = await consenting();
    await database.admin.query(sql(database));
    await using world = await startWorld({ secret: secretFor(database) });
    const { value, connections, lookups, log } = await check(world, {
      environment: { DELIVERY: JSON.stringify({ endpoint: `https://${UNRESOLVABLE}/` }) },
    });
    expect(value).toMatchObject({ ok: true, consent: { granted: false } });
    expect(value.sentence).toBe(
      `No problem found. ${value.consent?.sentence} A run would be skipped.`,
    );
    const denying = value.stages.find((one) => one.stage === stage);
    expect(denying).toMatchObject({
      status: 'ok',
      remedy: expect.stringMatching(/to turn telemetry on\.$/),
    });
    expect(denying?.detail).toMatch(/A run would be skipped\.$/);
    expect(named(value.stages, 'skipped').slice(2)).toEqual(['report', ...OF_ENDPOINT]);
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'INFO', remedy: denying?.remedy },
    ]);
    expect(connections).toEqual([portOf(world.secrets), `127.0.0.1:${database.port}`].toSorted());
    expect(lookups.filter((name) => name !== '127.0.0.1')).toEqual([]);
  });

  test.each(['send-report', 'get-report'] as const)(
    'DO_NOT_TRACK: %s looks at nothing',
    async (name) => {
      await using world = await startWorld({ secret: secretFor(healthy) });
      const { value, connections } = await check(
        world,
        { environment: { DO_NOT_TRACK: '1' } },
        name,
      );
      expect(value).toMatchObject({ ok: true, consent: { granted: false, rule: 'do-not-track' } });
      expect(new Set(value.stages.map(({ status }) => status))).toEqual(new Set(['skipped']));
      expect(connections).toEqual([]);
    },
  );

  test('builds no report if the configuration sends nothing', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const { value } = await check(world, {
      environment: { DELIVERY: JSON.stringify({ latestVersion: '2.30.1' }) },
    });
    expect(value).toMatchObject({ ok: true, consent: { granted: true } });
    expect(value.sentence).toContain('and send nothing');
    expect(named(value.stages, 'skipped').slice(2)).toEqual(['report', ...OF_ENDPOINT]);
  });
});

describe('the connection to the endpoint', () => {
  const to = (endpoint: string, more: Readonly<Record<string, string>> = {}): Settings => ({
    environment: { ...trust, DELIVERY: JSON.stringify({ endpoint }), ...more },
  });
  const through = (proxy: string) => ({ HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' });

  test('fails for a name that does not resolve and for a closed port', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    expect(whereOf(await check(world, to(`https://${UNRESOLVABLE}/`)))).toBe(
      'endpoint-dns ENDPOINT_UNREACHABLE',
    );
    const port = await freePort();
    expect(whereOf(await check(world, to(`https://127.0.0.1:${port}/`)))).toBe(
      'endpoint-tcp ENDPOINT_UNREACHABLE',
    );
  });

  test.each([
    ['an authority that nobody knows', 'localhost', {}],
    ['a certificate for another name', '127.0.0.1', undefined],
  ])('%s', async (_what, host, environment) => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(identity);
    const checked = await check(world, {
      environment: {
        ...(environment ?? trust),
        DELIVERY: JSON.stringify({ endpoint: `https://${host}:${endpoint.port}/` }),
      },
    });
    expect(whereOf(checked)).toBe('endpoint-tls ENDPOINT_TLS');
    expect(endpoint.bytes()).toBe(0);
  });

  test.each(['TLSv1.3', 'TLSv1.2'] as const)(
    'an endpoint that requires a client certificate, in %s',
    async (maxVersion) => {
      await using world = await startWorld({ secret: secretFor(healthy) });
      await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'), {
        tls: { ...identity, requestCert: true, rejectUnauthorized: true, maxVersion },
      });
      const checked = await check(world, to(`${endpoint.url}/`));
      expect(whereOf(checked)).toBe('endpoint-tls ENDPOINT_TLS');
      expect(checked.value.sentence).toContain('requires a client certificate');
      expect(endpoint.reports).toEqual([]);
    },
  );

  test('fails for a server without TLS', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const { port } = new URL(world.endpoint.url);
    expect(whereOf(await check(world, to(`https://127.0.0.1:${port}/`)))).toBe(
      'endpoint-tls ENDPOINT_TLS',
    );
    expect(world.endpoint.reports).toEqual([]);
  });

  test('connects through a proxy without resolving the name of the endpoint', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(identity);
    await using proxy = await startConnectProxy(tunnel());
    const settings = to(`https://localhost:${endpoint.port}/`, through(proxy.url));
    const { value, connections, lookups } = await check(world, settings);
    expect(value.ok).toBe(true);
    expect(named(value.stages, 'ok').slice(-3)).toEqual(['endpoint-tcp', 'proxy', 'endpoint-tls']);
    expect(proxy.requests).toEqual([`CONNECT localhost:${endpoint.port}`]);
    expect([endpoint.handshakes(), endpoint.bytes()]).toEqual([1, 0]);
    expect(connections).toContain(portOf(proxy));
    expect(connections).not.toContain(`localhost:${endpoint.port}`);
    expect(lookups).not.toContain('localhost');
  });

  test('shows the certificate of the endpoint behind a proxy', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(identity);
    await using proxy = await startConnectProxy(tunnel());
    const settings = to(`https://127.0.0.1:${endpoint.port}/`, through(proxy.url));
    expect(whereOf(await check(world, settings))).toBe('endpoint-tls ENDPOINT_TLS');
    expect(endpoint.bytes()).toBe(0);
  });

  test('ends in time if the proxy sends nothing', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using proxy = await startConnectProxy(() => undefined);
    const settings = to('https://endpoint.example/', through(proxy.url));
    const invocation = await invokeRecorded(
      world,
      'send-report',
      CHECK,
      settings,
      // Node.js itself gives a proxy 5 s.
      scaled(2_500, 4_500) + 1_500,
    );
    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'checked-only', stage: 'proxy', error: { code: 'TIME_LIMIT' } },
    ]);
  });

  test('fails for a proxy that refuses, is unreachable, or is no proxy', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using proxy = await startConnectProxy((client) =>
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n'),
    );
    const refused = await check(world, to('https://endpoint.example/', through(proxy.url)));
    expect(whereOf(refused)).toBe('proxy ENDPOINT_UNREACHABLE');

    const nowhere = through(`http://127.0.0.1:${await freePort()}`);
    expect(whereOf(await check(world, to('https://endpoint.example/', nowhere)))).toBe(
      'endpoint-tcp ENDPOINT_UNREACHABLE',
    );
    const noProxy = through(`http://127.0.0.1:${healthy.port}`);
    expect(whereOf(await check(world, to('https://endpoint.example/', noProxy)))).toBe(
      'proxy ENDPOINT_UNREACHABLE',
    );
  });

  test.each([
    ['lower case', (proxy: string) => ({ https_proxy: proxy })],
    ['an empty lower case before it', (proxy: string) => ({ https_proxy: '', HTTPS_PROXY: proxy })],
    [
      'another upper case beside it',
      (proxy: string) => ({ https_proxy: proxy, HTTPS_PROXY: 'http://proxy.example:1' }),
    ],
  ])('a proxy that is not there can be named in %s', async (_how, named) => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const settings = to('https://endpoint.example/', {
      ...named(`http://127.0.0.1:${await freePort()}`),
      NODE_USE_ENV_PROXY: '1',
    });
    const { value, lookups } = await check(world, settings);
    const stages = value.stages.filter(({ stage }) => /^endpoint-|^proxy$/.test(stage));
    expect(stages).toMatchObject([
      { stage: 'endpoint-dns', status: 'skipped', detail: 'the proxy is an address' },
      { stage: 'endpoint-tcp', status: 'failed', code: 'ENDPOINT_UNREACHABLE' },
      { stage: 'proxy', status: 'not-reached' },
      { stage: 'endpoint-tls', status: 'not-reached' },
    ]);
    expect(lookups).not.toContain('endpoint.example');
  });

  test.each(['NO_PROXY', 'no_proxy'])('respects %s', async (name) => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    await using endpoint = await startTlsEndpoint(identity);
    await using proxy = await startConnectProxy(tunnel());
    const { value } = await check(
      world,
      to(`https://localhost:${endpoint.port}/`, { ...through(proxy.url), [name]: 'localhost' }),
    );
    expect(value.ok).toBe(true);
    expect(proxy.requests).toEqual([]);
    expect([endpoint.handshakes(), endpoint.bytes()]).toEqual([1, 0]);
  });
});

describe('an invalid check', () => {
  test.each([
    ['send-report', { check: true, ignoreSchedule: true }],
    ['send-report', { check: false }],
    ['get-report', { check: true, alwaysDisplayReport: true }],
    ['get-report', { check: 'true' }],
  ] as const)('%s refuses %j before anything is read', async (name, event) => {
    await using world = await startWorld({});
    const invocation = await invokeRecorded(world, name, event);
    expect(invocation).toMatchObject({ error: { name: 'RunError' }, connections: [] });
    expect(linesOf(invocation)).toMatchObject([
      { level: 'ERROR', outcome: 'failed', error: { code: 'EVENT_INVALID' } },
    ]);
    expect(linesOf(invocation)[0]?.['remedy']).toContain('{ "check": true } alone');
  });

  test('logs an invalid configuration as a run does', async () => {
    await using world = await startWorld({});
    const invocation = await invokeRecorded(world, 'send-report', CHECK, {
      environment: { DELIVERY: '{"endpoint":"http://example.com/"}' },
    });
    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'failed', error: { code: 'CONFIG_INVALID' } },
    ]);
  });
});

test('loads the diagnostics only for a check, and ships no endpoint check in get-report', async () => {
  for (const name of ['send-report', 'get-report'] as const) {
    const { file, sources } = inject('bundles')[name];
    expect(sources).toContain('lib/diagnostics/run-check.ts');
    for (const part of ['check-endpoint', 'check-sender']) {
      expect(sources.includes(`lib/diagnostics/${part}.ts`)).toBe(name === 'send-report');
    }
    const folder = dirname(file);
    const holding: string[] = [];
    for (const output of await readdir(folder)) {
      const text = await readFile(join(folder, output), 'utf8');
      if (text.includes('No problem found')) holding.push(output);
    }
    expect(holding).toHaveLength(1);
    expect(await readFile(file, 'utf8')).not.toMatch(new RegExp(`from *"./${holding[0]}"`));
  }
});
