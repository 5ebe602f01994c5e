import { describe, expect, test } from 'vitest';
import { conditionsOf, severityOf, worstFirst } from '../../../lib/fleet/conditions.ts';
import type { Condition, FleetSeverity } from '../../../lib/fleet/database-state.ts';
import { fold } from '../../../lib/fleet/fold.ts';
import type { RecordedLine } from '../../../lib/record/recorded-run.ts';
import { aFailedRun, aRun, aWithheldRun, CONTEXT, UP_TO_DATE } from './runs.ts';

type Version = Partial<NonNullable<RecordedLine['version']>>;

/** Returns the row of a database whose version check had a result. */
function judged(version: Version, changes: Parameters<typeof aRun>[1] = {}) {
  const run = aRun('2026-11-28', { version: { ...UP_TO_DATE, ...version }, ...changes });
  const row = fold(undefined, [run], CONTEXT).databases['orders'];
  if (row === undefined) throw new TypeError('The state has no orders.');
  return row;
}

const UPDATE = 'run ALTER EXTENSION timescaledb UPDATE in each database of the server';

describe('the conditions of a verdict', () => {
  test.each<[Version, string[], string]>([
    [{ verdicts: ['up-to-date'] }, [], 'ok'],
    [{ verdicts: ['ahead'] }, [], 'ok'],
    [{ verdicts: ['unknown'] }, ['unknown'], 'notice'],
    [{ verdicts: ['upgrade-package'] }, ['behind'], 'warning'],
    [{ verdicts: ['upgrade-before-postgresql-minor'] }, ['behind'], 'warning'],
    [{ verdicts: ['security-fixes-available'] }, ['behind'], 'warning'],
    [{ verdicts: ['verdict-of-a-later-version'] }, ['behind'], 'warning'],
    [{ verdicts: ['jobs-broken'] }, ['broken'], 'error'],
    [
      { verdicts: ['jobs-broken', 'upgrade-package'], advisories: ['GHSA-1'] },
      ['broken', 'vulnerable', 'behind'],
      'error',
    ],
  ])('%j', (version, conditions, severity) => {
    expect(judged(version)).toMatchObject({ conditions, severity });
  });

  test('are followed by failing jobs and by withheld consent', () => {
    const jobs = { scheduled: 14, failing: 1, oldestFailure: null };
    expect(judged({ verdicts: ['upgrade-package'] }, { jobs }).conditions).toEqual([
      'jobs-failing',
      'behind',
    ]);
  });

  test('of a database without a run are unknown until it is silent', () => {
    const facts = { lastRun: null, version: null, jobs: null, consent: null, tickHours: 24 };
    const at = (now: string) =>
      conditionsOf({ ...facts, awaitedSince: '2026-11-28T00:00:00Z' }, Date.parse(now));
    expect(at('2026-11-30T00:30:00Z')).toEqual(['unknown']);
    expect(at('2026-11-30T00:30:01Z')).toEqual(['silent', 'unknown']);
  });
});

describe('the severity', () => {
  test.each<[FleetSeverity, Condition[]]>([
    ['ok', []],
    ['notice', ['withheld']],
    ['warning', ['behind', 'withheld']],
    ['error', ['silent', 'behind']],
  ])('%s is that of the worst of %j', (severity, conditions) => {
    expect(severityOf(conditions)).toBe(severity);
  });
});

