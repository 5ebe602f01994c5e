import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { IS_PACKAGE, ROOT, WORKING_FOLDER } from '../../infra/config/folders.ts';
import { CommandError } from '../command.ts';

/** Packages that deploying needs, and the package of the program leaves to its user. */
const NEEDED = ['aws-cdk/bin/cdk', 'aws-cdk-lib', 'constructs'] as const;

/** The program of the app, and the settings of `cdk.json`: the working folder of a user has no such file. */
const APP_OPTIONS = [
  ...['--app', `"${process.execPath}" "${join(ROOT, 'infra', 'bin', 'app.js')}"`],
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
 * Runs the CDK command for the app of this project.
 *
 * @returns its exit status
 * @throws CommandError if CDK is not installed
 */
export async function runCdk(args: readonly string[]): Promise<number> {
  const missing = NEEDED.filter((name) => resolveModule(name) === undefined);
  if (missing.length > 0) {
    throw new CommandError(
      `CDK is not installed in this folder: ${missing.map((name) => name.split('/')[0]).join(', ')}.`,
      IS_PACKAGE
        ? 'Run npm install --save-dev aws-cdk@2 aws-cdk-lib@2 constructs@10.'
        : 'Run npm ci.',
    );
  }
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
