import { execFile } from 'node:child_process';
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { IS_PACKAGE, ROOT } from '../../infra/config/folders.ts';
import { CommandError } from '../command.ts';

/** The version data of this project. */
export const OWN_FILE = join(ROOT, 'data', 'timescaledb.json');

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Reads a file of JSON.
 *
 * @throws CommandError
 */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(
      `${file} cannot be read: ${messageOf(error)}`,
      'Give --file a file of version data.',
    );
  });
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw new CommandError(
      `${file} is not JSON: ${messageOf(error)}`,
      'Correct the file, or restore its last version.',
    );
  }
}

/** Formats JSON as `npm run format` does in the repository, where a test checks the form of its own file. */
function format(value: unknown): Promise<string> {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  if (IS_PACKAGE) return Promise.resolve(text);
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [biome, 'format', `--stdin-file-path=${OWN_FILE}`],
      { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(new CommandError(`biome failed: ${error.message}`, 'Run npm ci.'));
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  });
}

/**
 * Replaces a file with JSON. The file has the old or the new text at any time, and keeps its permissions.
 *
 * @throws CommandError
 */
export async function replaceJson(file: string, value: unknown): Promise<void> {
  const text = await format(value);
  const target = await realpath(file);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const { mode } = await stat(target);
    await writeFile(temporary, text, { flag: 'wx', mode });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new CommandError(
      `${file} cannot be written: ${messageOf(error)}`,
      'Allow this user to write the file and its folder.',
    );
  }
}
