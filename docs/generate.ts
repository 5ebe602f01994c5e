import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultsPage } from './faults.ts';
import { fieldsPage, schemaFiles } from './report-fields.ts';

/** Writes the generated pages of docs/. A test compares them with the committed ones. */
await writeFile(join(import.meta.dirname, 'report-fields.md'), fieldsPage());
await writeFile(join(import.meta.dirname, 'faults.md'), faultsPage());
const schemas = join(import.meta.dirname, 'schemas');
await rm(schemas, { recursive: true, force: true });
await mkdir(schemas);
for (const [name, text] of schemaFiles()) await writeFile(join(schemas, name), text);
process.stdout.write('docs/report-fields.md, docs/faults.md and docs/schemas/ are up to date.\n');
