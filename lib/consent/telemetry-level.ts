import { LEVELS, type Level, type Target } from '../config/target.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { describePlace, type LevelPlace, type PlaceKind } from './level-place.ts';

/** The setting of a target that a telemetry level depends on. */
export type LevelTarget = Pick<Target, 'levelWhenUnset'>;

interface LevelSetting {
  readonly level: Level;
  readonly place: LevelPlace;
  /** The text there is not a valid level and is treated as off. */
  readonly isInvalid?: true;
}

export type LevelRule =
  | 'level-set'
  | 'level-default'
  | 'level-when-unset'
  | 'level-off'
  | 'level-hidden'
  | 'level-unreadable';

/** The level that results from all visible levels, and the place that decided. */
export interface LevelAnswer {
  readonly level: Level;
  readonly rule: LevelRule;
  /** Place of the level that granted or denied. */
  readonly place: LevelPlace;
  readonly isInvalid?: true;
  /** Place of a stricter level, which can tighten and not grant. */
  readonly tightenedBy?: LevelPlace;
  /** One sentence for each place with an invalid level. */
  readonly warnings: readonly string[];
}

const BY_SOURCE: ReadonlyMap<string, LevelPlace> = new Map<string, LevelPlace>([
  ['default', { where: 'default' }],
  ['configuration file', { where: 'configuration-file' }],
  ['command line', { where: 'command-line' }],
  ['environment variable', { where: 'environment-variable' }],
  ['global', { where: 'all-roles' }],
  ['database', { where: 'database' }],
  ['user', { where: 'role', holder: 'reporting-role' }],
  ['database user', { where: 'role-in-database', holder: 'reporting-role' }],
  ['client', { where: 'startup-options' }],
]);

/**
 * Returns the place for a value of `pg_settings.source`, which is null without the extension's library. An unknown source
 * is treated as the session: it can tighten, and not grant.
 */
function placeOfSource(source: string | null): LevelPlace {
  if (source === null) return { where: 'unknown' };
  return BY_SOURCE.get(source) ?? { where: 'session' };
}

/** Places of the server itself, which a primary does not replicate to its standbys. */
const SERVER_SCOPES: ReadonlySet<PlaceKind> = new Set([
  'default',
  'configuration-file',
  'command-line',
  'environment-variable',
]);

/** Places in the catalogs that apply to all roles. */
const GLOBAL_SCOPES: ReadonlySet<PlaceKind> = new Set(['all-roles', 'database']);

export function isServerScope({ where }: LevelPlace): boolean {
  return SERVER_SCOPES.has(where);
}

function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

function parseLevel(text: string, place: LevelPlace): LevelSetting {
  const level = LEVELS.find((one) => one === text.trim().toLowerCase());
  return level === undefined ? { level: 'off', place, isInvalid: true } : { level, place };
}

/** Returns every visible level, first those that are set at a place where they can be changed. */
function visibleSettings({ level }: Facts): LevelSetting[] {
  const { stored, configured, session, source, reset } = level;
  const texts: (readonly [string | null, LevelPlace])[] = [
    ...stored.map(
      ({ value, place: where, holder }) =>
        [value, holder === 'everybody' ? { where } : { where, holder }] as const,
    ),
    [configured, { where: 'configuration-file' }],
    [session, placeOfSource(source)],
    [reset, { where: 'session-reset-value' }],
  ];
  const settings = texts.flatMap(([text, place]) =>
    text === null ? [] : [parseLevel(text, place)],
  );
  // Thousands of roles can own a telemetry job; their levels differ only by kind of place and level.
  const distinct = new Map(settings.map((one) => [JSON.stringify(one), one]));
  return [...distinct.values()];
}

interface GrantingLevel {
  readonly level: Level;
  readonly rule: LevelRule;
  readonly place: LevelPlace;
}

