import type { CustomTypesConfig } from 'pg';
import TypeOverrides from 'pg/lib/type-overrides.js';
import { check } from './wire-messages.ts';

/** OIDs of the parsed types: bool, int2, int4, float8, json and jsonb. */
const PARSED: ReadonlySet<number> = new Set([16, 21, 23, 701, 114, 3_802]);
const TEXT_ARRAY: number = 1_009;
/** The parser of arrays needs more than 80 bytes of memory for each character. */
const MAX_ARRAY_LETTERS = 256 * 1_024;

const types = new TypeOverrides();

/**
 * Leaves values of all other types as text. The server chooses the type of a value, and some parsers of node-postgres take
 * time quadratic in the length of the text (those of dates, for example).
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
