import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** A condition of the release that does not hold, with the remedy. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** npm gives its scripts the folders of its own packages, and settings of the run that started it. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return Object.fromEntries(entries);
}

/**
 * Runs a command and returns what it writes to standard output. Standard error goes to the terminal.
 *
 * @throws ReleaseError if it does not end with status 0
 */
export async function outputOf(
  folder: string,
  command: string,
  ...args: readonly string[]
): Promise<string> {
  const child = spawn(command, args, {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (child.exitCode !== 0) {
    throw new ReleaseError(
      `${[command, ...args].join(' ')} failed.`,
      'Correct what it reports, and start again. Nothing was changed or published.',
    );
  }
  return output;
}

/**
 * Runs a command whose output goes to standard error, so that standard output has only the result of the release.
 *
 * @throws ReleaseError if it does not end with status 0
 */
export async function run(
  folder: string,
  command: string,
  ...args: readonly string[]
): Promise<void> {
  process.stderr.write(`\n> ${[command, ...args].join(' ')}\n`);
  process.stderr.write(await outputOf(folder, command, ...args));
}
