import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultsPage } from './faults.ts';
import { fieldsPage, schemaFiles } from './report-fields.ts';
import { versionDataSchemaFile } from './version-data-schema.ts';

/** Writes the generated pages of docs/, and the schemas. A test compares them with the committed ones. */
await writeFile(join(import.meta.dirname, 'report-fields.md'), fieldsPage());
await writeFile(join(import.meta.dirname, 'faults.md'), faultsPage());
const schemas = join(import.meta.dirname, 'schemas');
await rm(schemas, { recursive: true, force: true });
await mkdir(schemas);
for (const [name, text] of schemaFiles()) await writeFile(join(schemas, name), text);
const data = join(import.meta.dirname, '..', 'data');
await writeFile(join(data, 'timescaledb.schema.json'), versionDataSchemaFile());
process.stdout.write(
  'docs/report-fields.md, docs/faults.md, docs/schemas/ and data/timescaledb.schema.json are up to date.\n',
);
