import { createRequire, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

/** Preloaded into the command: its processes that run a CDK command become processes of the stub. */
const childProcess = createRequire(import.meta.url)('node:child_process');
const STUB = join(import.meta.dirname, 'cdk-stub.ts');
const { spawn } = childProcess;

childProcess.spawn = (file: string, args: readonly string[], options: object) =>
  spawn(
    file,
    args.map((arg) => (/cli[/\\]main\.[jt]s$/.test(arg) ? STUB : arg)),
    options,
  );
syncBuiltinESMExports();
