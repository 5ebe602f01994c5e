import type { Facts, StoredLevel } from './facts.ts';
import { LEVELS, type Level, type Target } from './target.ts';

/** A level that was found somewhere. */
interface Finding {
  readonly level: Level;
  /** The kind of place, as a person would say it; never the name of a role or a database. */
  readonly where: string;
  /** What stands there is a text that is no level; it counts as off. */
  readonly isInvalid?: true;
}

export type LevelRule =
  | 'level-set'
  | 'level-default'
  | 'level-when-unset'
  | 'level-off'
  | 'level-hidden'
  | 'level-unreadable';

/** What all visible answers together make of the level, and which of them decided. */
export interface LevelAnswer extends Finding {
  readonly rule: LevelRule;
  /** Texts that are no level, by the kind of place where they were found. */
  readonly warnings: readonly string[];
}

/** Sources of `pg_settings` that speak for the database, and not for the session that asks. */
const SPEAKS_FOR_DATABASE: ReadonlySet<string> = new Set([
  'default',
  'configuration file',
  'command line',
  'environment variable',
  'global',
  'database',
]);

/** Those of them that a primary hands on to its standbys. */
const REPLICATED: ReadonlySet<string> = new Set(['global', 'database']);

function parseLevel(text: string): Level | undefined {
  return LEVELS.find((level) => level === text.trim().toLowerCase());
}

function stricterOf(one: Finding, other: Finding): Finding {
  return LEVELS.indexOf(other.level) < LEVELS.indexOf(one.level) ? other : one;
}

/** What is not set for everybody is named with the one it is set for. */
function placeOf(stored: StoredLevel): string {
  return stored.holder === 'everybody' ? stored.place : `${stored.place} (${stored.holder})`;
}

/** Everything that is visible, one finding each, the places where it can be changed first; text that is no level is off. */
function allFindings({ level }: Facts): { findings: Finding[]; warnings: string[] } {
  const texts: (readonly [string | null, string])[] = [
    ...level.stored.map((stored) => [stored.value, placeOf(stored)] as const),
    [level.configured, 'configuration file'],
    [level.session, level.source ?? 'session'],
    [level.reset, 'before the session changed it'],
  ];
  const findings: Finding[] = [];
  const warnings: string[] = [];
  for (const [text, where] of texts) {
    if (text === null) continue;
    const parsed = parseLevel(text);
    if (parsed === undefined) warnings.push(`A text that is no level counts as off (${where}).`);
    findings.push(
      parsed === undefined ? { level: 'off', where, isInvalid: true } : { level: parsed, where },
    );
  }
  return { findings, warnings };
}

/** The level that is set for everybody, the more specific place first. */
function setForEverybody(facts: Facts): Finding | undefined {
  for (const place of ['database', 'all roles'] as const) {
    const stored = facts.level.stored.find((one) => one.place === place);
    if (stored !== undefined) return { level: parseLevel(stored.value) ?? 'off', where: place };
  }
  return undefined;
}

interface Basis {
  readonly finding: Finding;
  readonly rule: LevelRule;
}

function hidden(rule: 'level-hidden' | 'level-unreadable', where: string): Basis {
  return { finding: { level: 'off', where }, rule };
}

/** The answer of the one who may decide on a server built without telemetry: this target's environment. */
function choiceOfTarget(target: Target): Basis {
  return {
    finding: { level: target.levelWhenUnset, where: "the target's levelWhenUnset" },
    rule: 'level-when-unset',
  };
}

/**
 * The level of a session that has it from a place which speaks for the database. A standby's configuration file is its
 * own and not the primary's, so there only what the catalogs hold speaks.
 */
function readFromDatabase({ standby, level: { session, source } }: Facts): Basis | undefined {
  if (session === null || source === null || !SPEAKS_FOR_DATABASE.has(source)) return undefined;
  if (standby && !REPLICATED.has(source)) return undefined;
  const finding = { level: parseLevel(session) ?? 'off', where: source };
  return { finding, rule: source === 'default' ? 'level-default' : 'level-set' };
}

/**
 * What may grant consent. The reporting role cannot consent for the database (any role may set the level for itself),
 * nor can what a pooler's other client left in the session, nor what the session would fall back to (a role's setting
 * or a start-up option may be behind it); they do not count here, and can only tighten later.
 */
function basisOf(facts: Facts, target: Target): Basis {
  const { session, source } = facts.level;
  if (session === null && facts.builtWithTelemetry) {
    return hidden('level-unreadable', 'not readable');
  }
  const read = readFromDatabase(facts);
  if (read !== undefined) return read;
  const everybody = setForEverybody(facts);
  if (everybody !== undefined) return { finding: everybody, rule: 'level-set' };
  if (session === null) return choiceOfTarget(target);
  if (!facts.builtWithTelemetry && target.levelWhenUnset !== 'off') return choiceOfTarget(target);
  return source === null && facts.builtWithTelemetry
    ? hidden('level-unreadable', 'not readable')
    : hidden('level-hidden', `${facts.standby ? "the standby's own " : ''}${source ?? 'session'}`);
}

/**
 * The telemetry level that the strictest visible answer gives (design decision 4). Pure.
 */
export function resolveLevel(facts: Facts, target: Target): LevelAnswer {
  const { findings, warnings } = allFindings(facts);
  const { finding: basis, rule } = basisOf(facts, target);
  const strictest = findings.reduce(stricterOf, basis);
  if (strictest.level !== 'off') {
    return { ...strictest, rule: strictest === basis ? rule : 'level-set', warnings };
  }
  // An off that somebody has set explains more than a level that could not be seen.
  const isSetOff = findings.some(({ level }) => level === 'off');
  if (isSetOff) {
    const found = findings.find(({ level }) => level === 'off') ?? strictest;
    return { ...found, rule: 'level-off', warnings };
  }
  return { ...strictest, rule: rule === 'level-set' ? 'level-off' : rule, warnings };
}
