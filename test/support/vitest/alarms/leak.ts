import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createDatabase } from '../../postgres/databases.ts';

test('lets a password come out of a child, so that .ci/run sees whether that is seen', async () => {
  await using database = await createDatabase();
  const { stdout } = await promisify(execFile)('echo', [database.password]);
  expect(stdout).toContain(database.password);
});
