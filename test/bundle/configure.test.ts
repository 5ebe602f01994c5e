import { describe, expect, inject, test } from 'vitest';
import { type Invocation, invoke } from '../../emulator/lambda/invoke.ts';
import { createDatabase } from '../support/postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from '../support/postgres/postgres.ts';
import { MODES, secretFor, startWorld, type World } from '../support/run/world.ts';

const LEVEL = 'timescaledb.telemetry_level';

/** Invokes the bundle of configure, which has no DELIVERY in its environment. */
function invokeIn(world: World, event: unknown): Promise<Invocation> {
  const { DELIVERY: _, ...environment } = world.environment();
  return invoke(inject('bundles').configure.file, event, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
    ...environment,
  });
}

describe.each(MODES)('the database is reached %s', (_how, split) => {
  test('turns telemetry off and on, returns the statements, and logs them without names', async () => {
    await using database = await createDatabase({ release: '2.28.3' });
    const { admin, name } = database;
    await admin.query(`alter database ${name} set ${LEVEL} = 'basic'`);
    const login = { name, role: SUPERUSER, password: SUPERUSER_PASSWORD };
    await using world = await startWorld({ secret: secretFor(login), split });

    const off = await invokeIn(world, { action: 'disable', scope: 'database' });
    const on = await invokeIn(world, { action: 'enable', scope: 'database' });

    const granted = { granted: true, level: 'basic', rule: 'level-set', where: 'database' };
    const denied = { granted: false, level: 'off', rule: 'level-off', where: 'database' };
    expect(off).toMatchObject({
      exitCode: 0,
      value: {
        database: 'metrics',
        environment: 'test',
        action: 'disable',
        dryRun: false,
        statements: [
          `ALTER DATABASE ${name} SET ${LEVEL} = 'off'`,
          'UPDATE _timescaledb_catalog.bgw_job SET scheduled = false WHERE id IN (1)',
        ],
        consent: { before: granted, after: denied },
      },
    });
    expect(on).toMatchObject({ value: { consent: { before: denied, after: granted } } });
    expect(off.log).toHaveLength(1);
    expect(JSON.parse(off.log[0] ?? '')).toMatchObject({
      level: 'INFO',
      message: 'Telemetry was turned off. Telemetry is off: level off, set for this database.',
      outcome: 'changed',
      scope: 'database',
      statements: [`ALTER DATABASE <this database> SET ${LEVEL} = 'off'`, expect.any(String)],
      consent: { before: granted, after: denied },
    });
    expect([...off.log, ...on.log].join('\n')).not.toContain(name);
    expect([...off.log, ...on.log].join('\n')).not.toContain(SUPERUSER_PASSWORD);
    expect(world.endpoint.connections()).toBe(0);
  });

  test('writes one line and throws when the change fails', async () => {
    await using database = await createDatabase({ release: '2.28.3' });
    await using world = await startWorld({ secret: secretFor(database), split });
    const denied = await invokeIn(world, { action: 'disable', scope: 'database' });
    const misunderstood = await invokeIn(world, '{"action": "disable"}');
    expect(denied).toMatchObject({ error: { name: 'RunError' } });
    expect(denied.log.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'ERROR', outcome: 'failed', error: { code: 'CHANGE_DENIED', origin: '42501' } },
    ]);
    expect(JSON.stringify(denied)).not.toContain(database.name);
    expect(misunderstood.log.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'ERROR', outcome: 'failed', error: { code: 'EVENT_INVALID' } },
    ]);
    expect(world.secrets.requests).toHaveLength(1);
  });
});
