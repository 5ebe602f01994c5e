import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { allPages, anchorsOf, linksOf, ownFiles, type Page, ROOT } from '../support/repo/pages.ts';

const PAGES = allPages();
const BY_PATH = new Map(PAGES.map((page) => [page.path, page]));

/** Whether a link leads to a file or folder and, if it has an anchor, to a heading in it. */
function isBroken(page: Page, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (!existsSync(join(ROOT, path))) return true;
  const target = BY_PATH.get(path);
  return anchor !== undefined && (target === undefined || !anchorsOf(target).has(anchor));
}

test('finds the pages of the repository', () => {
  expect([...BY_PATH.keys()]).toEqual(
    expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/consent.md', 'bench/README.md']),
  );
});

test.each(PAGES)('$path has no broken link or anchor', (page) => {
  expect(linksOf(page).filter((link) => isBroken(page, link))).toEqual([]);
});

/** The changelog also names files that were moved or deleted. */
const OF_TODAY = PAGES.filter(({ path }) => path !== 'CHANGELOG.md');

test.each(OF_TODAY)('$path names only files that exist', ({ spans }) => {
  const paths = spans.filter((span) =>
    /^(?:\.ci|bench|cli|data|docs|emulator|examples|functions|infra|lib|test)\/[\w./*-]+$/.test(
      span,
    ),
  );
  const missing = paths.filter((path) => ownFiles(path.replace(/\/$/, '')).length === 0);
  expect(missing).toEqual([]);
});
