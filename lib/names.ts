import { createHash } from 'node:crypto';
import type { Target } from './target.ts';

/** What a target has a function for. */
export const PURPOSES = ['send-report', 'get-report', 'configure'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** What Lambda's 64 characters leave for a person to read. */
const READABLE_LENGTH = 28;
const HASH_LENGTH = 10;

/**
 * The name of a target's function, by which the deployment makes it and a person finds it. Names of targets are longer
 * than Lambda allows and have dots: what can be read is cut, and the hash tells one from the other.
 */
export function functionName(
  environment: Target['environment'],
  database: Target['name'],
  purpose: Purpose,
): string {
  const readable = `${environment}-${database}`
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, READABLE_LENGTH);
  const hash = createHash('sha256').update(`${environment}\n${database}`).digest('hex');
  return `telemetry-${readable}-${hash.slice(0, HASH_LENGTH)}-${purpose}`;
}
