import { type Page, parsePage, readOwn, sectionsOf } from '../support/repo/pages.ts';

export function readPage(name: string): Page {
  const path = `docs/${name}.md`;
  return parsePage(path, readOwn(path));
}

export function section(page: Page, heading: string): string {
  const text = sectionsOf(page).get(heading);
  if (text === undefined) throw new TypeError(`${page.path} has no section "${heading}".`);
  return text;
}
