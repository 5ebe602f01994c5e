import type * as z from 'zod/mini';
import { RunError } from '../errors.ts';
import { FIELDS } from './fields/all-fields.ts';
import { type Field, objectSchema } from './fields/field.ts';

/** Limit of problems listed in a message. */
const MAX_PROBLEMS = 5;

/** Upper bound of a report's values. Each unpublished value costs about two kilobytes of memory for its issue. */
const MAX_VALUES = 20_000;

/** Returns the schema of a whole report in the format of a release: its published fields and no others. */
export function reportSchema(release: string): z.ZodMiniType {
  return objectSchema(FIELDS, release);
}

function namesIn(fields: readonly Field[]): readonly string[] {
  return fields.flatMap(({ name, type }) => {
    const types = 'label' in type ? [type] : type.map(([, one]) => one);
    return [name, ...types.flatMap(({ members = [] }) => namesIn(members))];
  });
}

function listed(texts: readonly string[], separator: string): string {
  const more = texts.length - MAX_PROBLEMS;
  return [...texts.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`${more} more`] : [])].join(separator);
}

/** Names the unknown fields of the report itself. Inside of objects keys may be user data, and are only counted. */
function describeUnknown(keys: readonly string[], path: string): string {
  if (path !== '') {
    const fields = keys.length === 1 ? '1 field that is' : `${keys.length} fields that are`;
    return `${path} contains ${fields} not on the published list`;
  }
  const names = keys.map((key) =>
    /^[a-z][a-z0-9_]{0,62}$/.test(key) ? key : '(not a plain name)',
  );
  return `the report contains fields that are not on the published list: ${listed(names, ', ')}`;
}

function describe(issue: z.core.$ZodIssue, published: ReadonlySet<string>): string {
  // Keys that are user data are replaced by a star.
  const path = issue.path.map((key) => (published.has(String(key)) ? String(key) : '*')).join('.');
  if (issue.code === 'unrecognized_keys') return describeUnknown(issue.keys, path);
  return `${path} is missing, or has another type than published`;
}

/** Reviver of `JSON.parse`: renames the key `__proto__`, which zod ignores, to a name that is unique in its object. */
function exposeProtoKey(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__'))
    return value;
  const { ['__proto__']: hidden, ...rest }: Record<string, unknown> = { ...value };
  let name = '*proto*';
  while (Object.hasOwn(rest, name)) name += '*';
  return { ...rest, [name]: hidden };
}

function tooManyValues(): RunError {
  return new RunError('REPORT_UNPUBLISHED', `The report has more than ${MAX_VALUES} values.`, {
    remedy:
      "Nothing was sent. Check that host and port lead to a PostgreSQL server, and look at the rows of TimescaleDB's metadata with include_in_telemetry.",
  });
}

/** Of two fields with one name, a reader of the report would see only the last, but both would be sent. */
function repeatedField(): RunError {
  return new RunError('REPORT_UNPUBLISHED', 'The report has a field twice.', {
    remedy:
      'Nothing was sent. Check that host and port lead to a PostgreSQL server: its jsonb has no field twice.',
  });
}

/** The end of a text in JSON, and the white space after it. */
const TEXT_END = /(?:[^"\\]+|\\.)*"\s*/y;

/** Counts the keys in the text of valid JSON, also those that a later key of the same name replaces. */
function countKeys(text: string): number {
  let keys = 0;
  let start = text.indexOf('"');
  while (start !== -1) {
    TEXT_END.lastIndex = start + 1;
    TEXT_END.test(text);
    const { lastIndex } = TEXT_END;
    if (text[lastIndex] === ':') keys += 1;
    start = text.indexOf('"', lastIndex);
  }
  return keys;
}

/** Parses JSON with a reviver that counts the values and the keys, and exposes `__proto__`. */
function parseCounting(text: string): unknown {
  let values = 0;
  let keys = 0;
  const parsed: unknown = JSON.parse(text, function (this: unknown, key, value) {
    values += 1;
    if (values > MAX_VALUES) throw tooManyValues();
    if (!Array.isArray(this)) keys += 1;
    return exposeProtoKey(key, value);
  });
  // The whole value has an empty key, which is not in the text.
  if (keys - 1 !== countKeys(text)) throw repeatedField();
  return parsed;
}

/** Parses a report by its schema. Throws when it is not JSON, is nested too deep, or has too many values or a field twice. */
function parseReport(text: string, release: string) {
  try {
    return reportSchema(release).safeParse(parseCounting(text));
  } catch (original) {
    if (original instanceof RunError) throw original;
    throw new RunError('REPORT_UNPUBLISHED', 'The report is not JSON, or is nested too deep.', {
      remedy:
        'Nothing was sent. Check that host and port lead to a PostgreSQL server: its jsonb is always JSON.',
      original,
    });
  }
}

/**
 * Checks a report against the published list of fields, whatever its source.
 *
 * @throws RunError REPORT_UNPUBLISHED with the differences; it quotes no value
 */
export function validateReport(text: string, release: string): void {
  const result = parseReport(text, release);
  if (result.success) return;
  const published = new Set(namesIn(FIELDS));
  // Unknown fields are more important than missing ones.
  const issues = result.error.issues.toSorted(
    (one, other) =>
      Number(other.code === 'unrecognized_keys') - Number(one.code === 'unrecognized_keys'),
  );
  const problems = issues.map((issue) => describe(issue, published));
  throw new RunError(
    'REPORT_UNPUBLISHED',
    `The report does not match the published list for this release: ${listed(problems, '; ')}.`,
    {
      remedy:
        "Nothing was sent. Compare the named fields with docs/report-fields.md and the server's catalogs, and report the difference: the catalogs may be damaged, or timescaledb-telemetry has a defect.",
      original: result.error,
    },
  );
}

/** Returns the `db_uuid` of a valid report. */
export function uuidOf(text: string): string | undefined {
  const uuid: unknown = Reflect.get(JSON.parse(text), 'db_uuid');
  return typeof uuid === 'string' ? uuid : undefined;
}
