import type { Identity } from '../identity.ts';

/**
 * One top-level field of the report.
 *
 * @property since, until first and last release that has the field; open where absent
 * @property sql the value as jsonb for a server; SQL NULL leaves the field out
 */
export interface Field {
  readonly name: string;
  readonly since?: string;
  readonly until?: string;
  readonly sql: (identity: Identity) => string;
}

export function text(sql: string): string {
  return `pg_catalog.to_jsonb((${sql})::text)`;
}

export function number(sql: string): string {
  return `pg_catalog.to_jsonb((${sql})::bigint)`;
}
