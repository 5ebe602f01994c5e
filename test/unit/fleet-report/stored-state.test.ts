import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeState } from '../../../lib/fleet-report/reading/stored-state.ts';

const READ_UNTIL = '2026-11-29T04:05:00.000Z';

/** Encodes a state without databases as `fleet-report` does. */
function encoded(stored: object): Buffer {
  const fleet = { version: 1, environment: 'prod', asOf: READ_UNTIL, daily: [], problems: [] };
  const head = JSON.stringify({ ...fleet, stored }).slice(0, -1);
  return gzipSync(`${head},"databases":{\n\n}}\n`);
}

test.each([
  ['an older state does not have', {}],
  ['have another form', { pending: [1], writer: null, outbox: { id: 'a' } }],
])('replaces parts that %s', async (_what, parts) => {
  expect(await decodeState(encoded({ readUntil: READ_UNTIL, ...parts }))).toMatchObject({
    readUntil: READ_UNTIL,
    pending: [],
    writer: '',
    outbox: [],
  });
});

test('keeps parts of the expected form', async () => {
  const claim = { by: 'a', until: READ_UNTIL };
  const parts = {
    readUntil: READ_UNTIL,
    pending: ['runs/a'],
    writer: 'b',
    outbox: [{ id: 'c', subject: 'd', body: 'e', claim }],
    digestDate: '2026-11-29',
  };
  expect(await decodeState(encoded(parts))).toMatchObject(parts);
});

test('rejects a state that does not say until when the record was read', async () => {
  expect(await decodeState(encoded({ pending: [] }))).toBeUndefined();
});
