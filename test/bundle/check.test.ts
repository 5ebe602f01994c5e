import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  CHECK_EVENT,
  check,
  createCheckedDatabase,
  ENDPOINT_STAGES,
  failureOf,
  READING_STAGES,
  REPORT_STAGES,
  stagesWith,
  UNRESOLVABLE,
} from '../support/lambda/checks.ts';
import {
  databaseRoute,
  invokeRecorded,
  linesOf,
  portOf,
  summariesOf,
} from '../support/lambda/invocations.ts';
import {
  createTrustedCertificate,
  type ServerCertificate,
  startTlsEndpoint,
} from '../support/network/tls-endpoint.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { secretFor, startWorld } from '../support/run/world.ts';

const LEVEL = 'timescaledb.telemetry_level';

/** A database that no test changes. */
let healthy: TestDatabase;
beforeAll(async () => {
  healthy = await createCheckedDatabase();
});
afterAll(() => healthy[Symbol.asyncDispose]());

let certificate: ServerCertificate;
let trust: Readonly<Record<string, string>>;
beforeAll(async () => {
  ({ certificate, trust } = await createTrustedCertificate());
});

describe('a check without a problem', () => {
  test('measures every stage in send-report, and sends nothing to the endpoint', async () => {
    await using world = await startWorld({
      secret: secretFor(healthy, { host: 'localhost', ca: inject('postgres').authority }),
    });
    await using endpoint = await startTlsEndpoint(certificate);
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
      version: { installed: '2.28.3', postgresql: expect.stringMatching(/^18\.\d+$/) },
      jobs: { scheduled: expect.any(Number), failing: expect.any(Number) },
    });
    expect(stages.map(({ stage }) => stage)).toEqual([
      ...READING_STAGES,
      ...REPORT_STAGES,
      ...ENDPOINT_STAGES,
    ]);
    expect(stagesWith(stages, 'skipped')).toEqual(['proxy']);
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
    expect(failureOf(checked)).toBe('none');
    expect(checked.lookups).toEqual(['localhost']);
  });

  test('ends with the report in get-report, which has no endpoint', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const { value, connections } = await check(world, {}, 'get-report');
    expect(value.stages.map(({ stage }) => stage)).toEqual([...READING_STAGES, ...REPORT_STAGES]);
    expect(stagesWith(value.stages, 'skipped')).toEqual(['dns', 'tls']);
    expect(value.ok).toBe(true);
    expect(connections).toEqual([portOf(world.secrets), databaseRoute(world, healthy)].toSorted());
  });

  test('connects to a plain-text endpoint on loopback and sends nothing', async () => {
    await using world = await startWorld({ secret: secretFor(healthy) });
    const { value } = await check(world);
    expect(stagesWith(value.stages, 'skipped')).toEqual([
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

describe('a check without consent', () => {
  const paused = 'update _timescaledb_catalog.bgw_job set scheduled = false';
  test.each<[string, string, (database: TestDatabase) => string]>([
    ['the level is off', 'level', ({ name }) => `alter database ${name} set ${LEVEL} = 'off'`],
    ['the job is paused', 'job', () => paused],
  ])('fails no stage and does not look up the endpoint if %s', async (_reason, stage, sql) => {
    await using database = await createCheckedDatabase();
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
    expect(stagesWith(value.stages, 'skipped').slice(2)).toEqual(['report', ...ENDPOINT_STAGES]);
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'INFO', remedy: denying?.remedy },
    ]);
    expect(connections).toEqual([portOf(world.secrets), databaseRoute(world, database)].toSorted());
    expect(lookups.filter((name) => name !== '127.0.0.1')).toEqual([]);
  });

  test.each(['send-report', 'get-report'] as const)(
    'opens no connection in %s if DO_NOT_TRACK is set',
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
    expect(stagesWith(value.stages, 'skipped').slice(2)).toEqual(['report', ...ENDPOINT_STAGES]);
  });
});

describe('an invalid check', () => {
  test.each([
    ['send-report', { check: true, ignoreSchedule: true }],
    ['send-report', { check: false }],
    ['get-report', { check: true, alwaysDisplayReport: true }],
    ['get-report', { check: 'true' }],
  ] as const)('%s rejects %j before it reads anything', async (name, event) => {
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
    const invocation = await invokeRecorded(world, 'send-report', CHECK_EVENT, {
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
      expect(sources.includes(`lib/diagnostics/${part}.ts`), part).toBe(name === 'send-report');
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
