import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { IS_PACKAGE, ROOT, WORKING_FOLDER } from '../../infra/config/folders.ts';
import { CommandError } from '../command.ts';

/** Packages that deploying needs, and the package of the program leaves to its user. */
const NEEDED = ['aws-cdk/bin/cdk', 'aws-cdk-lib', 'cdk-nag', 'constructs'] as const;

/** The app, and the settings of `cdk.json`: the working folder of a user has no such file. */
const APP_OPTIONS = [
  // A path alone: the CDK command starts it with its own Node, and quotes it for the shell.
  ...['--app', join(ROOT, 'infra', 'bin', 'app.js')],
  ...['--no-version-reporting', '--no-notices'],
];

/** Finds a module of the working folder, or of the package that this code belongs to. */
function resolveModule(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name, {
      paths: [WORKING_FOLDER, import.meta.dirname],
    });
  } catch {
    return undefined;
  }
}

/**
 * Checks that the packages for deploying are installed.
 *
 * @throws CommandError with the command that installs them
 */
export function requireCdk(): void {
  const missing = NEEDED.filter((name) => resolveModule(name) === undefined);
  if (missing.length === 0) return;
  throw new CommandError(
    `Packages for deploying are not installed: ${missing.map((name) => name.replace(/\/bin.*/, '')).join(', ')}.`,
    IS_PACKAGE
      ? 'Run npm install --save-dev aws-cdk@2 aws-cdk-lib@2 cdk-nag@3 constructs@10.'
      : 'Run npm ci.',
  );
}

/**
 * Runs the CDK command for the app of this project.
 *
 * @returns its exit status
 */
export async function runCdk(args: readonly string[]): Promise<number> {
  const cdk = spawn(
    process.execPath,
    [resolveModule(NEEDED[0]) ?? '', ...args, ...(IS_PACKAGE ? APP_OPTIONS : [])],
    {
      cwd: WORKING_FOLDER,
      stdio: 'inherit',
      env: { ...process.env, ...(IS_PACKAGE && { CDK_DISABLE_CLI_TELEMETRY: 'true' }) },
    },
  );
  const [status]: (number | null)[] = await once(cdk, 'close');
  return status ?? 1;
}
