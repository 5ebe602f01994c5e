import { postgresqlOf } from '../../fleet/action.ts';
import { CONDITIONS, type DatabaseState } from '../../fleet/database-state.ts';
import { compareVersions, type Version } from '../../version.ts';
import { toServerVersion } from '../../version-check/server-version.ts';
import { CONDITION_LABELS } from '../labels.ts';
import type { IndexEntry } from './page-data.ts';

/** Returns the position of each installed version among all of them. */
function rankVersions(databases: readonly DatabaseState[]): ReadonlyMap<string, number> {
  const installed = new Set(databases.flatMap(({ version }) => version?.installed ?? []));
  const parsed = [...installed].flatMap((text): [string, Version][] => {
    const found = toServerVersion(text)?.version;
    return found === undefined ? [] : [[text, found]];
  });
  parsed.sort(([, one], [, other]) => compareVersions(one, other));
  return new Map(parsed.map(([text], index) => [text, index]));
}

function minutes(iso: string | undefined): number {
  const time = Date.parse(iso ?? '');
  return Number.isNaN(time) ? -1 : Math.floor(time / 60_000);
}

/** Returns one entry for each database, in the same order. */
export function indexEntries(databases: readonly DatabaseState[]): readonly IndexEntry[] {
  const ranks = rankVersions(databases);
  return databases.map((database) => {
    const { name, version, figures, conditions, lastRun, consent } = database;
    const postgresql = postgresqlOf(database);
    const texts = [
      version?.installed,
      postgresql && `postgresql ${postgresql}`,
      ...conditions.map((one) => CONDITION_LABELS[one]),
      lastRun?.code,
      ...(version?.advisories ?? []),
      consent?.granted === false ? consent.rule : undefined,
    ];
    return [
      name,
      texts.filter(Boolean).join(' ').toLowerCase(),
      conditions.reduce((bits, one) => bits + 2 ** CONDITIONS.indexOf(one), 0),
      ranks.get(version?.installed ?? '') ?? -1,
      minutes(lastRun?.at),
      Math.round((figures?.dataVolume ?? -1e6) / 1e6),
    ];
  });
}
