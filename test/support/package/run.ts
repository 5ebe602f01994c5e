import { execFile } from 'node:child_process';
import type { Ended } from '../process/commands.ts';

/** Runs a program; an exit status other than 0 is no error. */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: 32 * 1024 * 1024 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ stdout, stderr, code: child.exitCode ?? -1 });
    });
  });
}
