import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultsPage } from '../../docs/faults.ts';
import { fieldsPage, formats, schemaFiles } from '../../docs/report-fields.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FRESH = 'run `npm run docs` and commit what it writes';

test('docs/report-fields.md is what the table of fields says', () => {
  expect(readFileSync(join(DOCS, 'report-fields.md'), 'utf8') === fieldsPage(), FRESH).toBe(true);
});

test('docs/faults.md is what the tables of faults say', () => {
  expect(readFileSync(join(DOCS, 'faults.md'), 'utf8') === faultsPage(), FRESH).toBe(true);
});

test('docs/schemas/ has one fresh schema per format, and no other file', () => {
  const files = schemaFiles();
  expect(readdirSync(join(DOCS, 'schemas')).sort()).toStrictEqual([...files.keys()].sort());
  for (const [name, text] of files) {
    expect(readFileSync(join(DOCS, 'schemas', name), 'utf8') === text, `${name}: ${FRESH}`).toBe(
      true,
    );
  }
});

/** The releases of TimescaleDB whose reporter sends something else than that of the release before. */
test('the formats are those that changed what is sent', () => {
  expect(formats()).toStrictEqual([
    '0.12.0',
    '1.2.0',
    '1.3.0',
    '1.4.0',
    '1.5.0',
    '1.7.5',
    '2.0.0',
    '2.1.1',
    '2.4.2',
    '2.6.0',
    '2.7.0',
    '2.7.1',
    '2.8.0',
    '2.9.0',
    '2.11.0',
    '2.13.0',
    '2.14.0',
    '2.15.0',
    '2.17.0',
    '2.28.0',
  ]);
});
