import type { Facts } from './facts.ts';
import { type LevelAnswer, type LevelRule, resolveLevel } from './level.ts';
import type { Level, Target } from './target.ts';

export type ConsentRule = 'do-not-track' | LevelRule | 'job-removed' | 'job-paused';

/** Granted or denied, and why. */
export interface Consent {
  readonly granted: boolean;
  readonly level: Level;
  readonly rule: ConsentRule;
  /** The kind of place where the deciding level is set. */
  readonly where: string;
  /** Why, for a person. */
  readonly sentence: string;
  /** How to change it, where that is not obvious; absent when granted. */
  readonly remedy?: string;
  readonly warnings: readonly string[];
}

/** Anything but empty, `0` and `false` asks not to be tracked (donottrack.sh). */
export function asksNotToTrack(text: string | undefined): boolean {
  return !['', '0', 'false'].includes((text ?? '').trim().toLowerCase());
}

const SETTING = 'timescaledb.telemetry_level';

/** The statement that undoes an off. The strictest place wins, so only a change at the place that decided can help. */
function undo(where: string): string {
  const holder = /\((.*)\)$/.exec(where)?.[1] ?? 'reporting role';
  if (/^(role in database|database user)/.test(where)) {
    return `ALTER ROLE <the ${holder}> IN DATABASE <this database> RESET ${SETTING}`;
  }
  if (/^(role|user)/.test(where)) return `ALTER ROLE <the ${holder}> RESET ${SETTING}`;
  switch (where) {
    case 'database':
    case 'default':
      return `ALTER DATABASE <this database> SET ${SETTING} = 'basic'`;
    case 'all roles':
    case 'global':
      return `ALTER ROLE ALL RESET ${SETTING}`;
    case 'configuration file':
    case 'command line':
    case 'environment variable':
      return `set ${SETTING} = 'basic' there, and reload the server's configuration`;
    default:
      return `RESET ${SETTING} where the session got it: a pooler's other client, or PGOPTIONS`;
  }
}

function grantedSentence({ level, rule, where }: LevelAnswer): string {
  switch (rule) {
    case 'level-default':
      return `Telemetry is on: level ${level}, TimescaleDB's default.`;
    case 'level-when-unset':
      return `Telemetry is on: level ${level}, this target's choice; the server was built without telemetry.`;
    default:
      return `Telemetry is on: level ${level}, set by: ${where}.`;
  }
}

function deniedByLevel({ rule, where, isInvalid }: LevelAnswer): {
  sentence: string;
  remedy: string;
} {
  switch (rule) {
    case 'level-hidden':
      return {
        sentence: `The telemetry level of this database is hidden: this session has one of another origin (${where}), which cannot consent for the database.`,
        remedy: `Remove the setting from the reporting role or the session (ALTER ROLE <the reporting role> RESET ${SETTING}), or set the level for the database: ALTER DATABASE <this database> SET ${SETTING} = 'basic' (on the primary, where this is a standby).`,
      };
    case 'level-unreadable':
      return {
        sentence:
          'The telemetry level cannot be read: the extension has telemetry, but its library is not loaded in this session.',
        remedy:
          'Add timescaledb to shared_preload_libraries and restart the server, or set the level for the database with ALTER DATABASE.',
      };
    case 'level-when-unset':
      return {
        sentence:
          "The server was built without telemetry and has no level, and this target's levelWhenUnset is off.",
        remedy:
          "To turn it on, set levelWhenUnset to basic or no_functions in this target's environment.",
      };
    default:
      return {
        sentence: isInvalid
          ? `Telemetry is off: what is set by ${where} is no level, and counts as off.`
          : `Telemetry is off, set by: ${where}.`,
        remedy: `To turn it on: ${undo(where)}.`,
      };
  }
}

/** What the job says against it, if anything. A server built without telemetry never has one. */
function deniedByJob(
  facts: Facts,
): { rule: ConsentRule; sentence: string; remedy: string } | undefined {
  if (facts.jobs.some((job) => !job.scheduled)) {
    return {
      rule: 'job-paused',
      sentence: 'The telemetry job is not scheduled.',
      remedy: 'To turn it on: SELECT alter_job(<id of the telemetry job>, scheduled => true).',
    };
  }
  if (facts.jobs.length === 0 && facts.builtWithTelemetry) {
    return {
      rule: 'job-removed',
      sentence: 'The telemetry job was removed from the job catalog.',
      remedy: "To turn it on, put the job back; the extension's next update does so by itself.",
    };
  }
  return undefined;
}

/** The answer when the environment asks not to be tracked; it needs no look at the database. */
export const NOT_TO_BE_TRACKED: Consent = {
  granted: false,
  level: 'off',
  rule: 'do-not-track',
  where: "the function's environment",
  sentence: 'DO_NOT_TRACK is set.',
  remedy: 'To turn it on, remove DO_NOT_TRACK from the environment, or set it to 0.',
  warnings: [],
};

/**
 * Whether this database's report may leave, by which rule, and why. The strictest answer wins. Pure; it does not know
 * the time.
 */
export function decideConsent(facts: Facts, target: Target): Consent {
  const answer = resolveLevel(facts, target);
  const common = { level: answer.level, where: answer.where, warnings: answer.warnings };
  if (answer.level === 'off') {
    return { ...common, granted: false, rule: answer.rule, ...deniedByLevel(answer) };
  }
  const objection = deniedByJob(facts);
  if (objection !== undefined) return { ...common, granted: false, ...objection };
  return { ...common, granted: true, rule: answer.rule, sentence: grantedSentence(answer) };
}
