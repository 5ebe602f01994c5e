import type { Level } from '../config/target.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { describePause, type JobPause, pauseOf } from './job-pause.ts';
import type { LevelPlace } from './level-place.ts';
import { deniedByLevel, grantedSentence } from './messages.ts';
import {
  type LevelAnswer,
  type LevelRule,
  type LevelTarget,
  resolveLevel,
} from './telemetry-level.ts';

export type ConsentRule = 'do-not-track' | LevelRule | 'job-removed' | 'job-paused' | 'restoring';

/** Whether a report may be sent, which rule decided, and where the deciding level is set. */
export interface Consent extends LevelPlace {
  readonly granted: boolean;
  readonly level: Level;
  readonly rule: ConsentRule;
  /** Explains the decision. */
  readonly sentence: string;
  /** How to change the decision; absent when granted. */
  readonly remedy?: string;
  /** One sentence for each place with an invalid level. */
  readonly warnings: readonly string[];
}

/** Whether DO_NOT_TRACK is set to anything but empty, `0` or `false` (donottrack.sh). */
export function isDoNotTrackSet(text: string | undefined): boolean {
  return !['', '0', 'false'].includes((text ?? '').trim().toLowerCase());
}

/** The result of one rule, also when an earlier rule has decided. */
export interface RuleAnswer {
  readonly rule: ConsentRule;
  readonly decision: 'grants' | 'denies' | 'no-objection';
  readonly sentence: string;
  readonly remedy?: string;
}

const JOB_REMOVED: RuleAnswer = {
  rule: 'job-removed',
  decision: 'denies',
  sentence: 'The telemetry job was removed from the job catalog.',
  remedy:
    "Add the telemetry job again to turn telemetry on; the extension's next update also adds it.",
};

/** Denies when the job was removed. A server built without telemetry has no job and needs none. */
function evaluateJobExists({ jobs, builtWithTelemetry }: Facts): RuleAnswer {
  if (jobs.length === 0 && builtWithTelemetry) return JOB_REMOVED;
  const sentence =
    jobs.length === 0
      ? 'The server was built without telemetry and needs no telemetry job.'
      : 'The telemetry job is in the job catalog.';
  return { rule: 'job-removed', decision: 'no-objection', sentence };
}

/** Returns the statement that resumes the job. alter_job() exists since 2.0; before, only next_start can pause a job. */
function resumeStatement(pauses: readonly JobPause[], installedVersion: string): string {
  if (/^[01]\./.test(installedVersion)) {
    return 'UPDATE _timescaledb_internal.bgw_job_stat SET next_start = now() WHERE job_id = <id of the telemetry job>';
  }
  const settings = [
    ...(pauses.some(({ isUnscheduled }) => isUnscheduled) ? ['scheduled => true'] : []),
    ...(pauses.some(({ nextStart }) => nextStart !== undefined) ? ['next_start => now()'] : []),
  ];
  return `SELECT alter_job(<id of the telemetry job>, ${settings.join(', ')})`;
}

/** Denies when the job is not scheduled, or when its next start is later than the scheduler sets it. */
function evaluateJobScheduled({ jobs, installedVersion }: Facts): RuleAnswer {
  const pauses = jobs.map(pauseOf).filter((pause) => pause !== undefined);
  const [first] = pauses;
  if (first !== undefined) {
    return {
      rule: 'job-paused',
      decision: 'denies',
      sentence: describePause(first),
      remedy: `Run ${resumeStatement(pauses, installedVersion)} to turn telemetry on.`,
    };
  }
  const sentence =
    jobs.length === 0 ? 'There is no telemetry job to pause.' : 'The telemetry job is scheduled.';
  return { rule: 'job-paused', decision: 'no-objection', sentence };
}

/** Denies during a restore, in which the extension's scheduler starts no jobs (src/bgw/scheduler.c). */
function evaluateRestoring({ restoring }: Facts): RuleAnswer {
  return restoring
    ? {
        rule: 'restoring',
        decision: 'denies',
        sentence: 'A dump is being restored into this database: timescaledb.restoring is on.',
        remedy: 'Run SELECT timescaledb_post_restore() when the restore is complete.',
      }
    : {
        rule: 'restoring',
        decision: 'no-objection',
        sentence: 'The database is not being restored.',
      };
}

function evaluateLevel(facts: Facts, answer: LevelAnswer): RuleAnswer {
  return answer.level === 'off'
    ? { rule: answer.rule, decision: 'denies', ...deniedByLevel(answer, facts) }
    : { rule: answer.rule, decision: 'grants', sentence: grantedSentence(answer) };
}

/** The consent when DO_NOT_TRACK is set; it does not depend on the database. */
export const DO_NOT_TRACK_DENIAL = {
  granted: false,
  level: 'off',
  rule: 'do-not-track',
  where: 'function-environment',
  sentence: 'DO_NOT_TRACK is set.',
  remedy:
    "Remove DO_NOT_TRACK from the function's environment, or set it to 0, to turn telemetry on.",
  warnings: [],
} as const satisfies Consent;

function evaluateEnvironment(isUntracked: boolean): RuleAnswer {
  const { rule, sentence, remedy } = DO_NOT_TRACK_DENIAL;
  return isUntracked
    ? { rule, decision: 'denies', sentence, remedy }
    : { rule, decision: 'no-objection', sentence: 'DO_NOT_TRACK is not set.' };
}

/** Evaluates every rule, in order of precedence: the first that denies decides. Pure. */
export function evaluateRules(
  facts: Facts,
  target: LevelTarget,
  isUntracked: boolean,
  level: LevelAnswer = resolveLevel(facts, target),
): readonly RuleAnswer[] {
  return [
    evaluateEnvironment(isUntracked),
    evaluateLevel(facts, level),
    evaluateJobExists(facts),
    evaluateJobScheduled(facts),
    evaluateRestoring(facts),
  ];
}

/**
 * Decides whether this database's report may be sent. The strictest answer wins. Pure; it does not depend on the time.
 *
 * @param isUntracked DO_NOT_TRACK is set in the environment
 */
export function decideConsent(facts: Facts, target: LevelTarget, isUntracked = false): Consent {
  if (isUntracked) return DO_NOT_TRACK_DENIAL;
  const level = resolveLevel(facts, target);
  const rules = evaluateRules(facts, target, isUntracked, level);
  const { decision, ...decided } =
    rules.find((one) => one.decision === 'denies') ?? evaluateLevel(facts, level);
  return {
    granted: decision === 'grants',
    level: level.level,
    ...level.place,
    warnings: level.warnings,
    ...decided,
  };
}
