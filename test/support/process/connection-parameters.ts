import { inject } from 'vitest';
import {
  type ConnectionParameters,
  connectionParameters,
} from '../../../cli/options/libpq-parameters.ts';
import type { ConnectionChoices } from '../../../cli/options/settings.ts';

/** The certificate authority in the file /ca.pem. */
export const AUTHORITY = inject('postgres').authority;

const FILES: Readonly<Record<string, string>> = { '/ca.pem': AUTHORITY, '/other.txt': 'text' };

interface Machine {
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string | undefined;
  /** Paths of existing sockets. */
  readonly sockets?: readonly string[];
}

/** Finds the connection parameters on a machine whose user is `ann`, with the files /ca.pem and /other.txt. */
export function findParameters(choices: ConnectionChoices, machine: Machine = {}) {
  const { environment = {}, sockets = [] } = machine;
  const problems: string[] = [];
  const parameters = connectionParameters(
    choices,
    {
      environment,
      user: 'user' in machine ? machine.user : 'ann',
      exists: (path) => sockets.includes(path),
      readFile: (path) => {
        const text = FILES[path];
        if (text === undefined) throw new Error('ENOENT');
        return text;
      },
    },
    problems,
  );
  return { parameters, problems };
}

/** Returns the option --database-url. */
export function url(databaseUrl: string): ConnectionChoices {
  return { databaseUrl };
}

export const PLAIN_TEXT = { mode: 'disable' } as const;
export const VERIFY_FULL = { mode: 'verify-full' } as const;

export type ExpectedParameters = Partial<ConnectionParameters>;