/** Returns the session's level if it applies to all roles; on a standby the server's own configuration is excluded. */
function seenBySession({ standby, level: { session, source } }: Facts): GrantingLevel | undefined {
  const place = placeOfSource(source);
  const appliesToAll = GLOBAL_SCOPES.has(place.where) || (isServerScope(place) && !standby);
  if (session === null || !appliesToAll) return undefined;
  const rule = place.where === 'default' ? 'level-default' : 'level-set';
  return { level: parseLevel(session, place).level, rule, place };
}

/** Returns the level that is stored for all roles; the level of the database takes precedence. */
function storedForEverybody({ level: { stored } }: Facts): GrantingLevel | undefined {
  for (const where of ['database', 'all-roles'] as const) {
    const found = stored.find(({ place }) => place === where);
    if (found === undefined) continue;
    const place = { where };
    return { level: parseLevel(found.value, place).level, rule: 'level-set', place };
  }
  return undefined;
}

/** Returns the place that overrides the level of the database; without a source, the reporting role's stored setting. */
function hidingPlace({ level: { source, stored } }: Facts): LevelPlace {
  const own = stored.find(({ holder }) => holder === 'reporting-role');
  return source === null && own !== undefined
    ? { where: own.place, holder: 'reporting-role' }
    : placeOfSource(source);
}

/** No loaded library defines the setting, on a server whose extension has telemetry. */
const UNREADABLE: GrantingLevel = {
  level: 'off',
  rule: 'level-unreadable',
  place: { where: 'not-readable' },
};

/** Returns the target's level for a server that was built without telemetry. */
function levelOfTarget(target: LevelTarget): GrantingLevel {
  return {
    level: target.levelWhenUnset,
    rule: 'level-when-unset',
    place: { where: 'level-when-unset' },
  };
}

/**
 * Returns the level that may grant consent. Three kinds of levels can only tighten, and are ignored here: those of the
 * reporting role (any role may set its own level), of the session (another client of a pooler may have set it), and the
 * session's reset value (a role's setting or a startup option may be its source).
 */
function grantingLevel(facts: Facts, target: LevelTarget): GrantingLevel {
  const { session, source } = facts.level;
  if (session === null && facts.builtWithTelemetry) return UNREADABLE;
  const seen = seenBySession(facts) ?? storedForEverybody(facts);
  if (seen !== undefined) return seen;
  if (session === null) return levelOfTarget(target);
  if (!facts.builtWithTelemetry && target.levelWhenUnset !== 'off') return levelOfTarget(target);
  if (source === null && facts.builtWithTelemetry) return UNREADABLE;
  return { level: 'off', rule: 'level-hidden', place: hidingPlace(facts) };
}

/** One place where a level is set. */
export interface VisibleLevel extends LevelPlace {
  readonly level: Level;
  /** The text there is not a valid level and is treated as off. */
  readonly isInvalid?: true;
}

/** Returns every place in which a level is visible, first those where it can be changed. Pure. */
export function visibleLevels(facts: Facts): readonly VisibleLevel[] {
  return visibleSettings(facts).map(({ place, ...rest }) => ({ ...place, ...rest }));
}

/** Returns the telemetry level: the strictest one that is visible. Pure. */
export function resolveLevel(facts: Facts, target: LevelTarget): LevelAnswer {
  const granting = grantingLevel(facts, target);
  const settings = visibleSettings(facts);
  const warnings = settings
    .filter(({ isInvalid }) => isInvalid)
    .map(({ place }) => `The level set ${describePlace(place)} is invalid and is treated as off.`);
  const strictest = settings.toSorted((one, other) => rank(one.level) - rank(other.level))[0];
  // A level off that is set explains more than a level that is hidden.
  if (strictest?.level === 'off') return { ...strictest, rule: 'level-off', warnings };
  if (strictest === undefined || rank(strictest.level) >= rank(granting.level)) {
    return { ...granting, warnings };
  }
  return { ...granting, level: strictest.level, tightenedBy: strictest.place, warnings };
}
