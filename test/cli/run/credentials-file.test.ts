import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCredentialsFile } from '../../../cli/run/credentials-file.ts';
import { RunError } from '../../../lib/errors.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-credentials-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const SECRET = JSON.stringify({
  username: 'u',
  password: 's3cret-of-the-file',
  host: 'h',
  dbname: 'd',
});
const IS_ROOT = process.getuid?.() === 0;

async function fileWith(text: string, mode: number): Promise<string> {
  const path = join(folder, `credentials-${mode.toString(8)}`);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

async function errorOf(path: string): Promise<RunError> {
  const error = await readCredentialsFile(path, aTarget()).catch((thrown: unknown) => thrown);
  if (!(error instanceof RunError)) throw new TypeError('The file was read.');
  return error;
}

describe('a credentials file', () => {
  test.each([0o600, 0o400])('with the mode %o is read', async (mode) => {
    const credentials = await readCredentialsFile(await fileWith(SECRET, mode), aTarget());
    expect(credentials).toMatchObject({
      user: 'u',
      password: 's3cret-of-the-file',
      host: 'h',
      port: 5432,
    });
  });

  test('may be a URL', async () => {
    const path = await fileWith('postgres://u:s3cret@h:6432/d\n', 0o600);
    expect(await readCredentialsFile(path, aTarget())).toMatchObject({ port: 6432, database: 'd' });
  });

  test('has the same version until it is replaced or changed', async () => {
    const path = await fileWith(SECRET, 0o600);
    const versionOf = async () => (await readCredentialsFile(path, aTarget())).versionId;
    const first = await versionOf();
    expect(await versionOf()).toBe(first);
    const next = join(folder, 'next');
    await writeFile(next, SECRET, { mode: 0o600 });
    await rename(next, path);
    expect(await versionOf()).not.toBe(first);
  });

  // Root may have files that its group reads, as the volumes of Kubernetes have.
  test.each([0o640, 0o440])('with the mode %o is read only if it belongs to root', async (mode) => {
    const path = await fileWith(SECRET, mode);
    if (IS_ROOT) expect(await readCredentialsFile(path, aTarget())).toMatchObject({ user: 'u' });
    else expect((await errorOf(path)).code).toBe('SECRET_UNREADABLE');
  });

  test.each([0o604, 0o602, 0o660, 0o644, 0o777])('with the mode %o is refused', async (mode) => {
    const error = await errorOf(await fileWith(SECRET, mode));
    expect(error).toMatchObject({
      code: 'SECRET_UNREADABLE',
      message: 'Other users can read or change the credentials file.',
    });
  });

  test('that does not exist has an error of its own', async () => {
    expect(await errorOf(join(folder, 'missing'))).toMatchObject({
      code: 'SECRET_NOT_FOUND',
      origin: 'ENOENT',
      message: 'The credentials file does not exist.',
    });
  });

  test.each([
    ['a folder', async (path: string) => void (await mkdir(path))],
    [
      'a file of more than 100 kB',
      (path: string) => writeFile(path, ' '.repeat(100_001), { mode: 0o600 }),
    ],
  ])('cannot be %s', async (what, create) => {
    const path = join(folder, what.replaceAll(' ', '-'));
    await create(path);
    expect(await errorOf(path)).toMatchObject({
      code: 'SECRET_UNREADABLE',
      message: 'The credentials file is not a regular file of at most 100 kB.',
    });
  });

  test('with another content is invalid, and is not quoted', async () => {
    const error = await errorOf(
      await fileWith('{"username": "u", "passwort": "s3cret-of-the-file"', 0o600),
    );
    expect(error.code).toBe('SECRET_INVALID');
    expect(`${error.message} ${error.remedy}`).not.toContain('s3cret');
  });
});
