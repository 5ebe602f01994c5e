import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFile } from '../../../lib/record/create-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-create-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('creates a file and its folders once, and never replaces it', async () => {
  const path = join(folder, 'a', 'b.json.gz');
  expect(await createFile(path, Buffer.from('first'))).toBe(true);
  expect(await createFile(path, Buffer.from('second'))).toBe(false);
  expect(await readFile(path, 'utf8')).toBe('first');
});

test('gives a new file the mode 0600 and new folders 0700 with the umask 022', async () => {
  const umask = process.umask(0o022);
  try {
    await createFile(join(folder, 'private', 'day', 'run.json.gz'), Buffer.from(''));
  } finally {
    process.umask(umask);
  }
  const paths = ['private', 'private/day', 'private/day/run.json.gz'];
  const modes = await Promise.all(
    paths.map(async (path) => ((await stat(join(folder, path))).mode & 0o777).toString(8)),
  );
  expect(modes).toEqual(['700', '700', '600']);
});

test('throws if the file cannot be created', async () => {
  await createFile(join(folder, 'file'), Buffer.from('not a folder'));
  await expect(createFile(join(folder, 'file', 'below'), Buffer.from(''))).rejects.toThrow();
});
