import { SemVer } from 'semver';
import type { Changes, Kind } from './changelog.ts';

export const BUMPS = ['patch', 'minor', 'major'] as const;
export type Bump = (typeof BUMPS)[number];

const FIXES: ReadonlySet<Kind> = new Set(['Fixed', 'Security']);

/**
 * Returns which part of the version the changes raise: `major` if the user has to act or something was removed, `patch` for
 * fixes only, otherwise `minor`.
 */
export function bumpOf(changes: Changes): Bump {
  if (changes.has('Upgrade notes') || changes.has('Removed')) return 'major';
  return [...changes.keys()].every((kind) => FIXES.has(kind)) ? 'patch' : 'minor';
}

/**
 * Returns the next version. Before 1.0.0, changes that raise the major version raise the minor version, as Semantic
 * Versioning's caret ranges expect; only an explicit bump leads to 1.0.0.
 *
 * @param explicit the bump that was asked for, which replaces that of the changes
 * @throws TypeError if the current version cannot be parsed
 */
export function nextVersion(current: string, changes: Changes, explicit?: Bump): string {
  const version = new SemVer(current);
  const bump = explicit ?? bumpOf(changes);
  const isEarly = version.major === 0 && explicit === undefined;
  return version.inc(isEarly && bump === 'major' ? 'minor' : bump).version;
}
