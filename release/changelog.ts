/** Headings of a section of the changelog, in their order. They are those of Keep a Changelog, after the upgrade notes. */
const KINDS = [
  'Upgrade notes',
  'Added',
  'Changed',
  'Deprecated',
  'Removed',
  'Fixed',
  'Security',
] as const;
export type Kind = (typeof KINDS)[number];

/** The Markdown below each heading, without surrounding white space. */
export type Changes = ReadonlyMap<Kind, string>;

const UNRELEASED = '## [Unreleased]';
/** The section Unreleased after a release: new changes have files. */
const NO_CHANGES = 'Changes since the last release are files in [changes/](changes/).';
/** The upgrade notes of a release without any. */
const NO_ACTION = '- No action is needed: install or check out the version, and deploy.';

/** A file or section that has not the form of a list of changes. */
export class ChangelogError extends Error {
  override readonly name = 'ChangelogError';
}

function isKind(text: string): text is Kind {
  return KINDS.some((kind) => kind === text);
}

/**
 * Parses Markdown with the headings of `KINDS` on the third level. Text above the first heading is not allowed.
 *
 * @param place name of the text in an error
 * @throws ChangelogError
 */
export function parseChanges(markdown: string, place: string): Changes {
  const [before = '', ...parts] = markdown.split(/^### /m);
  if (before.trim() !== '') {
    throw new ChangelogError(
      `${place} begins with text outside of a heading. Begin with one of: ${KINDS.join(', ')}.`,
    );
  }
  const changes = new Map<Kind, string>();
  for (const part of parts) {
    const [heading = '', ...lines] = part.split('\n');
    const kind = heading.trim();
    const text = lines.join('\n').trim();
    if (!isKind(kind)) {
      throw new ChangelogError(
        `${place} has the heading ${JSON.stringify(kind)}. Use one of: ${KINDS.join(', ')}.`,
      );
    }
    if (changes.has(kind)) throw new ChangelogError(`${place} has the heading ${kind} twice.`);
    if (text === '') throw new ChangelogError(`${place} has nothing below the heading ${kind}.`);
    changes.set(kind, text);
  }
  return changes;
}

/**
 * Parses a change file, whose links are relative to its folder.
 *
 * @throws ChangelogError also for a file without any change
 */
export function parseChangeFile(markdown: string, path: string): Changes {
  const changes = parseChanges(markdown.replaceAll('](../', ']('), path);
  if (changes.size === 0) throw new ChangelogError(`${path} is empty.`);
  return changes;
}

/** Joins the entries of several lists of changes, in the order of `KINDS`. */
export function mergeChanges(all: readonly Changes[]): Changes {
  return new Map(
    KINDS.flatMap((kind): readonly (readonly [Kind, string])[] => {
      const texts = all.flatMap((changes) => changes.get(kind) ?? []);
      return texts.length === 0 ? [] : [[kind, texts.join('\n')]];
    }),
  );
}

/** Splits a changelog at the headings of its sections. */
function sectionsOf(changelog: string): readonly string[] {
  return changelog.split(/^(?=## )/m);
}

/**
 * Returns the changes that the section Unreleased of a changelog contains.
 *
 * @throws ChangelogError if there is no such section, or its headings are not those of `KINDS`
 */
export function unreleasedChanges(changelog: string): Changes {
  const section = sectionsOf(changelog).find((one) => one.startsWith(UNRELEASED));
  if (section === undefined) {
    throw new ChangelogError(`CHANGELOG.md has no section ${UNRELEASED}.`);
  }
  return parseChanges(section.slice(UNRELEASED.length).replace(NO_CHANGES, ''), 'Unreleased');
}

/** Writes the changes of a release. Each release has upgrade notes. */
function toMarkdown(changes: Changes): string {
  const noted: Changes = new Map([['Upgrade notes', NO_ACTION], ...changes]);
  return KINDS.flatMap((kind) => {
    const text = noted.get(kind);
    return text === undefined ? [] : [`### ${kind}\n\n${text}\n`];
  }).join('\n');
}

/**
 * Returns the changelog after a release: the changes are in a section of the version, and Unreleased is empty.
 *
 * @param date of the release, such as 2026-11-29
 */
export function releaseChanges(
  changelog: string,
  changes: Changes,
  { version, date }: { readonly version: string; readonly date: string },
): string {
  return sectionsOf(changelog)
    .map((section) =>
      section.startsWith(UNRELEASED)
        ? `${UNRELEASED}\n\n${NO_CHANGES}\n\n## [${version}] - ${date}\n\n${toMarkdown(changes)}\n`
        : section,
    )
    .join('');
}

/**
 * Returns the text of one release in a changelog. Links to files of the repository become links to the tag.
 *
 * @param repository such as https://github.com/example/timescaledb-telemetry; without it, links stay relative
 * @throws ChangelogError if the changelog has no section of the version
 */
export function notesOf(
  changelog: string,
  version: string,
  repository: string | undefined,
): string {
  const heading = `## [${version}]`;
  const section = sectionsOf(changelog).find((one) => one.startsWith(heading));
  if (section === undefined) throw new ChangelogError(`CHANGELOG.md has no section ${heading}.`);
  const notes = `${section.split('\n').slice(1).join('\n').trim()}\n`;
  if (repository === undefined) return notes;
  return notes.replaceAll(/\]\((?![a-z]+:|#)/g, `](${repository}/blob/v${version}/`);
}
