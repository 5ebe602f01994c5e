import type { ChangedRelease, Update } from '../../data/update/merge-releases.ts';
import type { VersionData } from '../../data/version-data.ts';
import type { UpstreamRelease } from '../versions/upstream.ts';
import { counted } from './terminal/counted.ts';
import type { TerminalReporter } from './terminal/terminal.ts';

type Release = VersionData['releases'][number];

function versionsOf(releases: readonly { readonly version: string }[]): string {
  return releases.map(({ version }) => version).join(', ');
}

function describe({ version, date, postgresql }: Release): string {
  return `${version} (${date ?? 'date unknown'}): PostgreSQL ${postgresql.join(', ')}`;
}

/** Lists the differences of an entry, and the facts of its source that the tag contradicts. */
function describeChange({ before, after }: ChangedRelease): string {
  const [oldMajors, newMajors] = [before, after].map(({ postgresql }) => postgresql.join(', '));
  const parts = [
    ...(before.date === after.date ? [] : [`date ${before.date ?? 'unknown'} → ${after.date}`]),
    ...(oldMajors === newMajors ? [] : [`PostgreSQL ${oldMajors} → ${newMajors}`]),
    ...(before.announced === true ? ['announced → published'] : []),
    ...(before.source === undefined ? [] : [`source ${before.source} → the tag`]),
  ];
  return `${after.version}: ${parts.join('; ')}`;
}

function contradicts({ before, after }: ChangedRelease): boolean {
  return before.source !== undefined && before.postgresql.join() !== after.postgresql.join();
}

/** Shows the releases that were read, and where build files and changelogs differ. */
export function showReleases(
  reporter: TerminalReporter,
  releases: readonly UpstreamRelease[],
): void {
  const [first, last] = [releases.at(0), releases.at(-1)];
  const range = `${first?.version} to ${last?.version}`;
  reporter.line('✔', 'tags', `${counted(releases.length, 'release')}, ${range}`);
  const removals = releases.flatMap(({ version, removed }) =>
    removed.map(({ major, release }) => ({ version, reason: `PostgreSQL ${major} in ${release}` })),
  );
  for (const [reason, group = []] of Map.groupBy(removals, (one) => one.reason)) {
    reporter.line(
      '–',
      'removed',
      `CHANGELOG.md removes support for ${reason}; CMakeLists.txt still accepts it in ${versionsOf(group)}. The changelog counts.`,
    );
  }
}

/** Shows the differences between version data and the releases of a repository. */
export function showUpdate(reporter: TerminalReporter, update: Update): void {
  const { added, changed, unchanged, fromOtherSources, lost, missing } = update;
  for (const release of added) reporter.line('✔', 'added', describe(release));
  for (const one of changed) {
    reporter.line(contradicts(one) ? '▲' : '✔', 'changed', describeChange(one));
    if (contradicts(one)) reporter.note(`The tag contradicts ${one.before.source}.`);
  }
  reporter.line('–', 'unchanged', counted(unchanged, 'release'));
  if (fromOtherSources.length > 0) {
    reporter.line(
      '–',
      'kept',
      `from other sources, without a tag: ${versionsOf(fromOtherSources)}`,
    );
  }
  if (lost.length > 0) {
    reporter.line('▲', 'kept', `the repository has no tag any more: ${versionsOf(lost)}`);
  }
  if (missing !== undefined) {
    reporter.line(
      '▲',
      'date',
      `asOf stays ${update.data.asOf}, because the repository lacks ${missing.version}. Fetch its tags.`,
    );
  }
}
