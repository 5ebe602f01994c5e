import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { RELEASE_DATA } from '../../data/release-data.ts';
import type { Incompatibility } from '../../lib/version-check/release-data.ts';
import {
  databaseRoute,
  invokeRecorded,
  metricsOf,
  portOf,
  type Recorded,
  summariesOf,
} from '../support/lambda/invocations.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { MODES, type Settings, secretFor, startWorld } from '../support/run/world.ts';

type Environment = Readonly<Record<string, string>>;

function checking(delivery: object): Environment {
  return { DELIVERY: JSON.stringify({ latestVersion: '2.33.1', ...delivery }) };
}

async function createAtLevel(level: string): Promise<TestDatabase> {
  const database = await createDatabase({ release: '2.28.3' });
  await database.admin.query(
    `alter database ${database.name} set timescaledb.telemetry_level = '${level}'`,
  );
  return database;
}

describe.each(MODES)('the database is reached %s', (_how, split) => {
  /** Runs the bundle, and expects no connections except to Secrets Manager, and the database or its worker. */
  async function runOn(
    database: TestDatabase,
    environment: Environment,
    event: object = { ignoreSchedule: true },
    target: Settings['target'] = {},
  ): Promise<Recorded> {
    await using world = await startWorld({ secret: secretFor(database), split });
    const recorded = await invokeRecorded(world, 'send-report', event, { environment, target });
    const allowed = [portOf(world.secrets), databaseRoute(world, database)];
    expect(recorded.connections.filter((place) => !allowed.includes(place))).toEqual([]);
    expect(world.endpoint.connections()).toBe(0);
    return recorded;
  }

  test('compares the version with latestVersion, and neither sends nor resolves anything', async () => {
    await using database = await createAtLevel('basic');
    const run = await runOn(database, checking({}));
    expect(run).toMatchObject({ value: { outcome: 'checked' } });
    const [line] = summariesOf(run);
    expect(line).toMatchObject({
      level: 'ERROR',
      message: 'the "timescaledb" extension is not up-to-date',
      outcome: 'checked',
      hint: 'The most up-to-date version is 2.33.1, the installed version is 2.28.3.',
      version: {
        latest: '2.33.1',
        verdicts: expect.arrayContaining(['alter-extension', 'upgrade-package']),
      },
    });
    for (const nothing of ['report', 'receipt', 'uuid']) expect(line).not.toHaveProperty(nothing);
    expect(metricsOf(run)).toMatchObject([
      { Completed: 1, Checked: 1, Sent: 0, Outdated: 1, VersionsBehind: 5 },
    ]);
  });

  test('judges by version data of the operator that is as new as the bundled data', async () => {
    await using database = await createAtLevel('basic');
    const versionData = join(inject('folder'), 'version-data-of-the-operator.json');
    const broken: Incompatibility = {
      timescaledb: '2.28.3',
      postgresql: '>=9.6',
      effect: 'jobs-broken',
      summary: 'known to the operator only',
      fixed: ['2.28.4'],
    };
    await writeFile(versionData, JSON.stringify({ ...RELEASE_DATA, incompatibilities: [broken] }));
    const run = await runOn(database, checking({}), undefined, { versionData });
    const [line] = summariesOf(run);
    expect(line).toMatchObject({ level: 'ERROR', version: { asOf: RELEASE_DATA.asOf } });
    expect(line?.['version']).toMatchObject({ verdicts: expect.arrayContaining(['jobs-broken']) });
    expect(line).not.toHaveProperty('warnings');
  });

  test('checks no version while telemetry is off, as TimescaleDB does', async () => {
    await using database = await createAtLevel('off');
    const run = await runOn(database, checking({}));
    const [line] = summariesOf(run);
    expect(line).toMatchObject({ outcome: 'skipped', consent: { rule: 'level-off' } });
    expect(line).not.toHaveProperty('version');
  });

  test('checks the version while telemetry is off if versionCheckWhenOff is set', async () => {
    await using database = await createAtLevel('off');
    const run = await runOn(database, checking({ versionCheckWhenOff: true }));
    expect(summariesOf(run)).toMatchObject([
      {
        outcome: 'skipped',
        message: 'Telemetry is off: level off, set for this database.',
        consent: { rule: 'level-off' },
        version: {
          verdicts: expect.arrayContaining(['alter-extension', 'upgrade-package']),
          advisories: ['GHSA-hcfx-29v5-2rcw'],
        },
      },
    ]);
    expect(metricsOf(run)).toMatchObject([
      { Completed: 1, Skipped: 1, Checked: 0, KnownVulnerable: 1 },
    ]);
  });

  test('checks nothing in a tick that is not due', async () => {
    await using database = await createAtLevel('basic');
    await database.admin.query(
      "update _timescaledb_catalog.bgw_job set schedule_interval = '3 years', initial_start = now() + interval '1 year' where id = 1",
    );
    const run = await runOn(database, checking({ versionCheckWhenOff: true }), {});
    const [line] = summariesOf(run);
    expect(line).toMatchObject({ outcome: 'skipped', consent: { granted: true } });
    expect(line).not.toHaveProperty('version');
  });

  test('reads no secret under DO_NOT_TRACK, whatever DELIVERY contains', async () => {
    await using database = await createAtLevel('basic');
    const run = await runOn(database, {
      ...checking({ versionCheckWhenOff: true }),
      DO_NOT_TRACK: '1',
    });
    expect(run.connections).toEqual([]);
    expect(summariesOf(run)).toMatchObject([
      { outcome: 'skipped', consent: { rule: 'do-not-track' } },
    ]);
  });
});
