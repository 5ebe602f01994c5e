import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { RunError } from '../errors.ts';
import { quotable } from './printable.ts';

/** Limits of what is quoted from an input: enough to find the mistake, and no more than a log line should hold. */
const MAX_PROBLEMS = 20;
const MAX_KEYS = 5;
const MAX_KEY_LENGTH = 40;

/** What is missing is said to be missing, and not to be of a wrong type. */
z.config({
  ...en(),
  customError: ({ code, input }) =>
    code === 'invalid_type' && input === undefined ? 'is required' : undefined,
});

/** The path of an issue as a person would write it: `tls.mode`, `databases[2].name`. */
function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : `.${quotable(String(key), MAX_KEY_LENGTH)}`,
    )
    .join('')
    .replace(/^\./, '');
}

/** Names the unknown keys of an object, which are the caller's own text: the first few, printable and short. */
function unknownKeys(keys: readonly string[]): string {
  const named = keys
    .slice(0, MAX_KEYS)
    .map((key) => `"${quotable(key, MAX_KEY_LENGTH)}"`)
    .join(', ');
  const more = keys.length - MAX_KEYS;
  return `Unrecognized key${keys.length === 1 ? '' : 's'}: ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

function problemOf(name: string, issue: z.core.$ZodIssue): string {
  const path = pathOf(issue.path);
  const what = issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys) : issue.message;
  return `${name}${path === '' ? '' : ` ${path}`}: ${what}`;
}

/** Checks one input and adds what is wrong with it to `problems`; undefined when anything is. */
export function check<T>(
  name: string,
  schema: z.ZodMiniType<T>,
  value: unknown,
  problems: string[],
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  problems.push(...issues.slice(0, MAX_PROBLEMS).map((issue) => problemOf(name, issue)));
  const more = issues.length - MAX_PROBLEMS;
  if (more > 0) problems.push(`${name}: ${more} more problems`);
  return undefined;
}

/** The same for an input that is JSON text in an environment variable. */
export function checkJson<T>(
  name: string,
  schema: z.ZodMiniType<T>,
  text: string | undefined,
  problems: string[],
): T | undefined {
  if (text === undefined || text === '') {
    problems.push(`${name}: is not set; it must hold a JSON object`);
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    problems.push(`${name}: is not JSON`);
    return undefined;
  }
  return check(name, schema, value, problems);
}

/** A row of our own SQL, checked; a mismatch means that the catalog is not what its version promises. */
export function checkRow<T>(what: string, schema: z.ZodMiniType<T>, row: unknown): T {
  const problems: string[] = [];
  const value = check(what, schema, row, problems);
  if (value !== undefined) return value;
  throw new RunError(
    'CATALOG_UNEXPECTED',
    `The server answered the query for ${what} with something else than expected: ${problems.join('; ')}.`,
    {
      remedy:
        'The catalogs may be damaged or half upgraded: compare pg_extension with the library on disk, and report this if they agree.',
    },
  );
}
