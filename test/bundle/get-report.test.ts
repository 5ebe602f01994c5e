import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { databaseRoute, invokeRecorded, linesOf, portOf } from '../support/lambda/invocations.ts';
import { createDatabase } from '../support/postgres/databases.ts';
import { MODES, secretFor, startWorld } from '../support/run/world.ts';

const CANARY = 'c4n4ry-in-the-metadata';

async function consenting() {
  const database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await database.admin.query(
    `insert into _timescaledb_catalog.metadata values ('note', '${CANARY}', true)`,
  );
  return database;
}

describe.each(MODES)('the database is reached %s', (_how, split) => {
  test('connects only to Secrets Manager, and to the database or its worker', async () => {
    await using database = await consenting();
    await using world = await startWorld({ secret: secretFor(database), split });
    const both = [portOf(world.secrets), databaseRoute(world, database)].toSorted();

    const shown = await invokeRecorded(world, 'get-report');
    const sent = await invokeRecorded(world, 'send-report', { ignoreSchedule: true });

    expect(shown.connections).toStrictEqual(both);
    expect(shown).toMatchObject({ value: { consent: { granted: true }, database: 'metrics' } });
    // The recorder records connections to the endpoint, too.
    expect(sent.connections).toStrictEqual([...both, portOf(world.endpoint)].toSorted());
    expect(world.endpoint.connections()).toBe(1);
    const posted = world.endpoint.reports[0]?.body.toString('utf8');
    expect(shown).toMatchObject({ value: { report: posted } });
    expect(posted).toContain(CANARY);
  });

  test('logs one line with the hash and the size, and not the report', async () => {
    await using database = await consenting();
    await using world = await startWorld({ secret: secretFor(database), split });
    const { log, ...invocation } = await invokeRecorded(world, 'get-report');
    const [line, ...others] = linesOf({ ...invocation, log });
    expect(others).toStrictEqual([]);
    expect(line).toMatchObject({
      level: 'INFO',
      outcome: 'shown',
      environment: 'test',
      database: 'metrics',
      consent: { granted: true, rule: 'level-set' },
      report: { bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(log.join('\n')).not.toContain(CANARY);
  });

  test('logs a failure in one line, and throws it', async () => {
    await using world = await startWorld({ secret: 'no secret', split });
    const invocation = await invokeRecorded(world, 'get-report');
    expect(invocation).toMatchObject({ error: { name: 'RunError' } });
    expect(linesOf(invocation)).toMatchObject([
      { level: 'ERROR', outcome: 'failed', error: { code: 'SECRET_INVALID' } },
    ]);
  });
});

/** Files and folders of lib/ that only send-report contains. */
const SENDING_CODE = [
  'config/send-report-config.ts',
  'delivery/',
  'diagnostics/check-endpoint.ts',
  'run/retry.ts',
  'run/send-report.ts',
  'schedule/plan-retry.ts',
  'schedule/schedule-retry.ts',
];

test.each(['get-report', 'configure', 'fleet-report'] as const)(
  'the bundle of %s contains no code that sends and no endpoint',
  async (name) => {
    const { file, sources } = inject('bundles')[name];
    expect(sources).toContain(`functions/${name}.ts`);
    for (const part of SENDING_CODE) {
      const isPart = (source: string): boolean => source.startsWith(`lib/${part}`);
      expect(inject('bundles')['send-report'].sources.some(isPart), part).toBe(true);
      expect(sources.filter(isPart)).toEqual([]);
    }
    const folder = dirname(file);
    for (const output of await readdir(folder)) {
      const text = await readFile(join(folder, output), 'utf8');
      expect(text).not.toMatch(/telemetry\.timescale\.com|v1\/metrics/);
    }
  },
);
