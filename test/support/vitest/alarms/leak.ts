import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createDatabase } from '../../postgres/databases.ts';

test('prints a password in a child process, so that .ci/run can check that the leak is reported', async () => {
  await using database = await createDatabase();
  const { stdout } = await promisify(execFile)('echo', [database.password]);
  expect(stdout).toContain(database.password);
});
