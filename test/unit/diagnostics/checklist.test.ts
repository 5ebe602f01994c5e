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

test('the broken one is the first that is not behind, and after it nothing was reached', () => {
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

test('a stage that is said is the broken one, wherever we were', () => {
  const walk = createChecklist(['secret', 'dns', 'tls']);
  walk.pass('secret');
  walk.fail(BROKEN, 'tls');
  expect(statusesOf(walk)).toBe('secret ok, dns not-reached, tls failed');
});

test('what is come through again is forgotten', () => {
  const walk = createChecklist(['secret', 'dns', 'tcp']);
  walk.pass('secret');
  walk.pass('dns');
  walk.pass('tcp');
  walk.reset(['dns', 'tcp']);
  expect([walk.isDone('secret'), walk.isDone('tcp')]).toEqual([true, false]);
  walk.fail(BROKEN);
  expect(statusesOf(walk)).toBe('secret ok, dns failed, tcp not-reached');
});

test('what is still ahead can be skipped', () => {
  const walk = createChecklist(READING_STAGES);
  walk.pass('secret');
  walk.skipRest('enough');
  expect(new Set(walk.stages().map(({ status }) => status))).toEqual(new Set(['ok', 'skipped']));
});

test('an error that comes when everything is behind is not lost: the last one is the broken one', () => {
  const walk = createChecklist(['secret', 'dns']);
  walk.skipRest('enough');
  walk.fail(BROKEN);
  expect(statusesOf(walk)).toBe('secret skipped, dns failed');
});
