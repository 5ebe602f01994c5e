import type { Level, Target } from '../config/target.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { describePause, type JobPause, pauseOf } from './job-pause.ts';
import {
  isServerScope,
  type LevelAnswer,
  type LevelRule,
  nameOf,
  type Place,
  resolveLevel,
} from './telemetry-level.ts';

export type ConsentRule = 'do-not-track' | LevelRule | 'job-removed' | 'job-paused' | 'restoring';

/** Granted or denied, and why. */
export interface Consent {
  readonly granted: boolean;
  readonly level: Level;
  readonly rule: ConsentRule;
  /** The kind of place where the level that granted or denied is set. */
  readonly where: string;
  /** Why, for a person. */
  readonly sentence: string;
  /** How to change it, where that is not obvious; absent when granted. */
  readonly remedy?: string;
  readonly warnings: readonly string[];
}

/** Anything but empty, `0` and `false` asks not to be tracked (donottrack.sh). */
export function isDoNotTrackSet(text: string | undefined): boolean {
  return !['', '0', 'false'].includes((text ?? '').trim().toLowerCase());
}

const SETTING = 'timescaledb.telemetry_level';
const SET_FOR_DATABASE = `ALTER DATABASE <this database> SET ${SETTING} = 'basic'`;

/** How an off, or a level that hides another, is undone at the place where it stands. */
// Stryker disable next-line StringLiteral: a place of a role always has its holder
function remedyForPlace({ kind, holder = 'reporting role' }: Place): string {
  switch (kind) {
    case 'database':
    case 'default':
      return SET_FOR_DATABASE;
    case 'all roles':
      return `ALTER ROLE ALL RESET ${SETTING}`;
    case 'role':
      return `ALTER ROLE <the ${holder}> RESET ${SETTING}`;
    case 'role in database':
      return `ALTER ROLE <the ${holder}> IN DATABASE <this database> RESET ${SETTING}`;
    case 'configuration file':
    case 'command line':
    case 'environment variable':
      return `set ${SETTING} = 'basic' there, and reload the server's configuration`;
    case 'session':
      return `RESET ${SETTING} in the pooled session that was left with it`;
    case 'unknown place':
      return `RESET ${SETTING} where it is set: without the extension's library PostgreSQL does not say where; look at the server's configuration, ALTER SYSTEM, PGOPTIONS, and what a pooler keeps`;
    case 'start-up options':
      return 'remove it from PGOPTIONS, or from what the pooler sends at the start of a session';
    case 'fall-back of the session':
      return "set the level where the server, the database or the role has it; the session's own value hides which";
    case 'not readable':
      return 'add timescaledb to shared_preload_libraries, and restart the server (a pooled session may also be older than the setting)';
    case 'levelWhenUnset':
      return "set levelWhenUnset to basic or no_functions in this target's environment";
  }
}

function grantedSentence({ level, rule, place, tightenedBy }: LevelAnswer): string {
  const by = tightenedBy === undefined ? '' : `, tightened by: ${nameOf(tightenedBy)}`;
  switch (rule) {
    case 'level-default':
      return `Telemetry is on: level ${level}, TimescaleDB's default${by}.`;
    case 'level-when-unset':
      return `Telemetry is on: level ${level}, this target's choice${by}; the server was built without telemetry.`;
    default:
      return `Telemetry is on: level ${level}, set by: ${nameOf(place)}${by}.`;
  }
}

interface Denial {
  readonly sentence: string;
  readonly remedy: string;
}

/** What is hidden has to be set where everybody can see it. */
function deniedAsHidden({ place }: LevelAnswer, { standby, builtWithTelemetry }: Facts): Denial {
  const hides = 'The telemetry level of this database is hidden:';
  if (standby && isServerScope(place)) {
    return {
      sentence: `${hides} this is a standby, whose own configuration (${nameOf(place)}) says nothing of the primary's.`,
      remedy: `Set the level in the primary's catalogs: ${SET_FOR_DATABASE}.`,
    };
  }
  const choice = builtWithTelemetry ? '' : `; or ${remedyForPlace({ kind: 'levelWhenUnset' })}`;
  return {
    sentence: `${hides} the session has one of its own (${nameOf(place)}), which cannot consent for the database.`,
    remedy: `Either ${remedyForPlace(place)}; or set the level for the database: ${SET_FOR_DATABASE}${choice}.`,
  };
}

function deniedByLevel(answer: LevelAnswer, facts: Facts): Denial {
  const { rule, place, isInvalid } = answer;
  const where = nameOf(place);
  switch (rule) {
    case 'level-hidden':
      return deniedAsHidden(answer, facts);
    case 'level-unreadable':
      return {
        sentence:
          'The telemetry level cannot be read: the extension has telemetry, but its library is not loaded in this session.',
        remedy: `To make it readable: ${remedyForPlace(place)}.`,
      };
    case 'level-when-unset':
      return {
        sentence:
          "The server was built without telemetry and has no level, and this target's levelWhenUnset is off.",
        remedy: `To turn it on, ${remedyForPlace(place)}.`,
      };
    default:
      return {
        sentence: isInvalid
          ? `Telemetry is off: what is set by ${where} is no level, and counts as off.`
          : `Telemetry is off, set by: ${where}.`,
        remedy: `To turn it on: ${remedyForPlace(place)}.`,
      };
  }
}

