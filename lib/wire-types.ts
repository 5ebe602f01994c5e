import type { CustomTypesConfig } from 'pg';
import TypeOverrides from 'pg/lib/type-overrides.js';

/** The types of what is asked for, by their OIDs in pg_type: bool, int2, int4, float8, json, jsonb and text[]. */
const PARSED: ReadonlySet<number> = new Set([16, 21, 23, 701, 114, 3_802, 1_009]);

const types = new TypeOverrides();

/**
 * Leaves the values of all other types as text. The server names the type of a value, and some of the parsers of
 * node-postgres take time that grows with the square of the text (those of dates, for example).
 */
export const WIRE_TYPES: CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    PARSED.has(oid) ? types.getTypeParser(oid, format) : (value: string) => value,
};
