import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { startS3 } from '../../../emulator/s3.ts';
import { answerWithVersion } from '../../../emulator/telemetry-endpoint.ts';
import { decodeRunOf } from '../../../lib/record/recorded-run.ts';
import { createDatabase } from '../../support/postgres/databases.ts';
import { secretFor, startWorld } from '../../support/run/world.ts';

const TICK = '2026-11-28T04:05:00Z';

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => Promise<void> | void>> = {
  version: answerWithVersion('2.30.1'),
  'no version': (response) => void response.end('{}'),
  'no body': (response) => void response.writeHead(204).end(),
  redirect: (response) => void response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end(),
  rejected: (response) => void response.writeHead(400).end(),
  unavailable: (response) => void response.writeHead(503).end(),
  'connection lost': (response) => void response.destroy(),
};

const EVENTS = [
  {},
  { ignoreSchedule: true },
  { scheduledTime: TICK },
  { scheduledTime: TICK, attempt: 2 },
];

/** A value of the metadata, which the report contains as it is. PostgreSQL has no NUL and no lone surrogate. */
const value = fc
  .string({ unit: 'binary', maxLength: 200 })
  .map((text) => text.replaceAll('\0', ''));

const situation = fc.record({
  value,
  level: fc.constantFrom('basic', 'no_functions', 'off'),
  answer: fc.constantFrom(...Object.keys(ANSWERS)),
  event: fc.constantFrom(...EVENTS),
  delivery: fc.constantFrom({}, { DELIVERY: '{"latestVersion":"2.30.1"}' }),
});

test('the record has the exact text of every report that was posted, whatever the outcome', async () => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await database.admin.query(
    `insert into _timescaledb_catalog.metadata values ('plant', '', true)`,
  );
  let answer = '';
  await using world = await startWorld({
    secret: secretFor(database),
    answer: (response) => ANSWERS[answer]?.(response),
    // Each run has one object in the bucket.
    split: false,
  });
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(situation, async (one) => {
      await using s3 = await startS3({ bucket: 'records' });
      await database.admin.query(
        `update _timescaledb_catalog.metadata set value = $1 where key = 'plant'`,
        [one.value],
      );
      await database.admin.query(
        `alter database ${database.name} set timescaledb.telemetry_level = '${one.level}'`,
      );
      answer = one.answer;
      const before = world.endpoint.reports.length;
      const environment = {
        ...LOCAL_CREDENTIALS,
        ...one.delivery,
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL_S3: s3.url,
        RECORD: '{"bucket":"records"}',
      };
      const { outcome } = await world.run({ event: one.event, environment });
      outcomes.add(outcome.outcome);
      const posted = world.endpoint.reports.slice(before).map(({ body }) => body.toString('utf8'));
      const [[key, bytes] = ['', Buffer.alloc(0)], ...others] = s3.objects;
      expect(others).toEqual([]);
      const { durationMs: _, ...line } = outcome;
      expect(decodeRunOf(key, bytes)).toMatchObject({ run: { line, report: posted[0] ?? null } });
      expect(posted.length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
  expect([...outcomes].toSorted()).toEqual(['checked', 'failed', 'sent', 'skipped']);
});
