import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';

const KILL_AFTER_MS = 10_000;

/** The file of this program, which runs CDK commands too: TypeScript in the repository, JavaScript in the package. */
export const PROGRAM = join(import.meta.dirname, '..', `main${extname(import.meta.filename)}`);

/**
 * Runs a CDK command in a process group of its own, which Ctrl-C does not reach: CloudFormation would go on without it. Its output
 * goes to standard error.
 *
 * @param program arguments of Node: the file, and its first arguments
 * @param signal ends the process
 * @returns its exit status
 * @throws the signal's reason
 */
export async function runCdk(
  program: readonly string[],
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...program, ...args], {
    stdio: ['ignore', process.stderr, process.stderr],
    detached: process.platform !== 'win32',
  });
  const kill = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null) return;
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  };
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    kill('SIGTERM');
    timer = setTimeout(() => kill('SIGKILL'), KILL_AFTER_MS);
  };
  signal.addEventListener('abort', abort);
  try {
    const [status]: (number | null)[] = await once(child, 'close');
    signal.throwIfAborted();
    return status ?? 1;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
