import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import type { TestDatabase } from '../postgres/databases.ts';

/** The program that every command belongs to. */
export const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');

/** The output and the exit code of a command. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** A command that runs. */
export interface Started {
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
}

/** Variables of a command that builds the functions itself. */
export const BUILDS_FUNCTIONS = { NODE_OPTIONS: '' } as const;

/** Returns the variables with which a command uses the functions that the tests have built. */
function builtFunctions(): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: '--conditions=bundles-of-tests',
    TEST_BUNDLES: dirname(dirname(inject('bundles')['send-report'].file)),
  };
}

/**
 * Starts a command of the program. It inherits only PATH and Node's folder of compiled code: no PG*, AWS_* or DO_NOT_TRACK.
 * Its home directory has no configuration files. It uses the functions that the tests have built.
 *
 * @param command its name, such as `report` or `versions check`; empty for the program itself
 */
export function startCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Started {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = {
    PATH,
    NODE_COMPILE_CACHE,
    HOME: inject('folder'),
    ...builtFunctions(),
    ...environment,
  };
  const { promise: ended, resolve, reject } = Promise.withResolvers<Ended>();
  const child = execFile(
    process.execPath,
    [PROGRAM, ...command.split(' ').filter((word) => word !== ''), ...args],
    { env },
    (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ stdout, stderr, code: child.exitCode ?? -1 });
    },
  );
  return { signal: (signal) => void child.kill(signal), ended };
}

/** Runs a command of the program to its end; see `startCommand`. */
export function runCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return startCommand(command, args, environment).ended;
}

/** Returns the options that a help text lists. */
export function optionsIn(help: string): string[] {
  return [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option = '']) => option);
}

/** A login to a database of the tests. */
export type Login = Pick<TestDatabase, 'name' | 'port' | 'role' | 'password'>;

/** Returns the value of `--database-url` for a login. */
export function urlOf({ name, port, role, password }: Login, host = '127.0.0.1'): string {
  return `postgres://${role}:${password}@${host}:${port}/${name}`;
}

/** Returns the variables of psql for a login. */
export function variablesOf({ name, port, role, password }: Login): Record<string, string> {
  return {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: role,
    PGDATABASE: name,
    PGPASSWORD: password,
  };
}
