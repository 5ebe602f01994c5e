import type { CustomTypesConfig } from 'pg';
import TypeOverrides from 'pg/lib/type-overrides.js';
import { check } from './wire-messages.ts';

/** The types of what is asked for, by their OIDs in pg_type: bool, int2, int4, float8, json and jsonb. */
const PARSED: ReadonlySet<number> = new Set([16, 21, 23, 701, 114, 3_802]);
const TEXT_ARRAY: number = 1_009;
/** The parser of arrays takes more than 80 bytes of memory for each letter. */
const MAX_ARRAY_LETTERS = 256 * 1_024;

const types = new TypeOverrides();

/**
 * Leaves the values of all other types as text. The server names the type of a value, and some of the parsers of
 * node-postgres take time that grows with the square of the text (those of dates, for example).
 */
export const WIRE_TYPES: CustomTypesConfig = {
  getTypeParser(oid, format) {
    const parse = types.getTypeParser(oid, format);
    if (PARSED.has(oid)) return parse;
    if (oid !== TEXT_ARRAY) return (value: string) => value;
    return (value: string): unknown => {
      check(value.length <= MAX_ARRAY_LETTERS, 'array');
      return parse(value);
    };
  },
};
