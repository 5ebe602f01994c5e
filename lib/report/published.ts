import type * as z from 'zod/mini';
import { RunError } from '../errors.ts';
import { type Field, objectSchema } from './field.ts';
import { FIELDS } from './fields.ts';

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

/** Keys of the objects that have fixed fields; they are the extension's words, if they look like it. */
function named(keys: readonly string[]): string {
  return keys
    .map((key) => (/^[a-z][a-z0-9_]{0,62}$/.test(key) ? key : '(no plain name)'))
    .join(', ');
}

/** Where an object's keys are data, the path has a `*`. */
function describe(issue: z.core.$ZodIssue, published: ReadonlySet<string>): string {
  const path = issue.path.map((key) => (published.has(String(key)) ? String(key) : '*')).join('.');
  if (issue.code !== 'unrecognized_keys') return `${path} is missing, or not of the published type`;
  return `${path === '' ? 'the report' : path} has what nobody has published: ${named(issue.keys)}`;
}

/**
 * What leaves is checked against what is published, whoever has built it.
 *
 * @param text JSON
 * @throws RunError REPORT_UNPUBLISHED with everything that is not on the list; it quotes no value
 */
export function checkPublished(text: string, release: string): void {
  const result = reportSchema(release).safeParse(JSON.parse(text));
  if (result.success) return;
  const published = new Set(namesIn(FIELDS));
  const problems = result.error.issues.map((issue) => describe(issue, published));
  throw new RunError(
    'REPORT_UNPUBLISHED',
    `The report is not what is published for this release: ${problems.join('; ')}.`,
    {
      remedy:
        'Nothing was sent. The catalogs may be damaged, or this is a defect in timescaledb-telemetry: compare the report (npm start -- --database-url … --always) with docs/report-fields.md, and report the difference.',
      original: result.error,
    },
  );
}
