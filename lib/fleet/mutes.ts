import type { Condition, DatabaseState, Mute } from './database-state.ts';

/** Returns the mutes that concern a database today. */
export function mutesOf(name: string, mutes: readonly Mute[], now: string): readonly Mute[] {
  const today = new Date(now).toISOString().slice(0, 10);
  return mutes.filter(({ database = name, until = today }) => database === name && until >= today);
}

/** Returns the advisories of a database for which no mute of the advisory exists. */
export function openAdvisories({
  version,
  mutes,
}: Pick<DatabaseState, 'version' | 'mutes'>): readonly string[] {
  const muted = new Set(mutes.map(({ advisory }) => advisory));
  return (version?.advisories ?? []).filter((advisory) => !muted.has(advisory));
}

/** Whether a condition of a database is muted: by a mute without an advisory, or by one for each of its advisories. */
export function isMuted(
  database: Pick<DatabaseState, 'version' | 'mutes'>,
  condition: Condition,
): boolean {
  if (database.mutes.some(({ advisory }) => advisory === undefined)) return true;
  return condition === 'vulnerable' && openAdvisories(database).length === 0;
}
