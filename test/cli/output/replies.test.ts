import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkSchema,
  configuredSchema,
  outcomeSchema,
  previewSchema,
} from '../../../cli/output/replies.ts';
import { showChange } from '../../../cli/output/results/show-change.ts';
import { showCheck } from '../../../cli/output/results/show-check.ts';
import { showOutcome } from '../../../cli/output/results/show-outcome.ts';
import { showPreview } from '../../../cli/output/results/show-report.ts';
import { createTerminalReporter } from '../../../cli/output/terminal/terminal.ts';

const DECISION = { granted: false, rule: 'level-off', sentence: 'Off.', remedy: 'Turn it on.' };

/** A complete reply of each kind, and the function that shows it. */
const KINDS = {
  preview: {
    reply: {
      installedVersion: '2.28.3',
      postgresqlVersion: '18.1',
      consent: {
        ...DECISION,
        warnings: ['a'],
        rules: [{ rule: 'level-off', decision: 'denies', sentence: 'Off.', remedy: 'Do.' }],
        levels: [{ level: 'off', where: 'role', holder: 'job-owner', isInvalid: true }],
      },
      nextDue: '2026-01-01T00:00:00.000Z',
      notes: ['a'],
      jobs: { scheduled: 2, failing: 1, oldestFailure: null },
      report: '{"a":1}',
      sha256: 'a',
      bytes: 7,
      source: 'catalog',
    },
    show: (reporter: ReturnType<typeof createTerminalReporter>, reply: unknown) => {
      const parsed = previewSchema.safeParse(reply);
      if (parsed.success) showPreview(reporter, parsed.data);
      return parsed.success;
    },
  },
  check: {
    reply: {
      ok: true,
      sentence: 'Well.',
      consent: { granted: true },
      stages: [{ stage: 'dns', status: 'failed', ms: 1, detail: 'd', code: 'C', remedy: 'Do.' }],
    },
    show: (reporter: ReturnType<typeof createTerminalReporter>, reply: unknown) => {
      const parsed = checkSchema.safeParse(reply);
      if (parsed.success) showCheck(reporter, parsed.data);
      return parsed.success;
    },
  },
  outcome: {
    reply: {
      outcome: 'failed',
      message: 'm',
      database: 'd',
      hint: 'h',
      remedy: 'Do.',
      consent: DECISION,
      warnings: ['w'],
      notes: ['n'],
      jobs: { scheduled: 2, failing: 1, oldestFailure: 't' },
      report: { source: 'catalog', bytes: 7, sha256: 'a' },
      receipt: { endpoint: 'e', status: 200 },
      version: {
        installed: '1',
        available: '1',
        reachable: '2',
        latest: '3',
        verdicts: ['up-to-date'],
        advisories: ['GHSA'],
        sentence: 's',
      },
      retry: { attempt: 1, at: 't' },
      error: { code: 'C', origin: 'o' },
      durationMs: { credentials: 1, database: 2, delivery: 3 },
    },
    show: (reporter: ReturnType<typeof createTerminalReporter>, reply: unknown) => {
      const parsed = outcomeSchema.safeParse(reply);
      if (parsed.success) showOutcome(reporter, parsed.data, 'Secrets Manager');
      return parsed.success;
    },
  },
  configured: {
    reply: {
      dryRun: false,
      statements: ['a\nb'],
      notes: ['n'],
      consent: { before: DECISION, after: DECISION },
    },
    show: (reporter: ReturnType<typeof createTerminalReporter>, reply: unknown) => {
      const parsed = configuredSchema.safeParse(reply);
      if (parsed.success) showChange(reporter, parsed.data);
      return parsed.success;
    },
  },
};

function silentReporter() {
  const out = new Writable({ write: (_chunk, _encoding, done) => done() });
  return createTerminalReporter(false, Object.assign(out, process.stdout, { write: () => true }));
}

/** Returns a copy of the reply with `value` in one place, which the numbers choose level by level. */
function changed(reply: unknown, [first = 0, ...rest]: readonly number[], value: unknown): unknown {
  if (typeof reply !== 'object' || reply === null) return value;
  const keys = Object.keys(reply);
  const key = keys[first % keys.length];
  if (key === undefined) return value;
  const inside: unknown = rest.length === 0 ? value : changed(Reflect.get(reply, key), rest, value);
  if (Array.isArray(reply)) return reply.with(Number(key), inside);
  return { ...reply, [key]: inside };
}

describe.each(Object.entries(KINDS))('a reply of the kind %s', (_kind, { reply, show }) => {
  test('is shown', () => {
    expect(show(silentReporter(), reply)).toBe(true);
  });

  test('is shown with unknown keys', () => {
    expect(show(silentReporter(), { ...reply, novelty: { any: ['thing'] } })).toBe(true);
  });

  test('is shown or rejected with any value in any place', () => {
    const place = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 });
    const value = fc.oneof(fc.jsonValue(), fc.constant(undefined));
    fc.assert(
      fc.property(place, value, (path, other) => {
        expect(() => show(silentReporter(), changed(reply, path, other))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  test('is rejected when it is another value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (other) => {
        expect(show(silentReporter(), other)).toBe(false);
      }),
    );
  });
});
