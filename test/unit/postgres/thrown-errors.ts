import { inspect } from 'node:util';
import pg from 'pg';
import { expect } from 'vitest';
import type { RunError } from '../../../lib/errors.ts';

export const CANARY = 'c4n4ry';

/** Returns an error as PostgreSQL sends it, with names in its message and fields. */
export function fromServer(
  sqlstate: string,
  text = `role "${CANARY}" has a problem`,
): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(text, 100, 'error'), {
    severity: 'FATAL',
    code: sqlstate,
    detail: `Detail about ${CANARY}.`,
    hint: `Hint about ${CANARY}.`,
    schema: CANARY,
    table: CANARY,
  });
}

/** Returns an error as a socket, the resolver or OpenSSL creates it. */
export function fromNode(code: string, text = `${code} ${CANARY}.example.com:5432`): Error {
  return Object.assign(new Error(text), { code, hostname: `${CANARY}.example.com` });
}

export function expectNoNames(error: RunError): void {
  const shown = [
    error.message,
    error.remedy,
    error.origin,
    String(error),
    JSON.stringify(error),
    inspect(error, { showHidden: true, depth: null }),
  ];
  expect(shown.join('\n')).not.toContain(CANARY);
}

export const PHASES = ['connect', 'query'] as const;
