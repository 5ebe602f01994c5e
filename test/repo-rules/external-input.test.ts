import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { uncheckedIn } from '../support/repo/unchecked.ts';

const ROOT = join(import.meta.dirname, '..', '..');

async function sourcesIn(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(join(ROOT, folder), { recursive: true })).filter((file) =>
    file.endsWith('.ts'),
  );
  const sources = files.map(
    async (file) => [file, await readFile(join(ROOT, folder, file), 'utf8')] as const,
  );
  return new Map((await Promise.all(sources)).toSorted());
}

/** Returns the unchecked conversions in each file of a folder. */
async function uncheckedOf(folder: string): Promise<Record<string, readonly string[]>> {
  const found = [...(await sourcesIn(folder))].map(
    ([file, source]) => [file, uncheckedIn(source)] as const,
  );
  return Object.fromEntries(found.filter(([, kinds]) => kinds.length > 0));
}

/** Returns the files of `lib/` that match a pattern outside of comments. */
async function filesWith(pattern: RegExp): Promise<string[]> {
  const code = [...(await sourcesIn('lib'))].map(
    ([file, source]) => [file, source.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, '')] as const,
  );
  return code.filter(([, source]) => pattern.test(source)).map(([file]) => file);
}

test('lib/ contains no unchecked conversion of a type, and reads no environment', async () => {
  expect(await uncheckedOf('lib')).toStrictEqual({
    // A state that the fold itself has written, of up to a hundred megabytes: only its outline is checked.
    'fleet/parse-state.ts': ['is', 'is'],
    // Writes to stdout and stderr. Its variables are a parameter.
    'observability/plain-log.ts': ['process'],
    // A filter of the project's own table: the compiler does not infer that `sql` is defined.
    'report/fields/field.ts': ['is'],
  });
});

test('the handlers pass on their environment without reading it', async () => {
  const found = Object.entries(await uncheckedOf('functions'));
  expect(found.map(([file, kinds]) => [file, [...new Set(kinds)]])).toStrictEqual([
    ['configure.ts', ['process']],
    ['database-worker.ts', ['process']],
    ['fleet-report.ts', ['process']],
    ['get-report.ts', ['process']],
    ['send-report.ts', ['process']],
  ]);
  for (const [file, source] of await sourcesIn('functions')) {
    // createHandler types the event of every function.
    expect(source).toMatch(
      file === 'create-handler.ts' ? /\(\s*event: unknown,/ : /createHandler\(/,
    );
    expect(source).not.toMatch(/\bevent: (?!unknown\b)/);
    expect(source.match(/process\b.*/g) ?? []).toHaveLength(
      source.match(/process\.env[,)]/g)?.length ?? 0,
    );
  }
});

describe('only these files, which use schemas or bytes, read from outside:', () => {
  test.each<[what: string, pattern: RegExp, files: string[]]>([
    // TARGET, DELIVERY, RETRY, RECORD and WORKER; the reply; the report, twice; the secret; the operator's version data; the
    // answer of the worker; the record; of the fleet: figures of a report, the state, settings, and its JSON; of its page: the
    // index and
    // texts in the browser, and two reports that are compared.
    [
      'JSON',
      /JSON\.parse/,
      [
        'config/validate.ts',
        'credentials/parse-secret.ts',
        'delivery/parse-reply.ts',
        'fleet-page/assets.ts',
        'fleet-page/browser/read-block.ts',
        'fleet-page/data/report-changes.ts',
        'fleet-report/reading/stored-state.ts',
        'fleet-report/settings.ts',
        'fleet-report/widget/widget.ts',
        'fleet/fold/figures.ts',
        'fleet/parse-state.ts',
        'record/recorded-run.ts',
        'report/validate-report.ts',
        'version-check/load-release-data.ts',
        'worker/invoke.ts',
      ],
    ],
    // checkRow() parses all rows; the result of a function is only compared with false.
    ['rows', /\.rows\b|\{ rows\b/, ['configure/apply.ts', 'postgres/snapshot.ts']],
    [
      'the reply of the endpoint, and the answer of S3',
      /\bfetch\(|\bIncomingMessage\b|node:https?\b/,
      [
        'aws/aws-request.ts',
        'delivery/deliver.ts',
        'delivery/request.ts',
        'fleet-report/run-fleet-report.ts',
      ],
    ],
    ['the answer of Secrets Manager', /SecretString/, ['credentials/parse-secret.ts']],
    ['the answer of EventBridge Scheduler', /SchedulerClient/, ['schedule/schedule-retry.ts']],
    [
      'files',
      /readFile/,
      ['fleet-report/settings.ts', 'postgres/socket.ts', 'version-check/load-release-data.ts'],
    ],
  ])('%s', async (_what, pattern, files) => {
    expect(await filesWith(pattern)).toStrictEqual(files);
  });
});

describe('the check', () => {
  test.each([
    ['as', 'const a = b as string'],
    ['as', 'const a = b as unknown as string'],
    ['<…>', 'const a = <string>b'],
    ['!', 'const a = b!.c'],
    ['any', 'function a(b: any) {}'],
    ['is', 'function a(b: unknown): b is string { return true }'],
    ['@ts-', '// @ts-expect-error\nconst a: string = 1'],
    ['JSON.parse', 'const a = JSON.parse(b)'],
    ['JSON.parse', 'const a: Target = JSON.parse(b)'],
    ['JSON.parse', 'let a; a = JSON.parse(b)'],
    ['JSON.parse', 'a(JSON.parse(b))'],
    ['JSON.parse', 'const { a } = JSON.parse(b)'],
    ['JSON.parse', 'const a = JSON.parse(b).c'],
    ['.json()', 'const a = await response.json()'],
    ['.query<…>', "client.query<{ a: number }>('select 1 as a')"],
    ['process', "const a = process.env['A']"],
    ['globalThis', "const a = globalThis['process']"],
    ['node:process', "import { env } from 'node:process'"],
  ])('finds %s in %j', (kind, source) => {
    expect(uncheckedIn(source)).toContain(kind);
  });

  test.each([
    "const A = ['a', 'b'] as const",
    'const a: unknown = JSON.parse(b)',
    'let a: unknown; a = JSON.parse(b)',
    'const a = schema.safeParse(JSON.parse(b))',
    "const a: unknown = Reflect.get(JSON.parse(b), 'a')",
    "client.query('select 1')",
    '// as it is, any of them!',
    "const sql = 'select a as b from processes'",
    "import { a as b } from './c.ts'",
  ])('accepts %j', (source) => {
    expect(uncheckedIn(source)).toStrictEqual([]);
  });
});
