import { closestMatch } from 'leven';
import type * as z from 'zod/mini';
import { quotable } from './printable.ts';

/** Limits of text quoted from an input: a log line must stay short. */
const MAX_KEYS = 5;
export const MAX_KEY_LENGTH = 40;

/** A suggestion differs in at most this number of letters, and in at most 60 % of them; as in commander. */
const MAX_DISTANCE = 3;
const MAX_DIFFERENCE = 0.6;

const TYPES: ReadonlyMap<string, string> = new Map([
  ['object', 'an object'],
  ['record', 'an object'],
  ['array', 'an array'],
  ['string', 'a string'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['nan', 'NaN'],
]);

/** Returns the type of a value, as zod names it. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isNaN(value) ? 'nan' : typeof value;
}

function typeName(type: string): string {
  return TYPES.get(type) ?? type;
}

/** Returns the candidate that a misspelt text most likely stands for. */
function suggest(text: string, candidates: readonly string[]): string | undefined {
  const written = text.slice(0, MAX_KEY_LENGTH).toLowerCase();
  const byLowerCase = new Map(candidates.map((candidate) => [candidate.toLowerCase(), candidate]));
  const maxDistance = Math.min(MAX_DISTANCE, Math.floor(written.length * MAX_DIFFERENCE));
  const closest = closestMatch(written, [...byLowerCase.keys()], { maxDistance });
  return closest === undefined ? undefined : byLowerCase.get(closest);
}

function describeKey(key: string, known: readonly string[]): string {
  const suggestion = suggest(key, known);
  const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`;
  return `"${quotable(key, MAX_KEY_LENGTH)}"${hint}`;
}

/** Returns the keys of an object's schema; none for any other schema. */
function keysOf(schema: z.core.$ZodRawIssue['inst']): readonly string[] {
  const def = schema?._zod.def;
  const shape = def !== undefined && 'shape' in def ? def.shape : undefined;
  return Object.keys(Object(shape));
}

function describeKeys({ keys, inst }: z.core.$ZodRawIssue<z.core.$ZodIssueUnrecognizedKeys>) {
  const known = keysOf(inst);
  const named = keys.slice(0, MAX_KEYS).map((key) => describeKey(key, known));
  const more = keys.length - MAX_KEYS;
  return `unknown key${keys.length === 1 ? '' : 's'} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function describeType(expected: string, input: unknown): string {
  if (input === undefined) return 'is required';
  const received = typeOf(input);
  const isNumber = expected === 'int' && received === 'number';
  return `must be ${typeName(expected)}${isNumber ? '' : `, not ${typeName(received)}`}`;
}

function describeValues(values: readonly unknown[], input: unknown): string {
  const listed = values.map((value) => JSON.stringify(value)).join(', ');
  const texts = values.filter((value) => typeof value === 'string');
  const suggestion = typeof input === 'string' ? suggest(input, texts) : undefined;
  const hint = suggestion === undefined ? '' : ` (did you mean "${suggestion}"?)`;
  return `must be ${values.length === 1 ? '' : 'one of '}${listed}${hint}`;
}

const UNITS: ReadonlyMap<string, string> = new Map([
  ['string', ' characters'],
  ['array', ' items'],
]);

function describeLimit(
  origin: string,
  limit: 'at least' | 'at most',
  count: number | bigint,
): string {
  const unit = UNITS.get(origin);
  return unit === undefined ? `must be ${limit} ${count}` : `must have ${limit} ${count}${unit}`;
}

/**
 * Describes what is wrong with an input, without its value: the end of a sentence that begins with the name of the input.
 * Suggests the nearest known key or value.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return describeType(issue.expected, issue.input);
    case 'invalid_value':
      return describeValues(issue.values, issue.input);
    case 'unrecognized_keys':
      return describeKeys(issue);
    case 'too_big':
      return describeLimit(issue.origin, 'at most', issue.maximum);
    case 'too_small':
      return describeLimit(issue.origin, 'at least', issue.minimum);
    default:
      return 'is invalid';
  }
}
