import { spawn } from 'node:child_process';
import { errorCodeOf } from '../../../lib/errors.ts';

/** How long an opener may take to report a failure. It may also run as long as the browser that it starts. */
const WAIT_MS = 2_000;

/** The program that opens a file as a double click does, with its arguments. */
function openerOf(file: string): readonly [program: string, args: readonly string[]] {
  if (process.platform === 'darwin') return ['open', [file]];
  // `start` is a command of the shell; this is what it calls.
  if (process.platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', file]];
  return ['xdg-open', [file]];
}

/** Without a display, xdg-open would start a browser in the terminal. */
function hasDisplay(): boolean {
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return [process.env['DISPLAY'], process.env['WAYLAND_DISPLAY']].some(Boolean);
}

/** Starts a program without a shell, and returns the reason if it fails at once. */
async function start(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    // The browser outlives this command, and writes nothing to its terminal.
    const child = spawn(program, args, { detached: true, stdio: 'ignore' });
    const timer = setTimeout(() => resolve(undefined), WAIT_MS);
    const finish = (reason?: string): void => {
      clearTimeout(timer);
      resolve(reason);
    };
    child.once('error', (error) => finish(`${program} cannot be started (${errorCodeOf(error)})`));
    child.once('exit', (code, signal) =>
      finish(code === 0 ? undefined : `${program} ended with ${signal ?? `status ${code}`}`),
    );
    child.unref();
  });
}

/**
 * Opens a file with the program that the desktop has for it.
 *
 * @param file absolute path
 * @returns the reason if it was not opened
 */
export async function openFile(file: string): Promise<string | undefined> {
  if (!hasDisplay()) return 'this machine has no display';
  return start(...openerOf(file));
}
