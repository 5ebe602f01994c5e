import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constructPage, readConstructs } from './construct.ts';
import { faultsPage } from './faults.ts';
import { fleetPageAssetsFile } from './fleet-page-assets.ts';
import { fieldsPage, schemaFiles } from './report-fields.ts';
import { versionDataSchemaFile } from './version-data-schema.ts';

/** Writes the generated pages of docs/, the schemas, and script and style of the fleet's page. A test compares them with the committed ones. */
await writeFile(join(import.meta.dirname, 'report-fields.md'), fieldsPage());
await writeFile(join(import.meta.dirname, 'faults.md'), faultsPage());
await writeFile(join(import.meta.dirname, 'construct.md'), constructPage(readConstructs()));
const schemas = join(import.meta.dirname, 'schemas');
await rm(schemas, { recursive: true, force: true });
await mkdir(schemas);
for (const [name, text] of schemaFiles()) await writeFile(join(schemas, name), text);
const data = join(import.meta.dirname, '..', 'data');
await writeFile(join(data, 'timescaledb.schema.json'), versionDataSchemaFile());
const page = join(import.meta.dirname, '..', 'lib', 'fleet-page');
await writeFile(join(page, 'assets.ts'), await fleetPageAssetsFile());
process.stdout.write(
  'docs/report-fields.md, docs/faults.md, docs/construct.md, docs/schemas/, data/timescaledb.schema.json and lib/fleet-page/assets.ts are up to date.\n',
);
