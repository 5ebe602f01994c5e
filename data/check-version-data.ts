import { Range, SemVer, satisfies } from 'semver';
import type { z } from 'zod';
import { describeIssue } from '../lib/config/describe-issue.ts';
import { type VersionData, versionDataSchema } from './version-data.ts';

/** Ranges also cover pre-releases: 2.29.1-rc1 lies in `<2.29.1`. */
const OPTIONS = { includePrerelease: true } as const;

function isRange(text: string): boolean {
  try {
    return new Range(text, OPTIONS) !== undefined;
  } catch {
    return false;
  }
}

function describe({ path, message }: z.core.$ZodIssue): string {
  const place = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('');
  return place === '' ? message : `${place.slice(1)}: ${message}`;
}

/** Returns problems of the order of the releases: duplicates, and releases before their predecessors. */
function orderProblems(releases: VersionData['releases']): readonly string[] {
  if (releases.every(({ announced }) => announced)) return ['releases: none is published'];
  return releases.slice(1).flatMap(({ version }, index) => {
    const previous = releases[index]?.version ?? '';
    const order = new SemVer(version).compare(previous);
    if (order === 0) return [`releases: ${version} is listed twice`];
    return order < 0 ? [`releases: ${version} is listed after ${previous}`] : [];
  });
}

function dateProblems({ asOf, releases }: VersionData): readonly string[] {
  return releases.flatMap(({ version, date }) =>
    date !== undefined && date > asOf
      ? [`releases: ${version} is of ${date}, which is later than asOf (${asOf})`]
      : [],
  );
}

function duplicateProblems({ incompatibilities, advisories }: VersionData): readonly string[] {
  const ids = [...incompatibilities, ...advisories].map(({ id }) => id);
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  return [...new Set(repeated)].map((id) => `${id} is described twice`);
}

function failedUpdateProblems({ failedUpdates }: VersionData): readonly string[] {
  return failedUpdates.flatMap(({ to, fixed }) =>
    new SemVer(fixed).compare(to) > 0
      ? []
      : [`failedUpdates: ${fixed} is not newer than ${to}, and cannot fix it`],
  );
}

function incompatibilityProblems(
  { incompatibilities }: VersionData,
  known: ReadonlySet<string>,
): readonly string[] {
  return incompatibilities.flatMap(({ id, timescaledb, postgresql, fixed }) => {
    const invalid = [timescaledb, postgresql].filter((range) => !isRange(range));
    if (invalid.length > 0)
      return invalid.map((range) => `${id}: "${range}" is not a range of versions`);
    return fixed.flatMap((version) => [
      ...(known.has(version) ? [] : [`${id}: fixed names ${version}, which is not in releases`]),
      ...(satisfies(version, timescaledb, OPTIONS)
        ? [`${id}: ${version} is both affected and fixed`]
        : []),
    ]);
  });
}

function advisoryProblems(
  { advisories }: VersionData,
  known: ReadonlySet<string>,
): readonly string[] {
  return advisories.flatMap(({ id, affected }) =>
    affected.flatMap(({ ranges }) =>
      ranges.flatMap(({ events }) => {
        const versions = events.map((event) => ('fixed' in event ? event.fixed : event.introduced));
        const alternates = events.every((event, index) => 'fixed' in event === (index % 2 === 1));
        const ascends = versions
          .map((version) => (version === '0' ? '0.0.0' : version))
          .every(
            (version, index, all) =>
              index === 0 || new SemVer(version).compare(all[index - 1] ?? '') > 0,
          );
        const unknown = versions.filter((version) => version !== '0' && !known.has(version));
        return [
          ...(alternates && ascends && events.length % 2 === 0
            ? []
            : [`${id}: events must be introduced and fixed in turn, in ascending order`]),
          ...unknown.map((version) => `${id}: ${version} is not in releases`),
        ];
      }),
    ),
  );
}

function namedReleaseProblems(
  { failedUpdates, notes }: VersionData,
  known: ReadonlySet<string>,
): readonly string[] {
  const named = [
    ...failedUpdates.flatMap(({ to, fixed }) =>
      [to, fixed].map((one) => ['failedUpdates', one] as const),
    ),
    ...notes.map(({ release }) => ['notes', release] as const),
  ];
  return named
    .filter(([, version]) => !known.has(version))
    .map(([place, version]) => `${place}: ${version} is not in releases`);
}

/**
 * Checks version data against its schema, then for contradictions. Returns every problem, as a sentence without its full
 * stop; none if the value is valid.
 */
export function versionDataProblems(value: unknown): readonly string[] {
  const result = versionDataSchema.safeParse(value, { error: describeIssue });
  if (!result.success) return result.error.issues.map(describe);
  const { data } = result;
  const known = new Set(data.releases.map(({ version }) => version));
  return [
    ...orderProblems(data.releases),
    ...dateProblems(data),
    ...duplicateProblems(data),
    ...incompatibilityProblems(data, known),
    ...failedUpdateProblems(data),
    ...advisoryProblems(data, known),
    ...namedReleaseProblems(data, known),
  ];
}

/** Returns version data that is valid. Throws an Error that lists all problems otherwise. */
export function parseVersionData(value: unknown): VersionData {
  const problems = versionDataProblems(value);
  if (problems.length > 0) throw new Error(`The version data is invalid: ${problems.join('; ')}.`);
  return versionDataSchema.parse(value);
}
