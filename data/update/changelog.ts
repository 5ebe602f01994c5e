import { compare, valid } from 'semver';

/** What an entry of TimescaleDB's `CHANGELOG.md` says. */
export interface ChangelogEntry {
  /** Also of a pre-release: `2.0.0-beta5`. */
  readonly version: string;
  /** Absent for a release that has no day, or an invalid one. */
  readonly date?: string;
  /** PostgreSQL majors whose support it removes. */
  readonly removed: readonly string[];
}

/** `## 2.28.3 (2026-07-16)`; some releases have another level of heading. */
const HEADING = /^#{1,3} \[?(\d+\.\d+\.\d+(?:-[\w.]+)?)\]?(?:\s+\((\d{4}-\d{2}-\d{2})\))?/gm;

const MAJOR = String.raw`(?:PG ?|Postgre(?:s|SQL) )?\d+(?:\.\d+)?`;
const MAJORS = String.raw`(?:PG ?|Postgre(?:s|SQL) )\d+(?:\.\d+)?(?:(?:,| and|, and) ${MAJOR})*`;

/** An item of a list, without anything behind the majors: "Remove support for PG14 on Windows" is another change. */
const REMOVING_ITEM = new RegExp(
  String.raw`^[*-] .*\b(?:Removed?|Drop(?:ped)?) support for (${MAJORS})\.?[ \t\r]*$`,
  'gim',
);

/** "TimescaleDB 2.29.0 removes support for PostgreSQL 15." An announcement has "will". */
const REMOVING_SENTENCE = new RegExp(
  String.raw`\bTimescaleDB (\S+) removes support for (${MAJORS})\.`,
  'g',
);

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function majorsIn(list: string): readonly string[] {
  return [...list.matchAll(/\d+(?:\.\d+)?/g)].map(([major]) => major);
}

function removedIn(version: string, text: string): readonly string[] {
  const items = [...text.matchAll(REMOVING_ITEM)].map(([, list = '']) => list);
  const sentences = [...text.matchAll(REMOVING_SENTENCE)]
    .filter(([, subject]) => subject === version)
    .map(([, , list = '']) => list);
  return [...new Set([...items, ...sentences].flatMap(majorsIn))];
}

/** Parses TimescaleDB's `CHANGELOG.md`. */
export function parseChangelog(text: string): readonly ChangelogEntry[] {
  const headings = [...text.matchAll(HEADING)];
  const entries = headings.map(({ index, 0: heading, 1: version = '', 2: date }, i) => {
    const entry = text.slice(index + heading.length, headings[i + 1]?.index);
    return {
      version,
      ...(date !== undefined && isDate(date) && { date }),
      removed: removedIn(version, entry),
    };
  });
  return entries.filter(({ version }) => valid(version) !== null);
}

/** A major whose support a release removed. */
export interface Removal {
  readonly major: string;
  readonly release: string;
}

/** Returns the removals that apply to a release: its own, and those of all releases before it in the order of versions. */
export function removalsUpTo(
  version: string,
  entries: readonly ChangelogEntry[],
): readonly Removal[] {
  return entries
    .filter((entry) => compare(entry.version, version) <= 0)
    .flatMap((entry) => entry.removed.map((major) => ({ major, release: entry.version })));
}
