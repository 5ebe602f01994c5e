import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { constructPage, EXAMPLES, readConstructs } from '../../docs/construct.ts';
import { faultsPage } from '../../docs/faults.ts';
import { fleetPageAssetsFile } from '../../docs/fleet-page-assets.ts';
import { fieldsPage, formats, schemaFiles } from '../../docs/report-fields.ts';
import { versionDataSchemaFile } from '../../docs/version-data-schema.ts';
import { workerPage } from '../../docs/worker.ts';
import { VERSION } from '../../lib/product.ts';
import { parseAnswerOfKind } from '../../lib/worker/contract/answer.ts';
import { requestSchema } from '../../lib/worker/contract/request.ts';

const DOCS = join(import.meta.dirname, '..', '..', 'docs');
const FRESH = 'run `npm run docs` and commit the files that it writes';

test('docs/report-fields.md is up to date with the table of fields', () => {
  expect(readFileSync(join(DOCS, 'report-fields.md'), 'utf8') === fieldsPage(), FRESH).toBe(true);
});

test('docs/faults.md is up to date with the tables of faults', () => {
  expect(readFileSync(join(DOCS, 'faults.md'), 'utf8') === faultsPage(), FRESH).toBe(true);
});

describe('docs/construct.md', () => {
  let constructs: ReturnType<typeof readConstructs>;
  beforeAll(() => {
    constructs = readConstructs();
  });

  test('is up to date with the types of the constructs', () => {
    const page = readFileSync(join(DOCS, 'construct.md'), 'utf8');
    expect(page === constructPage(constructs), FRESH).toBe(true);
  });

  test('describes every type, key and member, and has examples without type errors', () => {
    const { types, problems } = constructs;
    const undescribed = types.flatMap(({ name, description, members }) => [
      ...(description === '' ? [name] : []),
      ...members.filter((one) => one.description === '').map((one) => `${name}.${one.name}`),
    ]);
    expect(types.length).toBeGreaterThan(8);
    expect(undescribed).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('begins with an example of ten lines', () => {
    const [example = ''] = EXAMPLES.map((file) => readFileSync(join(DOCS, '..', file), 'utf8'));
    expect(example.split('\n').filter((line) => line !== '')).toHaveLength(9);
  });
});

describe('docs/worker.md', () => {
  const page = readFileSync(join(DOCS, 'worker.md'), 'utf8');

  test('is up to date with the schemas of requests and answers', async () => {
    expect(page === (await workerPage()), FRESH).toBe(true);
  });

  test('has examples of a request, a reading and an error that the schemas accept', () => {
    const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']): object => ({
      ...JSON.parse(text),
      productVersion: VERSION,
    }));
    const [request, ...answers] = examples;
    expect(requestSchema.safeParse(request).data).toStrictEqual(request);
    expect(answers.map(parseAnswerOfKind)).toStrictEqual(answers);
    expect(answers).toMatchObject([{ kind: 'read' }, { kind: 'error' }]);
  });
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
