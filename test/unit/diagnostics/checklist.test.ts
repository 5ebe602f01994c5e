import { expect, test } from 'vitest';
import { createChecklist, READING_STAGES } from '../../../lib/diagnostics/checklist.ts';
import { RunError } from '../../../lib/errors.ts';

const BROKEN = new RunError('DATABASE_UNREACHABLE', 'It cannot be reached.', {
  remedy: 'Reach it.',
});

function statusesOf(walk: ReturnType<typeof createChecklist>): string {
  return walk
    .stages()
    .map(({ stage, status }) => `${stage} ${status}`)
    .join(', ');
}

test('marks stages without a result as not reached', () => {
  expect(statusesOf(createChecklist(['secret', 'dns']))).toBe(
    'secret not-reached, dns not-reached',
  );
});

test('marks the first stage without a result as failed, and the later ones as not reached', () => {
  const walk = createChecklist(['secret', 'dns', 'tcp', 'tls', 'login']);
  walk.pass('secret', { detail: 'given' });
  walk.skip('dns', 'an address');
  walk.skip('tls', 'plain text');
  walk.fail(BROKEN);
  expect(walk.stages()).toEqual([
    { stage: 'secret', status: 'ok', ms: expect.any(Number), detail: 'given' },
    { stage: 'dns', status: 'skipped', detail: 'an address' },
    {
      stage: 'tcp',
      status: 'failed',
      ms: expect.any(Number),
      detail: 'It cannot be reached.',
      code: 'DATABASE_UNREACHABLE',
      remedy: 'Reach it.',
    },
    { stage: 'tls', status: 'not-reached' },
    { stage: 'login', status: 'not-reached' },
  ]);
});

test('marks a named stage as failed, wherever it is', () => {
  const walk = createChecklist(['secret', 'dns', 'tls']);
  walk.pass('secret');
  walk.fail(BROKEN, 'tls');
  expect(statusesOf(walk)).toBe('secret ok, dns not-reached, tls failed');
});

test('removes the results of stages that start again', () => {
  const walk = createChecklist(['secret', 'dns', 'tcp']);
  walk.pass('secret');
  walk.pass('dns');
  walk.pass('tcp');
  walk.reset(['dns', 'tcp']);
  expect([walk.isDone('secret'), walk.isDone('tcp')]).toEqual([true, false]);
  walk.fail(BROKEN);
  expect(statusesOf(walk)).toBe('secret ok, dns failed, tcp not-reached');
});

test('skips every stage without a result', () => {
  const walk = createChecklist(READING_STAGES);
  walk.pass('secret');
  walk.skipRest('enough');
  expect(new Set(walk.stages().map(({ status }) => status))).toEqual(new Set(['ok', 'skipped']));
});

test('marks the last stage as failed when every stage has a result', () => {
  const walk = createChecklist(['secret', 'dns']);
  walk.skipRest('enough');
  walk.fail(BROKEN);
  expect(statusesOf(walk)).toBe('secret skipped, dns failed');
});
