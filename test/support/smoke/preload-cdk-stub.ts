import { existsSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

/** Preloaded into the command: its processes that run a CDK command become processes of the stub. */
const childProcess = createRequire(import.meta.url)('node:child_process');
const STUB = join(import.meta.dirname, 'cdk-stub.ts');
const { spawn } = childProcess;

/** Whether an argument is the program: in the repository, or compiled in the package. A file that does not exist fails as it would. */
function isProgram(arg: string): boolean {
  return /cli[/\\]main\.[jt]s$/.test(arg) && existsSync(arg);
}

childProcess.spawn = (file: string, args: readonly string[], options: object) =>
  spawn(
    file,
    args.map((arg) => (isProgram(arg) ? STUB : arg)),
    options,
  );
syncBuiltinESMExports();
