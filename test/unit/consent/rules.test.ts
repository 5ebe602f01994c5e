import { describe, expect, test } from 'vitest';
import { DO_NOT_TRACK_DENIAL, evaluateRules } from '../../../lib/consent/decide-consent.ts';
import { aServer, aServerBuiltWithout } from '../../support/timescaledb/facts.ts';
import { BASIC_WHEN_UNSET, PAUSED, SET_AT_PLACE, TARGET } from './consent-target.ts';

describe('every rule has its own answer, also when another rule decides:', () => {
  const GRANTS = {
    rule: 'level-default',
    decision: 'grants',
    sentence: "Telemetry is on: level basic, TimescaleDB's default.",
  };
  const ENVIRONMENT = {
    rule: 'do-not-track',
    decision: 'no-objection',
    sentence: 'DO_NOT_TRACK is not set.',
  };
  const [PRESENT, SCHEDULED] = [
    {
      rule: 'job-removed',
      decision: 'no-objection',
      sentence: 'The telemetry job is in the job catalog.',
    },
    {
      rule: 'job-paused',
      decision: 'no-objection',
      sentence: 'The telemetry job is scheduled.',
    },
  ];

  const NOT_RESTORING = {
    rule: 'restoring',
    decision: 'no-objection',
    sentence: 'The database is not being restored.',
  };

  test('all rules agree', () => {
    expect(evaluateRules(aServer(), TARGET, false)).toStrictEqual([
      ENVIRONMENT,
      GRANTS,
      PRESENT,
      SCHEDULED,
      NOT_RESTORING,
    ]);
  });

  test('DO_NOT_TRACK denies', () => {
    const { rule, sentence, remedy } = DO_NOT_TRACK_DENIAL;
    expect(evaluateRules(aServer(), TARGET, true)).toStrictEqual([
      { rule, decision: 'denies', sentence, remedy },
      GRANTS,
      PRESENT,
      SCHEDULED,
      NOT_RESTORING,
    ]);
  });

  test('a removed job denies', () => {
    expect(evaluateRules(aServer({ jobs: [] }), TARGET, false).slice(2)).toStrictEqual([
      {
        rule: 'job-removed',
        decision: 'denies',
        sentence: 'The telemetry job was removed from the job catalog.',
        remedy:
          "Add the telemetry job again to turn telemetry on; the extension's next update also adds it.",
      },
      {
        rule: 'job-paused',
        decision: 'no-objection',
        sentence: 'There is no telemetry job to pause.',
      },
      NOT_RESTORING,
    ]);
  });

  test('a missing job is no objection on a server built without telemetry', () => {
    expect(evaluateRules(aServerBuiltWithout(), BASIC_WHEN_UNSET, false)[2]).toStrictEqual({
      rule: 'job-removed',
      decision: 'no-objection',
      sentence: 'The server was built without telemetry and needs no telemetry job.',
    });
  });

  test('a level off and a paused job deny', () => {
    const facts = aServer({
      jobs: [PAUSED],
      level: { session: 'off', source: 'configuration file' },
    });
    expect(evaluateRules(facts, TARGET, false)).toStrictEqual([
      ENVIRONMENT,
      {
        rule: 'level-off',
        decision: 'denies',
        sentence: "Telemetry is off: level off, set in the server's configuration file.",
        remedy: `${SET_AT_PLACE} to turn telemetry on.`,
      },
      PRESENT,
      {
        rule: 'job-paused',
        decision: 'denies',
        sentence: 'The telemetry job is not scheduled.',
        remedy:
          'Run SELECT alter_job(<id of the telemetry job>, scheduled => true) to turn telemetry on.',
      },
      NOT_RESTORING,
    ]);
  });
});
