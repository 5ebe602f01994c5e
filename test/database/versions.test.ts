import fc from 'fast-check';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { answerWithVersion } from '../../emulator/telemetry-endpoint.ts';
import { createLog } from '../../lib/observability/logger.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD, startPostgres } from '../support/postgres/postgres.ts';
import { secretFor, startWorld } from '../support/run/world.ts';
import type { HandmadeRelease } from '../support/timescaledb/catalogs.ts';

const NOW = { ignoreSchedule: true };

function consenting(release: HandmadeRelease): Promise<TestDatabase> {
  return createDatabase({ release, level: 'basic' });
}

test('names the version of each of two databases on one server', async () => {
  await using current = await consenting('2.28.3');
  await using behind = await consenting('2.23.1');
  const outcomes = await Promise.all(
    [current, behind].map(async (database, index) => {
      await using world = await startWorld({
        secret: secretFor(database),
        answer: answerWithVersion('2.28.3'),
      });
      const { outcome } = await world.run({ event: NOW, target: { name: `number-${index}` } });
      return outcome;
    }),
  );
  expect(outcomes).toMatchObject([
    {
      database: 'number-0',
      version: {
        installed: '2.28.3',
        available: '2.28.3',
        verdicts: expect.arrayContaining(['alter-extension']),
        sentence: expect.stringContaining(
          "must run ALTER EXTENSION timescaledb UPDATE TO '2.31.2'",
        ),
        // This version fixes the advisory, although the endpoint names another one.
        reachable: expect.stringMatching(/^2\.29\.\d+$/),
      },
    },
    {
      database: 'number-1',
      version: {
        installed: '2.23.1',
        available: '2.28.3',
        verdicts: expect.arrayContaining(['alter-extension']),
        sentence: expect.stringMatching(
          /^number-1: TimescaleDB 2\.23\.1 has .* must run ALTER EXTENSION/,
        ),
      },
    },
  ]);
});

test('names a version on the disk that is newer than the default, and that the next PostgreSQL does not break', async () => {
  await using database = await consenting('2.28.3');
  await using world = await startWorld({
    secret: secretFor(database),
    answer: answerWithVersion('2.33.1'),
  });
  const { outcome } = await world.run({ event: NOW });
  expect(outcome.version).toMatchObject({
    available: '2.28.3',
    verdicts: expect.arrayContaining(['alter-extension', 'upgrade-package']),
    sentence: expect.stringContaining("UPDATE TO '2.31.2'"),
  });
});

test('explains in the verdict for template1 that new databases start with its version', async () => {
  // A separate server, because CREATE DATABASE copies template1.
  const server = await startPostgres();
  try {
    const admin = new pg.Client({
      host: '127.0.0.1',
      port: server.port,
      user: SUPERUSER,
      password: SUPERUSER_PASSWORD,
      database: 'template1',
    });
    await admin.connect();
    await admin.query("create extension timescaledb version '2.23.1'");
    await admin.query("alter database template1 set timescaledb.telemetry_level = 'basic'");
    await admin.query("create role reporter login password 'of-the-reporter'");
    await admin.end();
    const login = { name: 'template1', role: 'reporter', password: 'of-the-reporter' };
    await using world = await startWorld({
      secret: secretFor(login, { port: server.port }),
      answer: answerWithVersion('2.33.1'),
    });
    const { outcome } = await world.run({ event: NOW });
    expect(outcome).toMatchObject({
      outcome: 'sent',
      version: {
        verdicts: expect.arrayContaining([
          'alter-extension',
          'template1-outdated',
          'upgrade-package',
        ]),
        sentence: expect.stringContaining(
          'so new databases start with TimescaleDB 2.23.1 until then.',
        ),
      },
    });
  } finally {
    await server.stop();
  }
});

/** Returns the output of the run's own logger, as CloudWatch receives it. */
function written(write: () => void): string {
  let text = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    }),
  );
  try {
    write();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text;
}

test('ends as sent with exactly one line for any reply of the endpoint', async () => {
  await using database = await consenting('2.28.3');
  let reply: Uint8Array = new Uint8Array();
  await using world = await startWorld({
    secret: secretFor(database),
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(reply);
    },
  });
  const { write } = createLog();
  const aText = fc.string({ unit: 'binary', maxLength: 300 });
  const aReply = fc.oneof(
    fc.uint8Array({ maxLength: 5_000 }),
    fc
      .record({ is_up_to_date: fc.jsonValue(), current_timescaledb_version: aText })
      .map((value) => new TextEncoder().encode(JSON.stringify(value))),
    fc
      .record({
        is_up_to_date: fc.boolean(),
        current_timescaledb_version: fc.stringMatching(/^[A-Za-z0-9.-]{0,140}$/),
      })
      .map((value) => new TextEncoder().encode(JSON.stringify(value))),
  );
  await fc.assert(
    fc.asyncProperty(aReply, async (bytes) => {
      reply = Uint8Array.from(bytes);
      const { outcome, error } = await world.run({ event: NOW });
      expect(error).toBeUndefined();
      expect(outcome.outcome).toBe('sent');
      const lines = written(() => write(outcome, error));
      expect(lines.split('\n')).toHaveLength(2);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the test searches for control characters
      expect(lines.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    }),
    { numRuns: 60 },
  );
});
