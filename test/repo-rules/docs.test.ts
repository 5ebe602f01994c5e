import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultsPage } from '../../docs/faults.ts';
import { fleetPageAssetsFile } from '../../docs/fleet-page-assets.ts';
import { fieldsPage, formats, schemaFiles } from '../../docs/report-fields.ts';
import { versionDataSchemaFile } from '../../docs/version-data-schema.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FRESH = 'run `npm run docs` and commit the files that it writes';

test('docs/report-fields.md is up to date with the table of fields', () => {
  expect(readFileSync(join(DOCS, 'report-fields.md'), 'utf8') === fieldsPage(), FRESH).toBe(true);
});

test('docs/faults.md is up to date with the tables of faults', () => {
  expect(readFileSync(join(DOCS, 'faults.md'), 'utf8') === faultsPage(), FRESH).toBe(true);
});

test('docs/schemas/ has one up-to-date schema per format, and no other file', () => {
  const files = schemaFiles();
  expect(readdirSync(join(DOCS, 'schemas')).sort()).toStrictEqual([...files.keys()].sort());
  for (const [name, text] of files) {
    expect(readFileSync(join(DOCS, 'schemas', name), 'utf8') === text, `${name}: ${FRESH}`).toBe(
      true,
    );
  }
});

test('data/timescaledb.schema.json is up to date with the schema of version data', () => {
  const file = join(DOCS, '..', 'data', 'timescaledb.schema.json');
  expect(readFileSync(file, 'utf8') === versionDataSchemaFile(), FRESH).toBe(true);
});

test("lib/fleet-page/assets.ts is up to date with the script and the style of the fleet's page", async () => {
  const file = join(DOCS, '..', 'lib', 'fleet-page', 'assets.ts');
  expect(readFileSync(file, 'utf8') === (await fleetPageAssetsFile()), FRESH).toBe(true);
});

/** Releases of TimescaleDB whose reporter sends other fields or types than the release before. */
test('a format begins with each release that changed the fields or types', () => {
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
