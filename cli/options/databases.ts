import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Option } from 'commander';
import { errorCodeOf } from '../../lib/errors.ts';
import { CommandError } from '../command.ts';
import { type DatabaseList, parseDatabaseList } from '../fleet/database-list.ts';

/** The value of `--databases` for standard input. */
const STDIN = '-';

export function databasesOption(): Option {
  return new Option(
    '--databases <file>',
    'a list: one URL a line, CSV with a header, or a JSON array; - for standard input',
  );
}

/** Returns the name of a list for a person. */
export function describeList(file: string): string {
  return file === STDIN ? 'standard input' : file;
}

/**
 * Reads the databases of a list.
 *
 * @throws CommandError for a file that cannot be read, or has no entry
 */
export async function readDatabases(file: string): Promise<DatabaseList> {
  try {
    return parseDatabaseList(
      file === STDIN ? await text(process.stdin) : await readFile(file, 'utf8'),
    );
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : errorCodeOf(error);
    throw new CommandError(
      `The list ${describeList(file)} cannot be read: ${reason}.`,
      'Name a file with --databases; docs/cli.md shows its forms.',
    );
  }
}
