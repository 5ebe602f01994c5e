import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { QUOTAS } from '../../infra/config/quotas.ts';
import { REQUEST_HEADERS } from '../../lib/delivery/deliver.ts';
import { ENDPOINT_STAGES, READING_STAGES } from '../../lib/diagnostics/checklist.ts';
import { RETRYABLE_BY_CODE } from '../../lib/errors.ts';
import { FIELDS } from '../../lib/report/fields/all-fields.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

test.each(Object.entries(RETRYABLE_BY_CODE))(
  'the README has error %s, retryable %s',
  (code, retryable) => {
    const row = README.split('\n').find((line) => line.startsWith(`| \`${code}\` |`));
    expect(row?.split('|')[2]?.trim()).toBe(retryable ? 'yes' : '');
  },
);

test('the README names every field of the report', () => {
  const patterns = ['num_…_policies', 'num_user_defined_actions', '…_fixed'];
  const isNamed = (name: string): boolean =>
    README.includes(`\`${name}\``) ||
    (/^num_.*_policies(_fixed)?$/.test(name) &&
      patterns.every((pattern) => README.includes(pattern)));
  const unnamed = FIELDS.map(({ name }) =>
    name.replace(/^(num_user_defined_actions)_fixed$/, '$1'),
  );
  expect(unnamed.filter((name) => !isNamed(name))).toEqual([]);
});

test('the README publishes every header', () => {
  for (const name of Object.keys(REQUEST_HEADERS)) expect(README).toContain(`\`${name}: `);
});

test.each(QUOTAS.filter(({ name }) => !name.startsWith('bytes ')))(
  'the README has the quota of $name',
  ({ name, limit }) => {
    const [thing = ''] = /roles|schedules|alarms|stacks/.exec(name) ?? [];
    const row = new RegExp(`^\\| ${limit.toLocaleString('en-US')} (\\w+ )*${thing} per `, 'm');
    expect(README).toMatch(row);
  },
);

test('the README has every stage of a check, in its order', () => {
  const [, check = ''] = README.split('\n### The check\n');
  const rows = check.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows
    .slice(0, 11)
    .flatMap((row) =>
      (row.split('|')[1] ?? '').split(',').map((name) => name.replaceAll(/[ `]/g, '')),
    );
  expect(named).toEqual([...READING_STAGES, ...ENDPOINT_STAGES]);
});

test('every file that the README names is there', () => {
  const named = README.matchAll(/[`(]((?:test|lib|infra|docs|bench)\/[\w./*-]+)[`)]/g);
  const missing = [...named].flatMap(([, path = '']) =>
    globSync(path, { cwd: ROOT }).length === 0 ? [path] : [],
  );
  expect(missing).toEqual([]);
});

test('every link within the README leads somewhere', () => {
  const headings = [...README.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  const links = [...README.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
  expect(links.filter((anchor) => !headings.includes(anchor))).toEqual([]);
});
