import type { DatabaseState, Group, Groups, RunSummary } from '../database-state.ts';
import { RECENT_RUNS } from '../fleet-state.ts';
import { EMPTY_HISTORY } from '../history.ts';
import { editHistory, type HistoryEditor, trimHistory } from './edit-history.ts';
import { NO_GROUPS, type RunFacts } from './read-run.ts';

/** Returns the later of two groups. Of two of the same time it returns the same one in any order. */
function later<T extends Group>(one: T | null, other: T | null): T | null {
  if (one === null || other === null) return one ?? other;
  if (one.at !== other.at) return one.at > other.at ? one : other;
  return JSON.stringify(one) > JSON.stringify(other) ? one : other;
}

function mergeGroups(one: Groups, other: Groups): Groups {
  return {
    lastRun: later(one.lastRun, other.lastRun),
    version: later(one.version, other.version),
    jobs: later(one.jobs, other.jobs),
    consent: later(one.consent, other.consent),
    figures: later(one.figures, other.figures),
    sent: later(one.sent, other.sent),
    due: later(one.due, other.due),
    identity: later(one.identity, other.identity),
  };
}

function summarize({
  message,
  remedy,
  retryAt,
  warnings,
  ...summary
}: RunFacts['groups']['lastRun']): RunSummary {
  return summary;
}

/** Compares two runs: the later one first. */
function compareRuns(one: RunSummary, other: RunSummary): number {
  if (one.at !== other.at) return one.at > other.at ? -1 : 1;
  return JSON.stringify(one) > JSON.stringify(other) ? -1 : 1;
}

/** Adds a run to the latest ones, the newest first, each once. */
function addRecent(recent: readonly RunSummary[], run: RunSummary): readonly RunSummary[] {
  const [newest] = recent;
  if (newest === undefined || run.at > newest.at) return [run, ...recent].slice(0, RECENT_RUNS);
  const text = JSON.stringify(run);
  if (recent.some((one) => one.at === run.at && JSON.stringify(one) === text)) return recent;
  return [...recent, run].toSorted(compareRuns).slice(0, RECENT_RUNS);
}

/** A database that receives runs. */
export interface Draft {
  groups: Groups;
  lastSuccess: string | null;
  recent: readonly RunSummary[];
  readonly history: HistoryEditor;
}

/** Opens a database for runs; undefined for one without a run. The given state stays as it is. */
export function openDraft(
  database: DatabaseState | undefined,
  isOpen: (day: number) => boolean,
): Draft {
  return {
    groups: mergeGroups(database ?? NO_GROUPS, NO_GROUPS),
    lastSuccess: database?.lastSuccess ?? null,
    recent: database?.recent ?? [],
    history: editHistory(database?.history ?? EMPTY_HISTORY, isOpen),
  };
}

/** Adds one run. The same run again changes nothing, and the order of the runs does not matter. */
export function addFacts(draft: Draft, { groups, dayFacts }: RunFacts): void {
  const { at, outcome } = groups.lastRun;
  draft.groups = mergeGroups(draft.groups, groups);
  draft.recent = addRecent(draft.recent, summarize(groups.lastRun));
  if (outcome !== 'failed' && (draft.lastSuccess ?? '') < at) draft.lastSuccess = at;
  draft.history.add(dayFacts);
}

/** What a database keeps of its runs. */
export type Kept = Groups & Pick<DatabaseState, 'lastSuccess' | 'recent' | 'history'>;

/** Returns the database with the runs that it has received. */
export function closeDraft({ groups, lastSuccess, recent, history }: Draft, today: number): Kept {
  return { ...groups, lastSuccess, recent, history: history.finish(today) };
}

/** Returns a database that has received no run. */
export function keepDatabase(database: DatabaseState | undefined, today: number): Kept {
  return {
    ...mergeGroups(database ?? NO_GROUPS, NO_GROUPS),
    lastSuccess: database?.lastSuccess ?? null,
    recent: database?.recent ?? [],
    history: trimHistory(database?.history ?? EMPTY_HISTORY, today),
  };
}
