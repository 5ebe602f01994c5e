import { expect, test } from 'vitest';
import { ownFiles, readOwn } from '../support/repo/pages.ts';

const README = readOwn('README.md');

test('README.md has at most 200 lines', () => {
  expect(README.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
});

test('README.md links to every page of docs/', () => {
  const pages = [...ownFiles('docs/*.md'), 'SECURITY.md', 'CHANGELOG.md'];
  expect(pages.filter((path) => !new RegExp(`\\(${path}[#)]`).test(README))).toEqual([]);
});
