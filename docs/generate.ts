import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exampleFile } from '../infra/archives/cloudformation/example.ts';
import { constructPage, readConstructs } from './construct.ts';
import { faultsPage } from './faults.ts';
import { fleetPageAssetsFile } from './fleet-page-assets.ts';
import { fieldsPage, schemaFiles } from './report-fields.ts';
import { versionDataSchemaFile } from './version-data-schema.ts';
import { workerPage } from './worker.ts';

/**
 * Writes the generated pages of docs/, the schemas, script and style of the fleet's page, and the template for CloudFormation. Tests
 * compare them with the committed ones.
 */
await writeFile(join(import.meta.dirname, 'report-fields.md'), fieldsPage());
await writeFile(join(import.meta.dirname, 'faults.md'), faultsPage());
await writeFile(join(import.meta.dirname, 'construct.md'), constructPage(readConstructs()));
await writeFile(join(import.meta.dirname, 'worker.md'), await workerPage());
const schemas = join(import.meta.dirname, 'schemas');
await rm(schemas, { recursive: true, force: true });
await mkdir(schemas);
for (const [name, text] of schemaFiles()) await writeFile(join(schemas, name), text);
const data = join(import.meta.dirname, '..', 'data');
await writeFile(join(data, 'timescaledb.schema.json'), versionDataSchemaFile());
const page = join(import.meta.dirname, '..', 'lib', 'fleet-page');
await writeFile(join(page, 'assets.ts'), await fleetPageAssetsFile());
const examples = join(import.meta.dirname, '..', 'examples');
await writeFile(join(examples, 'cloudformation', 'database.yaml'), exampleFile());
process.stdout.write(
  'docs/report-fields.md, docs/faults.md, docs/construct.md, docs/worker.md, docs/schemas/, data/timescaledb.schema.json, lib/fleet-page/assets.ts and examples/cloudformation/database.yaml are up to date.\n',
);
