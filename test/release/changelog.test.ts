import { describe, expect, test } from 'vitest';
import {
  type Changes,
  mergeChanges,
  notesOf,
  parseChangeFile,
  parseChanges,
  releaseChanges,
  unreleasedChanges,
} from '../../release/changelog.ts';
import { bumpOf, nextVersion } from '../../release/next-version.ts';
import { planRelease } from '../../release/prepare.ts';
import { ROOT } from '../support/repo/pages.ts';

const CHANGELOG = `# Changelog

Introduction.

## [Unreleased]

### Added

- By hand.

### Fixed

- A fix.

## [0.1.0]

- First.
`;

const RELEASE = { version: '0.2.0', date: '2026-11-29' };

function changesOf(text: string): Changes {
  return parseChanges(text, 'test');
}

describe('a list of changes', () => {
  test('has the entries of each heading', () => {
    const changes = changesOf('### Added\n\n- One.\n- Two.\n\n### Fixed\n\n- Three.\n');
    expect([...changes]).toEqual([
      ['Added', '- One.\n- Two.'],
      ['Fixed', '- Three.'],
    ]);
  });

  test.each([
    ['text above a heading', 'Text.\n\n### Added\n\n- One.', /begins with text outside/],
    ['an unknown heading', '### News\n\n- One.', /heading "News"\. Use one of: Upgrade notes, /],
    ['a heading twice', '### Added\n\n- One.\n\n### Added\n\n- Two.', /heading Added twice/],
    ['a heading without entries', '### Added\n\n### Fixed\n\n- One.', /nothing below .* Added/],
  ])('is refused with %s', (_what, text, message) => {
    expect(() => changesOf(text)).toThrow(message);
  });

  test('of a file has links relative to the root of the repository, and is not empty', () => {
    const text =
      '### Added\n\n- See [docs](../docs/cli.md) and [changes](https://example.com/../x).\n';
    expect(parseChangeFile(text, 'changes/one.md').get('Added')).toBe(
      '- See [docs](docs/cli.md) and [changes](https://example.com/../x).',
    );
    expect(() => parseChangeFile(' \n', 'changes/one.md')).toThrow('changes/one.md is empty.');
  });

  test('merges by heading, in the order of the changelog', () => {
    const merged = mergeChanges([
      changesOf('### Fixed\n\n- Three.\n\n### Added\n\n- One.'),
      changesOf('### Added\n\n- Two.\n\n### Upgrade notes\n\n- Zero.'),
    ]);
    expect([...merged]).toEqual([
      ['Upgrade notes', '- Zero.'],
      ['Added', '- One.\n- Two.'],
      ['Fixed', '- Three.'],
    ]);
  });
});

describe('a release', () => {
  const changes = mergeChanges([unreleasedChanges(CHANGELOG), changesOf('### Added\n\n- New.')]);
  const released = releaseChanges(CHANGELOG, changes, RELEASE);

  test('moves the changes below its version, and says if no action is needed', () => {
    expect(released).toBe(`# Changelog

Introduction.

## [Unreleased]

Changes since the last release are files in [changes/](changes/).

## [0.2.0] - 2026-11-29

### Upgrade notes

- No action is needed: install or check out the version, and deploy.

### Added

- By hand.
- New.

### Fixed

- A fix.

## [0.1.0]

- First.
`);
  });

  test('leaves no unreleased change', () => {
    expect([...unreleasedChanges(released)]).toEqual([]);
  });

  test('keeps the upgrade notes that the changes have', () => {
    const text = releaseChanges(CHANGELOG, changesOf('### Upgrade notes\n\n- Act.'), RELEASE);
    expect(text).toContain('- Act.');
    expect(text).not.toContain('No action is needed');
  });

  test('has notes, in which links lead to the tag', () => {
    const text = released.replace('- New.', '- [New](docs/cli.md#x), [web](https://example.com).');
    expect(notesOf(text, '0.2.0', 'https://github.com/example/project')).toContain(
      '- [New](https://github.com/example/project/blob/v0.2.0/docs/cli.md#x), [web](https://example.com).\n',
    );
    expect(notesOf(text, '0.2.0', undefined)).toMatch(/^### Upgrade notes\n/);
    expect(() => notesOf(text, '0.3.0', undefined)).toThrow('no section ## [0.3.0]');
  });

  test('needs the section Unreleased', () => {
    expect(() => unreleasedChanges('# Changelog\n\n## [0.1.0]\n')).toThrow(
      'CHANGELOG.md has no section ## [Unreleased].',
    );
  });
});

describe('the next version', () => {
  test.each([
    ['### Fixed\n\n- A.\n\n### Security\n\n- B.', 'patch'],
    ['### Fixed\n\n- A.\n\n### Added\n\n- B.', 'minor'],
    ['### Deprecated\n\n- A.', 'minor'],
    ['### Removed\n\n- A.', 'major'],
    ['### Upgrade notes\n\n- A.\n\n### Fixed\n\n- B.', 'major'],
  ])('of %j is a %s version', (text, bump) => {
    expect(bumpOf(changesOf(text))).toBe(bump);
  });

  test('raises the minor version before 1.0.0, unless another bump is asked for', () => {
    const changes = changesOf('### Removed\n\n- A.');
    expect(nextVersion('0.1.3', changes)).toBe('0.2.0');
    expect(nextVersion('1.1.3', changes)).toBe('2.0.0');
    expect(nextVersion('0.1.3', changes, 'major')).toBe('1.0.0');
    expect(nextVersion('0.1.3', changes, 'patch')).toBe('0.1.4');
    expect(() => nextVersion('latest', changes, 'patch')).toThrow('latest');
  });
});

test('the changes of this repository can be released', async () => {
  const { version, changes } = await planRelease(ROOT, undefined);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(changes.size).toBeGreaterThan(0);
});
