import { describe, expect, test } from 'vitest';
import { type CliContext, createCliAdapter } from '../../../cli/output/adapt-for-cli.ts';
import { LEVELS } from '../../../lib/config/target.ts';
import { decideConsent, evaluateRules } from '../../../lib/consent/decide-consent.ts';
import type { CheckResult } from '../../../lib/diagnostics/check-result.ts';
import { type ErrorCode, RunError, toRunError } from '../../../lib/errors.ts';
import type { Preview } from '../../../lib/run/get-report.ts';
import type { Outcome } from '../../../lib/run/outcome.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';
import { aServerBuiltWithout } from '../../support/timescaledb/facts.ts';

/** Settings that exist only in a deployment. */
const DEPLOYMENT_SETTING =
  /levelWhenUnset|reportSource|\btls\.|logLevel|DELIVERY|TARGET|tickHours|dryRun|\btarget\b|the secret|this target|automatically|the event/;

const CODES: readonly ErrorCode[] = ['DATABASE_ERROR', 'DATABASE_PERMISSION', 'INTERNAL'];

const CREDENTIALS = { password: 'any' };
const adapter = (context: Partial<CliContext> = {}) =>
  createCliAdapter({ levelOption: '--level', credentials: CREDENTIALS, ...context });

function adaptRemedy(code: ErrorCode, remedy: string): string {
  return adapter().error(new RunError(code, 'message', { remedy })).remedy;
}

const OUTCOME: Outcome = {
  outcome: 'skipped',
  severity: 'INFO',
  message: 'message',
  durationMs: {},
};

const PREVIEW: Omit<Preview, 'consent'> = {
  database: 'd',
  environment: 'e',
  nextDue: null,
  notes: [],
  jobs: null,
  report: null,
  sha256: null,
  bytes: null,
  source: null,
  installedVersion: '2.23.0',
  postgresqlVersion: '17.5',
  version: {
    installed: '2.23.0',
    postgresql: '17.5',
    available: '2.23.0',
    verdicts: ['up-to-date'],
    sentence: 'd: no action needed.',
    asOf: '2026-11-28',
  },
};

describe('a consent', () => {
  const server = aServerBuiltWithout();

  test.each(
    LEVELS.flatMap((level) =>
      (['--level', '--level-when-unset'] as const).map((option) => [option, level] as const),
    ),
  )('names %s as the origin of the level %s', (levelOption, level) => {
    const target = aTarget({ levelWhenUnset: level });
    const preview: Preview = {
      ...PREVIEW,
      consent: {
        ...decideConsent(server, target),
        rules: evaluateRules(server, target, false),
        levels: [],
      },
    };
    const { consent } = adapter({ levelOption }).preview(preview);
    expect(consent.rule).toBe('level-when-unset');
    const texts = [consent, ...consent.rules].map(
      ({ sentence, remedy = '' }) => `${sentence} ${remedy}`,
    );
    expect(texts[0]).toContain(levelOption);
    expect(texts.join('\n')).not.toMatch(DEPLOYMENT_SETTING);
  });
});

describe('an error', () => {
  test.each([
    ['DATABASE_STATEMENT_TIMEOUT', "Set sizes to 'estimated' in the target.", '--sizes'],
    ['DATABASE_ERROR', 'Look at the log level (logLevel of the environment).', "server's log"],
    ['ENDPOINT_REJECTED', 'Check the endpoint in DELIVERY.', '--endpoint'],
    ['DATABASE_TLS_UNVERIFIED', 'Set tls.serverName in the target.', '--tls-server-name'],
    ['DATABASE_MISSING', 'Correct dbname in the secret.', 'PGDATABASE'],
    ['CATALOG_LOCKED', 'Look at pg_locks. The run will be retried automatically.', 'again later'],
    ['CHANGE_FAILED', 'Point the target of configure at the primary.', 'Connect to the primary'],
    ['CHANGE_FAILED', 'Run the same event with dryRun later.', 'without --apply'],
    [
      'DATABASE_STATEMENT_TIMEOUT',
      'The server is busy; the run will be retried automatically.',
      'busy; run the command again',
    ],
  ] as const)('%s has a remedy for the command line', (code, remedy, expected) => {
    const adapted = adaptRemedy(code, remedy);
    expect(adapted).toContain(expected);
    expect(adapted).not.toMatch(DEPLOYMENT_SETTING);
  });

  test('keeps the remedy of the library when that has no deployment setting', () => {
    const remedy = 'Grant CONNECT on the database.';
    expect(adaptRemedy('DATABASE_PERMISSION', remedy)).toBe(remedy);
  });

  test('keeps code, origin and the text of the server', () => {
    for (const code of CODES) {
      const original = new Error('text of the server');
      const error = new RunError(code, 'message', { remedy: 'Do.', origin: '42P01', original });
      expect(adapter().error(error)).toMatchObject({ code, message: 'message', origin: '42P01' });
      expect(adapter().error(error).original).toBe(original);
    }
  });

  test('asks for a password only when there was none', () => {
    const error = new RunError('DATABASE_AUTHENTICATION', 'message', { remedy: 'Do.' });
    expect(adapter().error(error).remedy).toMatch(/^Compare user and password/);
    const withoutPassword = adapter({ credentials: { password: '' } });
    expect(withoutPassword.error(error).remedy).toMatch(/^No password was found/);
  });

  test('asks for a report of a defect instead of another log level', () => {
    expect(adapter().error(toRunError('defect')).remedy).toMatch(/^Report this defect/);
  });
});

test('a check is shown without the stage of the secret and without deployment settings', () => {
  const result: CheckResult = {
    database: 'd',
    environment: 'e',
    ok: true,
    sentence: 'No problem found up to the report.',
    consent: {
      granted: true,
      level: 'basic',
      rule: 'level-set',
      where: 'database',
      sentence: 'On.',
    },
    stages: [
      { stage: 'secret', status: 'ok', detail: 'local/metrics' },
      { stage: 'tls', status: 'skipped', detail: 'plain text: tls.mode is disable' },
      { stage: 'login', status: 'failed', detail: 'no', code: 'DATABASE_MISSING', remedy: 'x' },
    ],
  };
  const adapted = adapter().check(result);
  expect(adapted.stages.map(({ stage }) => stage)).toEqual(['tls', 'login']);
  expect(JSON.stringify(adapted)).not.toMatch(DEPLOYMENT_SETTING);
  expect(adapted.sentence).toContain('does not check the endpoint');
});

test('an outcome is shown without notes on the schedule of a deployment', () => {
  const note = 'The schedule fires every 24 hours; for more, set tickHours to 12 in this target.';
  const kept = 'The time zone of the telemetry job is not known.';
  const { notes, warnings } = adapter().outcome({
    ...OUTCOME,
    notes: [note, kept],
    warnings: ['reportSource is function, but the report was built by plain SQL.'],
  });
  expect(notes).toEqual([kept]);
  expect(warnings).toEqual(['--report-source is function, but the report was built by plain SQL.']);
});