describe('the action', () => {
  test.each<[string, Version, string]>([
    ['nothing', {}, 'No action needed.'],
    [
      'broken jobs',
      { verdicts: ['jobs-broken', 'upgrade-package'], fix: '2.31.2', available: '2.30.1' },
      `Install TimescaleDB 2.31.2, then ${UPDATE}.`,
    ],
    [
      'broken jobs with the fix on the disk',
      { verdicts: ['jobs-broken', 'alter-extension'], fix: '2.31.2', available: '2.32.1' },
      "Run ALTER EXTENSION timescaledb UPDATE in a new session: TimescaleDB 2.32.1 is on the server's disk.",
    ],
    [
      'broken jobs without a fix',
      { verdicts: ['jobs-broken'] },
      'Wait for a release: no published one with the fix runs on this PostgreSQL.',
    ],
    [
      'a vulnerability whose fix needs another PostgreSQL',
      { verdicts: ['upgrade-postgresql-first'], advisories: ['GHSA-1'] },
      'Upgrade PostgreSQL first: no TimescaleDB release with the fix runs on this PostgreSQL.',
    ],
    [
      'an update of the extension',
      {
        verdicts: ['alter-extension', 'upgrade-package'],
        available: '2.32.1',
        reachable: '2.33.0',
      },
      "Run ALTER EXTENSION timescaledb UPDATE in a new session: TimescaleDB 2.32.1 is on the server's disk.",
    ],
    [
      'a newer package',
      { verdicts: ['upgrade-package'], available: '2.31.2', reachable: '2.32.1' },
      `Install TimescaleDB 2.32.1, then ${UPDATE}.`,
    ],
    [
      'an old PostgreSQL',
      { verdicts: ['upgrade-postgresql-first'], latest: '2.32.1' },
      'Upgrade PostgreSQL from its version, which TimescaleDB 2.32.1 does not support.',
    ],
    [
      'a coming release of PostgreSQL',
      { verdicts: ['upgrade-before-postgresql-minor'] },
      'Upgrade TimescaleDB before the next update of PostgreSQL, which breaks its jobs.',
    ],
    [
      'security fixes',
      { verdicts: ['security-fixes-available'] },
      'Read the notes of newer releases, which have security fixes without an advisory.',
    ],
    [
      'a verdict of a later version',
      { verdicts: ['new'] },
      'Read the verdict of the version check.',
    ],
    [
      'an unknown version',
      { verdicts: ['unknown'] },
      'Read the verdict: the installed version cannot be compared.',
    ],
  ])('for %s', (_, version, action) => {
    expect(judged(version).action).toBe(action);
  });

  test.each([
    [
      { verdicts: ['alter-extension'], available: '2.32.1', reachable: '2.32.1' },
      'Run ALTER EXTENSION timescaledb UPDATE on the primary, in a new session: TimescaleDB 2.32.1 is on the disk of this standby, and must be on that of the primary.',
    ],
    [
      { verdicts: ['upgrade-package'], available: '2.31.2', reachable: '2.32.1' },
      'Install TimescaleDB 2.32.1 on the primary and its standbys, then run ALTER EXTENSION timescaledb UPDATE on the primary, in each of its databases.',
    ],
  ])('for a standby with %j names the primary', (version, action) => {
    expect(judged(version, { standby: true }).action).toBe(action);
  });

  test('names the version of PostgreSQL that the check has read, also without a report', () => {
    const version = { verdicts: ['upgrade-postgresql-first'], latest: '2.32.1' };
    expect(judged({ ...version, postgresql: '14.18' }).action).toBe(
      'Upgrade PostgreSQL from 14.18, which TimescaleDB 2.32.1 does not support.',
    );
  });

  test('for failing jobs has their number and their first failure', () => {
    const jobs = { scheduled: 14, failing: 3, oldestFailure: '2026-11-20T00:00:00Z' };
    expect(judged({}, { jobs }).action).toBe(
      'Read timescaledb_information.job_errors: 3 of 14 jobs fail since 2026-11-20.',
    );
  });

  test('for withheld consent has the rule and the place', () => {
    const { databases } = fold(undefined, [aWithheldRun('2026-11-28')], CONTEXT);
    expect(databases['orders']?.action).toBe(
      'Turn telemetry on only if that is wanted: consent is denied by the rule level-off (database).',
    );
  });
});

describe('the order of the databases', () => {
  test('has the worst first, then those with more conditions, then names', () => {
    const version = (changes: Version) => ({ version: { ...UP_TO_DATE, ...changes } });
    const runs = [
      aRun('2026-11-28', { database: 'ok' }),
      aWithheldRun('2026-11-28', { database: 'withheld' }),
      aRun('2026-11-28', { database: 'behind', ...version({ verdicts: ['upgrade-package'] }) }),
      aFailedRun('2026-11-28', { database: 'failed' }),
      aRun('2026-11-20', { database: 'silent' }),
      aRun('2026-11-28', { database: 'vulnerable-b', ...version({ advisories: ['A'] }) }),
      aRun('2026-11-28', { database: 'vulnerable-a', ...version({ advisories: ['A'] }) }),
      aRun('2026-11-28', {
        database: 'vulnerable-c',
        ...version({ advisories: ['A'], verdicts: ['upgrade-package'] }),
      }),
      aRun('2026-11-28', { database: 'broken', ...version({ verdicts: ['jobs-broken'] }) }),
      aRun('2026-11-28', { database: 'removed', ...version({ verdicts: ['jobs-broken'] }) }),
    ];
    const names = runs.map(({ line }) => line.database).filter((name) => name !== 'removed');
    const databases = names.map((name) => ({ name, tickHours: 24 }));
    const sorted = worstFirst(fold(undefined, runs, { ...CONTEXT, databases }));
    expect(sorted.map(({ name }) => name)).toEqual([
      'broken',
      'vulnerable-c',
      'vulnerable-a',
      'vulnerable-b',
      'silent',
      'failed',
      'behind',
      'withheld',
      'ok',
      'removed',
    ]);
  });
});
