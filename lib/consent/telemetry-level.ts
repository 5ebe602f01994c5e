import { LEVELS, type Level, type Target } from '../config/target.ts';
import type { Facts, Holder, StoredPlace } from '../timescaledb/facts.ts';

/** Where a level can stand, by kind: the names of roles and databases stay on the server. */
export type PlaceKind =
  | StoredPlace
  | 'default'
  | 'configuration file'
  | 'command line'
  | 'environment variable'
  | 'session'
  | 'unknown place'
  | 'start-up options'
  | 'fall-back of the session'
  | 'levelWhenUnset'
  | 'not readable';

export interface Place {
  readonly kind: PlaceKind;
  /** Whose setting it is, where it is not everybody's. */
  readonly holder?: Exclude<Holder, 'everybody'>;
}

interface LevelSetting {
  readonly level: Level;
  readonly place: Place;
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
export interface LevelAnswer {
  readonly level: Level;
  readonly rule: LevelRule;
  /** What granted the level; or what denied it, where that can be told. */
  readonly place: Place;
  readonly isInvalid?: true;
  /** Something stricter than what granted it, which can tighten but not grant. */
  readonly tightenedBy?: Place;
  /** Texts that are no level, by the kind of place where they were found. */
  readonly warnings: readonly string[];
}

const BY_SOURCE: ReadonlyMap<string, Place> = new Map<string, Place>([
  ['default', { kind: 'default' }],
  ['configuration file', { kind: 'configuration file' }],
  ['command line', { kind: 'command line' }],
  ['environment variable', { kind: 'environment variable' }],
  ['global', { kind: 'all roles' }],
  ['database', { kind: 'database' }],
  ['user', { kind: 'role', holder: 'reporting role' }],
  ['database user', { kind: 'role in database', holder: 'reporting role' }],
  ['client', { kind: 'start-up options' }],
]);

/**
 * The place behind `pg_settings.source`; what is not known is worth as little as what a session has set. Without the
 * extension's library there is no source to be seen.
 */
function placeOfSource(source: string | null): Place {
  if (source === null) return { kind: 'unknown place' };
  return BY_SOURCE.get(source) ?? { kind: 'session' };
}

/** Places of the server itself, which a primary does not hand on to its standbys. */
const SERVER_SCOPES: ReadonlySet<PlaceKind> = new Set([
  'default',
  'configuration file',
  'command line',
  'environment variable',
]);

/** Places in the catalogs that hold for everybody. */
const GLOBAL_SCOPES: ReadonlySet<PlaceKind> = new Set(['all roles', 'database']);

export function isServerScope({ kind }: Place): boolean {
  return SERVER_SCOPES.has(kind);
}

function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

/** A place as a person would say it. */
export function nameOf({ kind, holder }: Place): string {
  return holder === undefined ? kind : `${kind} (${holder})`;
}

function find(text: string, place: Place): LevelSetting {
  const level = LEVELS.find((one) => one === text.trim().toLowerCase());
  return level === undefined ? { level: 'off', place, isInvalid: true } : { level, place };
}

/** Everything that is visible, the places where it can be changed first. */
function allFindings({ level }: Facts): LevelSetting[] {
  const { stored, configured, session, source, reset } = level;
  const texts: (readonly [string | null, Place])[] = [
    ...stored.map(
      ({ value, place, holder }) =>
        [value, holder === 'everybody' ? { kind: place } : { kind: place, holder }] as const,
    ),
    [configured, { kind: 'configuration file' }],
    [session, placeOfSource(source)],
    [reset, { kind: 'fall-back of the session' }],
  ];
  const findings = texts.flatMap(([text, place]) => (text === null ? [] : [find(text, place)]));
  // Thousands of roles can own a telemetry job; their levels differ by kind of place and level alone.
  const distinct = new Map(findings.map((one) => [JSON.stringify(one), one]));
  return [...distinct.values()];
}

interface GrantingLevel {
  readonly level: Level;
  readonly rule: LevelRule;
  readonly place: Place;
}

/** What the session sees, where that speaks for the database; a standby's own configuration does not. */
function seenBySession({ standby, level: { session, source } }: Facts): GrantingLevel | undefined {
  const place = placeOfSource(source);
  const speaksForDatabase = GLOBAL_SCOPES.has(place.kind) || (isServerScope(place) && !standby);
  if (session === null || !speaksForDatabase) return undefined;
  const rule = place.kind === 'default' ? 'level-default' : 'level-set';
  return { level: find(session, place).level, rule, place };
}

/** The level that is stored for everybody, the more specific place first. */
function storedForEverybody({ level: { stored } }: Facts): GrantingLevel | undefined {
  for (const kind of ['database', 'all roles'] as const) {
    const found = stored.find(({ place }) => place === kind);
    if (found === undefined) continue;
    const place = { kind };
    return { level: find(found.value, place).level, rule: 'level-set', place };
  }
  return undefined;
}

/** What stands before the level of the database; where PostgreSQL does not say it, what the reporting role has stored. */
function hidingPlace({ level: { source, stored } }: Facts): Place {
  const own = stored.find(({ holder }) => holder === 'reporting role');
  return source === null && own !== undefined
    ? { kind: own.place, holder: 'reporting role' }
    : placeOfSource(source);
}

/** No loaded library defines the setting, on a server whose extension has telemetry. */
const UNREADABLE: GrantingLevel = {
  level: 'off',
  rule: 'level-unreadable',
  place: { kind: 'not readable' },
};

/** The answer of the one who may decide on a server built without telemetry: this target's environment. */
function choiceOf(target: Target): GrantingLevel {
  return {
    level: target.levelWhenUnset,
    rule: 'level-when-unset',
    place: { kind: 'levelWhenUnset' },
  };
}

/**
 * What may grant consent. The reporting role cannot consent for the database (any role may set the level for itself),
 * nor can what a pooler's other client left in the session, nor what the session would fall back to (a role's setting
 * or a start-up option may be behind it); they do not count here, and can only tighten later.
 */
function basisOf(facts: Facts, target: Target): GrantingLevel {
  const { session, source } = facts.level;
  if (session === null && facts.builtWithTelemetry) return UNREADABLE;
  const seen = seenBySession(facts) ?? storedForEverybody(facts);
  if (seen !== undefined) return seen;
  if (session === null) return choiceOf(target);
  if (!facts.builtWithTelemetry && target.levelWhenUnset !== 'off') return choiceOf(target);
  if (source === null && facts.builtWithTelemetry) return UNREADABLE;
  return { level: 'off', rule: 'level-hidden', place: hidingPlace(facts) };
}

/** One place where a level is set, or would be. */
export interface VisibleLevel {
  /** By its kind. */
  readonly where: string;
  readonly level: Level;
  /** What stands there is a text that is no level; it counts as off. */
  readonly isInvalid?: true;
}

/** Every place in which a level can be seen, those where it can be changed first. Pure. */
export function visibleLevels(facts: Facts): readonly VisibleLevel[] {
  return allFindings(facts).map(({ place, ...rest }) => ({ where: nameOf(place), ...rest }));
}

/** The telemetry level that the strictest visible answer gives. Pure. */
export function resolveLevel(facts: Facts, target: Target): LevelAnswer {
  const basis = basisOf(facts, target);
  const findings = allFindings(facts);
  const warnings = findings
    .filter(({ isInvalid }) => isInvalid)
    .map(({ place }) => `A text that is no level counts as off (${nameOf(place)}).`);
  const strictest = findings.toSorted((one, other) => rank(one.level) - rank(other.level))[0];
  // An off that somebody has set explains more than a level that could not be seen.
  if (strictest?.level === 'off') return { ...strictest, rule: 'level-off', warnings };
  if (strictest === undefined || rank(strictest.level) >= rank(basis.level)) {
    return { ...basis, warnings };
  }
  return { ...basis, level: strictest.level, tightenedBy: strictest.place, warnings };
}
