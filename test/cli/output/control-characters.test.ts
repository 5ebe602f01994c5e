import { expect, test } from 'vitest';
import { finishChange, finishPreview, printJson } from '../../../cli/output/finish.ts';
import type { PreviewReply } from '../../../cli/output/replies.ts';
import { showCheck } from '../../../cli/output/results/show-check.ts';
import { showOutcome } from '../../../cli/output/results/show-outcome.ts';
import {
  createTerminalReporter,
  type TerminalReporter,
} from '../../../cli/output/terminal/terminal.ts';
import type { Consent } from '../../../lib/consent/decide-consent.ts';
import type { CheckResult } from '../../../lib/diagnostics/check-result.ts';
import type { Preview } from '../../../lib/run/get-report.ts';
import type { Outcome } from '../../../lib/run/outcome.ts';
import { captured } from '../../support/process/captured.ts';

/** All control and invisible characters, except for the line breaks of the output itself. */
const UNPRINTABLE = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;
const FAKE = '  ✔ sent          a forged line';
const HOSTILE = `\u001b[2J\u009b31m\u202e\u0007\u007f\u2028\r\n${FAKE}`;

const consent: Consent = {
  granted: false,
  level: 'off',
  rule: 'level-off',
  where: 'database',
  sentence: HOSTILE,
  remedy: HOSTILE,
  warnings: [HOSTILE],
};
const preview: Omit<Preview, 'consent'> & Pick<PreviewReply, 'consent'> = {
  database: HOSTILE,
  environment: HOSTILE,
  consent: {
    ...consent,
    rules: [{ rule: 'job-paused', decision: 'denies', sentence: HOSTILE, remedy: HOSTILE }],
    levels: [{ where: HOSTILE, holder: HOSTILE, level: HOSTILE }],
  },
  nextDue: HOSTILE,
  notes: [HOSTILE],
  jobs: { scheduled: 2, failing: 1, oldestFailure: HOSTILE },
  report: JSON.stringify({ [HOSTILE]: HOSTILE }),
  sha256: HOSTILE,
  bytes: 1,
  source: 'catalog',
  installedVersion: HOSTILE,
  postgresqlVersion: HOSTILE,
  version: {
    installed: HOSTILE,
    postgresql: HOSTILE,
    available: HOSTILE,
    verdicts: ['unknown'],
    sentence: HOSTILE,
    asOf: HOSTILE,
  },
};
const outcome: Outcome = {
  outcome: 'failed',
  severity: 'ERROR',
  message: HOSTILE,
  database: HOSTILE,
  hint: HOSTILE,
  remedy: HOSTILE,
  consent,
  warnings: [HOSTILE],
  notes: [HOSTILE],
  jobs: { scheduled: 2, failing: 1, oldestFailure: HOSTILE },
  report: { source: 'catalog', bytes: 1, sha256: HOSTILE },
  receipt: { endpoint: HOSTILE, status: 200, at: HOSTILE },
  version: {
    installed: HOSTILE,
    postgresql: HOSTILE,
    available: HOSTILE,
    latest: HOSTILE,
    reachable: HOSTILE,
    verdicts: ['unknown'],
    sentence: HOSTILE,
    asOf: HOSTILE,
  },
  retry: { attempt: 1, at: HOSTILE },
  error: { code: 'INTERNAL', origin: HOSTILE, retryable: false },
  durationMs: { database: 1, delivery: 1 },
};
const examination: CheckResult = {
  database: HOSTILE,
  environment: HOSTILE,
  ok: true,
  sentence: HOSTILE,
  consent,
  stages: [
    { stage: 'tls', status: 'failed', detail: HOSTILE, code: 'INTERNAL', remedy: HOSTILE },
    { stage: 'login', status: 'skipped', detail: HOSTILE },
  ],
};
const configured = {
  database: HOSTILE,
  environment: HOSTILE,
  action: 'disable',
  dryRun: true,
  statements: [`ALTER ROLE "${HOSTILE}" RESET x`],
  notes: [HOSTILE],
  consent: { before: consent, after: consent },
} as const;

const VIEWS: readonly (readonly [view: string, show: (reporter: TerminalReporter) => unknown])[] = [
  ['a title', (reporter) => reporter.title(HOSTILE)],
  ['a preview', (reporter) => finishPreview(reporter, preview, false)],
  ['an outcome', (reporter) => showOutcome(reporter, outcome, HOSTILE)],
  ['a check', (reporter) => showCheck(reporter, examination, [HOSTILE])],
  [
    'a stage of another version',
    (reporter) =>
      showCheck(reporter, {
        ...examination,
        stages: [{ stage: HOSTILE, status: 'not-reached' }],
      }),
  ],
  ['a change', (reporter) => finishChange(reporter, configured, false)],
  ['a log', (reporter) => reporter.block(HOSTILE, [HOSTILE])],
];

test.each(VIEWS)('shows %s without the control characters of a server', (_view, show) => {
  const shown = captured(() => show(createTerminalReporter(false)));
  expect(shown).not.toMatch(UNPRINTABLE);
  expect(shown).toContain('\\u001b[2J\\u009b31m\\u202e');
  expect(shown.split('\n')).not.toContain(FAKE);
});

test('explains a missing report on stderr without control characters', () => {
  const shown = captured(() =>
    finishPreview(createTerminalReporter(true), { ...preview, report: null }, true),
  );
  expect(shown).toContain('--always prints the report');
  expect(shown).not.toMatch(UNPRINTABLE);
});

test('prints JSON without control characters, with the same value', () => {
  const shown = captured(() => printJson(preview));
  expect(shown).not.toMatch(UNPRINTABLE);
  expect(JSON.parse(shown)).toEqual(preview);
});

test('prints a report byte for byte into a pipe, and without control characters on a terminal', () => {
  const print = (): string =>
    captured(() => finishPreview(createTerminalReporter(true), preview, true));
  const { isTTY } = process.stdout;
  try {
    process.stdout.isTTY = false;
    expect(print()).toBe(preview.report);
    process.stdout.isTTY = true;
    expect(print()).not.toMatch(UNPRINTABLE);
    expect(JSON.parse(print())).toEqual({ [HOSTILE]: HOSTILE });
  } finally {
    process.stdout.isTTY = isTTY;
  }
});