/** One rule's own answer, whether it decided or not. */
export interface RuleAnswer {
  readonly rule: ConsentRule;
  readonly decision: 'grants' | 'denies' | 'does not object';
  readonly sentence: string;
  readonly remedy?: string;
}

const JOB_REMOVED: RuleAnswer = {
  rule: 'job-removed',
  decision: 'denies',
  sentence: 'The telemetry job was removed from the job catalog.',
  remedy: "To turn it on, put the job back; the extension's next update does so by itself.",
};

/** Whether the job is there. A server built without telemetry never has one, and needs none. */
function evaluateJobExists({ jobs, builtWithTelemetry }: Facts): RuleAnswer {
  if (jobs.length === 0 && builtWithTelemetry) return JOB_REMOVED;
  const sentence =
    jobs.length === 0
      ? 'The server was built without telemetry and needs no telemetry job.'
      : 'The telemetry job is in the job catalog.';
  return { rule: 'job-removed', decision: 'does not object', sentence };
}

/** The statement that resumes the job; alter_job() came with 2.0, and before it next_start alone pauses one. */
function resumption(pauses: readonly JobPause[], installedVersion: string): string {
  if (/^[01]\./.test(installedVersion)) {
    return 'UPDATE _timescaledb_internal.bgw_job_stat SET next_start = now() WHERE job_id = <id of the telemetry job>';
  }
  const settings = [
    ...(pauses.some(({ isUnscheduled }) => isUnscheduled) ? ['scheduled => true'] : []),
    ...(pauses.some(({ nextStart }) => nextStart !== undefined) ? ['next_start => now()'] : []),
  ];
  return `SELECT alter_job(<id of the telemetry job>, ${settings.join(', ')})`;
}

/** Whether the job runs: it is scheduled, and its next start is one that the scheduler has set. */
function evaluateJobScheduled({ jobs, installedVersion }: Facts): RuleAnswer {
  const pauses = jobs.map(pauseOf).filter((pause) => pause !== undefined);
  const [first] = pauses;
  if (first !== undefined) {
    return {
      rule: 'job-paused',
      decision: 'denies',
      sentence: describePause(first),
      remedy: `To turn it on: ${resumption(pauses, installedVersion)}.`,
    };
  }
  const sentence =
    jobs.length === 0
      ? 'There is no telemetry job that could be paused.'
      : 'The telemetry job is scheduled.';
  return { rule: 'job-paused', decision: 'does not object', sentence };
}

/** Whether a dump is being restored; the extension's scheduler starts no job meanwhile (src/bgw/scheduler.c). */
function evaluateRestoring({ restoring }: Facts): RuleAnswer {
  return restoring
    ? {
        rule: 'restoring',
        decision: 'denies',
        sentence: 'A dump is being restored into this database: timescaledb.restoring is on.',
        remedy: 'To end the restore: SELECT timescaledb_post_restore().',
      }
    : {
        rule: 'restoring',
        decision: 'does not object',
        sentence: 'The database is not being restored.',
      };
}

function evaluateLevel(facts: Facts, answer: LevelAnswer): RuleAnswer {
  return answer.level === 'off'
    ? { rule: answer.rule, decision: 'denies', ...deniedByLevel(answer, facts) }
    : { rule: answer.rule, decision: 'grants', sentence: grantedSentence(answer) };
}

/** The answer when the environment asks not to be tracked; it needs no look at the database. */
export const DO_NOT_TRACK_DENIAL = {
  granted: false,
  level: 'off',
  rule: 'do-not-track',
  where: "the function's environment",
  sentence: 'DO_NOT_TRACK is set.',
  remedy: 'To turn it on, remove DO_NOT_TRACK from the environment, or set it to 0.',
  warnings: [],
} as const satisfies Consent;

function evaluateEnvironment(isUntracked: boolean): RuleAnswer {
  const { rule, sentence, remedy } = DO_NOT_TRACK_DENIAL;
  return isUntracked
    ? { rule, decision: 'denies', sentence, remedy }
    : { rule, decision: 'does not object', sentence: 'DO_NOT_TRACK is not set.' };
}

/** The answer of each rule, in the order in which they decide: the first that denies. Pure. */
export function evaluateRules(
  facts: Facts,
  target: Target,
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
 * Whether this database's report may leave, by which rule, and why. The strictest answer wins. Pure; it does not know
 * the time.
 *
 * @param isUntracked DO_NOT_TRACK is set in the environment
 */
export function decideConsent(facts: Facts, target: Target, isUntracked = false): Consent {
  if (isUntracked) return DO_NOT_TRACK_DENIAL;
  const level = resolveLevel(facts, target);
  const rules = evaluateRules(facts, target, isUntracked, level);
  const { decision, ...decided } =
    rules.find((one) => one.decision === 'denies') ?? evaluateLevel(facts, level);
  return {
    granted: decision === 'grants',
    level: level.level,
    where: nameOf(level.place),
    warnings: level.warnings,
    ...decided,
  };
}
