import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { errorCodeOf } from '../../lib/errors.ts';
import { CommandError } from '../command.ts';

const secretSchema = z.object({ password: z.string().check(z.minLength(1)) });

async function readIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parsePassword(text: string, file: string): string {
  try {
    const { success, data } = secretSchema.safeParse(JSON.parse(text));
    if (success) return data.password;
  } catch {
    // Not JSON.
  }
  throw new CommandError(
    `The file ${file} exists and is not the JSON of a secret.`,
    'Move it away, or name another folder with --secrets.',
  );
}

/**
 * Returns the password in the file of a secret; undefined if there is no file.
 *
 * @throws CommandError
 */
export async function readPassword(file: string): Promise<string | undefined> {
  const text = await readIfExists(file);
  return text === undefined ? undefined : parsePassword(text, file);
}

/** Writes a secret that only this user can read. Never replaces a file. */
export async function writeSecret(file: string, secret: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(secret)}\n`, { mode: 0o600, flag: 'wx' });
}
