import type * as z from 'zod/mini';
import { RunError } from '../errors.ts';
import { FIELDS } from './fields/all-fields.ts';
import { type Field, objectSchema } from './fields/field.ts';

/** How much is told of what is wrong: enough to find it, and no more than a log line should hold. */
const MOST_PROBLEMS = 5;

/** More values than any report has. Each that is not published costs about two kilobytes, for what is wrong with it. */
const MAX_VALUES = 20_000;

/** The check for a whole report in the format of a release: every published field of it and no other. */
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
  const more = texts.length - MOST_PROBLEMS;
  return [...texts.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`${more} more`] : [])].join(separator);
}

/** Fields of the whole are the extension's words, if they look like it; deeper down a key may be somebody's data. */
function unpublished(keys: readonly string[], isWhole: boolean): string {
  if (!isWhole) return `${keys.length} ${keys.length === 1 ? 'field' : 'fields'}`;
  return listed(
    keys.map((key) => (/^[a-z][a-z0-9_]{0,62}$/.test(key) ? key : '(no plain name)')),
    ', ',
  );
}

function describe(issue: z.core.$ZodIssue, published: ReadonlySet<string>): string {
  // Where an object's keys are data, the path has a star.
  const path = issue.path.map((key) => (published.has(String(key)) ? String(key) : '*')).join('.');
  if (issue.code !== 'unrecognized_keys') return `${path} is missing, or not of the published type`;
  const what = unpublished(issue.keys, path === '');
  return `${path === '' ? 'the report' : path} has what nobody has published: ${what}`;
}

/**
 * For `JSON.parse`: gives the key `__proto__`, which zod passes over with its value, a name that is looked at like any other
 * and that nothing else in its object has.
 */
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
      "Nothing was sent. Check that host and port lead to a PostgreSQL server, and look at the rows of TimescaleDB's metadata that have include_in_telemetry.",
  });
}

/** For `JSON.parse`: counts the values, and exposes `__proto__`. */
function limitValues(): (key: string, value: unknown) => unknown {
  let values = 0;
  return (key, value) => {
    values += 1;
    if (values > MAX_VALUES) throw tooManyValues();
    return exposeProtoKey(key, value);
  };
}

/** Reads a report by its schema; it may not be JSON, be nested too deep for a check, or have too many values for one. */
function read(text: string, release: string) {
  try {
    return reportSchema(release).safeParse(JSON.parse(text, limitValues()));
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
 * What leaves is checked against what is published, whoever has built it.
 *
 * @param text should be JSON
 * @throws RunError REPORT_UNPUBLISHED with what is not on the list; it quotes no value
 */
export function validateReport(text: string, release: string): void {
  const result = read(text, release);
  if (result.success) return;
  const published = new Set(namesIn(FIELDS));
  // What is too much says more than what is missing.
  const issues = result.error.issues.toSorted(
    (one, other) =>
      Number(other.code === 'unrecognized_keys') - Number(one.code === 'unrecognized_keys'),
  );
  const problems = issues.map((issue) => describe(issue, published));
  throw new RunError(
    'REPORT_UNPUBLISHED',
    `The report is not what is published for this release: ${listed(problems, '; ')}.`,
    {
      remedy:
        'Nothing was sent. The catalogs may be damaged, or this is a defect in timescaledb-telemetry: compare the report (npm run report -- --database-url … --always) with docs/report-fields.md, and report the difference.',
      original: result.error,
    },
  );
}
