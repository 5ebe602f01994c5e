import type { Facts } from '../timescaledb/facts.ts';
import { describeHolder, describePlace, type LevelPlace } from './level-place.ts';
import { isServerScope, type LevelAnswer } from './telemetry-level.ts';

const SETTING = 'timescaledb.telemetry_level';
const SET_FOR_DATABASE = `run ALTER DATABASE <this database> SET ${SETTING} = 'basic'`;

/** Sentences for a person: what a rule decided, and how to change it. */
export interface Denial {
  readonly sentence: string;
  readonly remedy: string;
}

/** Makes a sentence of a clause. */
function toSentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

/** Returns the clause that says how to change a level at its place; it begins with an imperative verb. */
function remedyForPlace(place: LevelPlace): string {
  switch (place.where) {
    case 'database':
    case 'default':
      return SET_FOR_DATABASE;
    case 'all-roles':
      return `run ALTER ROLE ALL RESET ${SETTING}`;
    case 'role':
      return `run ALTER ROLE <${describeHolder(place)}> RESET ${SETTING}`;
    case 'role-in-database':
      return `run ALTER ROLE <${describeHolder(place)}> IN DATABASE <this database> RESET ${SETTING}`;
    case 'configuration-file':
    case 'command-line':
    case 'environment-variable':
      return `set ${SETTING} = 'basic' there, and reload the server's configuration`;
    case 'session':
      return `run RESET ${SETTING} in the pooled session that kept the setting`;
    case 'unknown':
      return `reset ${SETTING} in the server's configuration, in PGOPTIONS or in the pooled session (PostgreSQL does not show the place without the extension's library)`;
    case 'startup-options':
      return "remove it from PGOPTIONS, or from the startup parameters of the pooler's sessions";
    case 'session-reset-value':
      return "set the level in the server's configuration, for the database or for the role (the session's own value hides which of them is off)";
    case 'not-readable':
      return 'add timescaledb to shared_preload_libraries, and restart the server (a pooled session may also be older than the setting)';
    case 'level-when-unset':
      return "set levelWhenUnset to basic or no_functions in this target's environment";
    case 'function-environment':
      return "remove DO_NOT_TRACK from the function's environment, or set it to 0";
  }
}

/** Describes the place of a level as a part of a sentence that names the level. */
function setAt(place: LevelPlace): string {
  return place.where === 'default' ? "TimescaleDB's default" : `set ${describePlace(place)}`;
}

/** Returns the sentence for a level that grants. */
export function grantedSentence({ level, rule, place, tightenedBy }: LevelAnswer): string {
  const restriction = tightenedBy === undefined ? '' : `, restricted ${describePlace(tightenedBy)}`;
  const note = rule === 'level-when-unset' ? '; the server was built without telemetry' : '';
  return `Telemetry is on: level ${level}, ${setAt(place)}${restriction}${note}.`;
}

/** Returns the denial for a hidden level: the level must be set at a place that applies to all roles. */
function deniedAsHidden({ place }: LevelAnswer, { standby, builtWithTelemetry }: Facts): Denial {
  const hidden = 'The telemetry level of this database is hidden:';
  if (standby && isServerScope(place)) {
    return {
      sentence: `${hidden} this server is a standby, and its own level (${setAt(place)}) is not the primary's.`,
      remedy: toSentence(`${SET_FOR_DATABASE} on the primary`),
    };
  }
  const target = builtWithTelemetry ? '' : `; or ${remedyForPlace({ where: 'level-when-unset' })}`;
  return {
    sentence: `${hidden} the session has its own level, ${setAt(place)}, which cannot give consent for the database.`,
    remedy: toSentence(
      `${remedyForPlace(place)}; or set the level for the database: ${SET_FOR_DATABASE}${target}`,
    ),
  };
}

/** Returns the sentence and the remedy for a level that denies. */
export function deniedByLevel(answer: LevelAnswer, facts: Facts): Denial {
  const { rule, place, isInvalid } = answer;
  const remedy = remedyForPlace(place);
  const turnOn = toSentence(`${remedy} to turn telemetry on`);
  switch (rule) {
    case 'level-hidden':
      return deniedAsHidden(answer, facts);
    case 'level-unreadable':
      return {
        sentence:
          'The telemetry level cannot be read: the extension has telemetry, but its library is not loaded in this session.',
        remedy: toSentence(remedy),
      };
    case 'level-when-unset':
      return {
        sentence:
          'The server was built without telemetry and has no level, and levelWhenUnset of this target is off.',
        remedy: turnOn,
      };
    default:
      return {
        sentence: isInvalid
          ? `Telemetry is off: the level set ${describePlace(place)} is invalid and is treated as off.`
          : `Telemetry is off: level off, ${setAt(place)}.`,
        remedy: turnOn,
      };
  }
}
