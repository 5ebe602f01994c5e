import type { RecordedRun } from '../record/recorded-run.ts';
import type { DatabaseState } from './database-state.ts';
import {
  type FleetContext,
  type FleetState,
  MAX_PROBLEMS,
  PROBLEM_DAYS,
  type Problem,
} from './fleet-state.ts';
import { countConditions, dailyFigures } from './fold/daily.ts';
import { addFacts, closeDraft, type Draft, keepDatabase, openDraft } from './fold/draft.ts';
import { readRun } from './fold/read-run.ts';
import { type Core, removedByUuid, toRow } from './fold/row.ts';
import { dayOf, formatDay, OPEN_DAYS } from './history.ts';

/** Interval of a database whose settings are unknown. */
const DEFAULT_TICK_HOURS = 24;

/** What became of an object: `early` is a run of the future, which is used when its time has come. */
type Added = 'used' | 'early' | 'unusable';

/** Receives the objects of a record one by one, so that none of them has to stay in memory. */
export interface Folding {
  /**
   * Adds a run, or an object that could not be decoded.
   *
   * @param place names the object if it cannot be used; by default the database and the tick of the run
   */
  add(object: RecordedRun | Problem, place?: Pick<Problem, 'object' | 'date'>): Added;
  /** Closes a day such as `2026-11-28`: all its runs have been added. This bounds the memory while many days are read. */
  close(date: string): void;
  finish(): FleetState;
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Problems that are collected before those that are not listed are removed. */
const MAX_COLLECTED = 10 * MAX_PROBLEMS;

/** Returns the problems of the last days, the newest first, each object once. */
function recentProblems(problems: readonly Problem[], today: number): Problem[] {
  const first = formatDay(today - PROBLEM_DAYS + 1);
  const byText = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...byText]
    .filter(([, { date }]) => date >= first)
    .toSorted(
      ([oneText, one], [otherText, other]) =>
        compareTexts(other.date, one.date) || compareTexts(oneText, otherText),
    )
    .slice(0, MAX_PROBLEMS)
    .map(([, problem]) => problem);
}

/**
 * Returns the databases of the environment, those of the earlier state, and those that have runs. Removes them from the maps:
 * the earlier histories of ten thousand databases are not needed any more.
 */
function coresOf(
  before: Map<string, DatabaseState>,
  drafts: Map<string, Draft>,
  { databases, now }: FleetContext,
): readonly Core[] {
  const configured = databases && new Map(databases.map((one) => [one.name, one]));
  const names = new Set([...(configured?.keys() ?? []), ...before.keys(), ...drafts.keys()]);
  const today = dayOf(now);
  return [...names].toSorted(compareTexts).map((name) => {
    const former = before.get(name);
    const draft = drafts.get(name);
    before.delete(name);
    drafts.delete(name);
    const kept = draft ? closeDraft(draft, today) : keepDatabase(former, today);
    return {
      name,
      configured: configured === undefined || configured.has(name),
      tickHours: configured?.get(name)?.tickHours ?? former?.tickHours ?? DEFAULT_TICK_HOURS,
      awaitedSince: kept.lastRun === null ? (former?.awaitedSince ?? now) : undefined,
      ...kept,
    };
  });
}

/**
 * Starts to fold runs into a state.
 *
 * @param before the state of an earlier day; undefined to begin with none
 */
export function startFold(before: FleetState | undefined, context: FleetContext): Folding {
  const now = Date.parse(context.now);
  const today = dayOf(now);
  const isSame = before === undefined || before.environment === context.environment;
  const databases = new Map(Object.entries((isSame && before?.databases) || {}));
  const drafts = new Map<string, Draft>();
  const closed = new Set<number>();
  // The state keeps the latest days open, because the next fold adds to them.
  const isOpen = (day: number): boolean => day >= today - OPEN_DAYS || !closed.has(day);
  let problems: Problem[] = [...((isSame && before?.problems) || [])];
  const addProblem = (problem: Problem): void => {
    problems.push(problem);
    if (problems.length > MAX_COLLECTED) problems = recentProblems(problems, today);
  };
  if (!isSame) {
    addProblem({
      object: before.environment,
      date: formatDay(today),
      problem: 'The earlier state belongs to another environment and was not used.',
    });
  }
  return {
    add(object, place) {
      if ('problem' in object) {
        addProblem(object);
        return 'unusable';
      }
      const facts = readRun(object, context.environment, now);
      if ('problem' in facts) {
        addProblem({ ...facts.problem, ...place });
        return facts.isEarly ? 'early' : 'unusable';
      }
      const draft = drafts.get(facts.database) ?? openDraft(databases.get(facts.database), isOpen);
      drafts.set(facts.database, draft);
      addFacts(draft, facts);
      return 'used';
    },
    close(date) {
      closed.add(dayOf(date));
    },
    finish() {
      const cores = coresOf(databases, drafts, context).filter(isKept);
      const removed = removedByUuid(cores);
      const rows = cores.map((core) => toRow(core, removed, context));
      return {
        version: 1,
        environment: context.environment,
        account: context.account ?? null,
        region: context.region ?? null,
        asOf: new Date(now).toISOString(),
        counts: countConditions(rows),
        databases: Object.fromEntries(rows.map((row) => [row.name, row])),
        daily: dailyFigures(rows, today),
        problems: recentProblems(problems, today),
      };
    },
  };
}

/** A removed database is kept as long as it has a history. */
function isKept({ configured, history }: Core): boolean {
  return configured || history.days.length > 0;
}

/**
 * Folds runs into a state: yesterday's state and today's objects give today's state, as all objects together do. The same
 * object again changes nothing, and the order of the objects does not matter. Pure.
 *
 * A daily fold needs the objects of today and of the `OPEN_DAYS` days before, as far as they are new, since a retry is recorded
 * under the day of its tick. One fold may also receive the objects of several days.
 */
export function fold(
  before: FleetState | undefined,
  objects: Iterable<RecordedRun | Problem>,
  context: FleetContext,
): FleetState {
  const folding = startFold(before, context);
  for (const object of objects) folding.add(object);
  return folding.finish();
}
