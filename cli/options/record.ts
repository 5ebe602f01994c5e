import { mkdir } from 'node:fs/promises';
import { errorCodeOf } from '../../lib/errors.ts';
import { CommandError } from '../command.ts';

/**
 * Creates the folder of `--record`.
 *
 * @throws CommandError when it cannot be created
 */
export async function prepareRecord(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new CommandError(
      `The folder of --record cannot be created (${errorCodeOf(error) ?? 'unknown error'}).`,
      'Name another folder.',
    );
  }
}
