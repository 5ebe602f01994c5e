import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TestDatabase } from '../postgres/databases.ts';

const CLI = join(import.meta.dirname, '..', '..', '..', 'cli');

/** How a command ended. */
export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/**
 * `npm run <script> -- <args>`, without npm, and with nothing of our own environment but the folder of compiled code: no
 * PG*, AWS_* or DO_NOT_TRACK, and a home without files.
 */
export async function runCommand(
  script: 'start' | 'serve' | 'report' | 'configure' | 'invoke',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, HOME: inject('folder'), ...environment };
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [join(CLI, `${script}.ts`), ...args],
      { env },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error);
        else resolve({ stdout, stderr, code: child.exitCode ?? -1 });
      },
    );
  });
}

/** The options that a page of help lists. */
export function optionsIn(help: string): string[] {
  return [...help.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)/gm)].map(([, option = '']) => option);
}

/** A login to a database of the tests, or another one to the same. */
export type Login = Pick<TestDatabase, 'name' | 'port' | 'role' | 'password'>;

/** What `--database-url` says of it. */
export function urlOf({ name, port, role, password }: Login, host = '127.0.0.1'): string {
  return `postgres://${role}:${password}@${host}:${port}/${name}`;
}

/** What the variables of psql say of it. */
export function variablesOf({ name, port, role, password }: Login): Record<string, string> {
  return {
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: role,
    PGDATABASE: name,
    PGPASSWORD: password,
  };
}
