import * as z from 'zod/mini';
import { RunError } from '../errors.ts';
import { describeIssue, MAX_KEY_LENGTH } from './describe-issue.ts';
import { quotable } from './printable.ts';

/** Limit of problems reported for one input: a log line must stay short. */
const MAX_PROBLEMS = 20;

z.config({ customError: describeIssue });

/** Formats the path of an issue: `tls.mode`, `databases[2].name`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : `.${quotable(String(key), MAX_KEY_LENGTH)}`,
    )
    .join('')
    .replace(/^\./, '');
}

function describeProblem(name: string, { path, message }: z.core.$ZodIssue): string {
  return `${name}${path.length === 0 ? '' : ` ${formatPath(path)}`}: ${message}`;
}

/** Parses one input; adds its problems to `problems` and returns undefined when it is invalid. */
export function check<T>(
  name: string,
  schema: z.ZodMiniType<T>,
  value: unknown,
  problems: string[],
): T | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  problems.push(...issues.slice(0, MAX_PROBLEMS).map((issue) => describeProblem(name, issue)));
  const more = issues.length - MAX_PROBLEMS;
  if (more > 0) problems.push(`${name}: ${more} more problems`);
  return undefined;
}

/** Parses an input that is JSON text in an environment variable. */
export function checkJson<T>(
  name: string,
  schema: z.ZodMiniType<T>,
  text: string | undefined,
  problems: string[],
): T | undefined {
  if (text === undefined || text === '') {
    problems.push(`${name}: is not set; set it to a JSON object`);
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

/** Parses a row of this project's own SQL. A mismatch means that the catalogs do not match their version. */
export function checkRow<T>(what: string, schema: z.ZodMiniType<T>, row: unknown): T {
  const problems: string[] = [];
  const value = check(what, schema, row, problems);
  if (value !== undefined) return value;
  throw new RunError(
    'CATALOG_UNEXPECTED',
    `The server's answer to the query for ${what} has an unexpected form: ${problems.join('; ')}.`,
    {
      remedy:
        'Compare pg_extension with the library on disk: the catalogs may be damaged or only partly upgraded. Report a bug if the two agree.',
    },
  );
}
