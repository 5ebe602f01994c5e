import compare from 'semver/functions/compare.js';
import gt from 'semver/functions/gt.js';
import rcompare from 'semver/functions/rcompare.js';
import * as z from 'zod/mini';
import { FIELDS } from '../lib/report/fields/all-fields.ts';
import type { Field, Type } from '../lib/report/fields/field.ts';
import { reportSchema } from '../lib/report/validate-report.ts';
import { FIRST_RELEASE } from '../lib/timescaledb/releases.ts';

/** Generates the published list of report fields from the table that the query and its check use. */

/** Releases from `since` on, and before `before`. */
type Span = Pick<Field, 'since' | 'before'>;

type Row = Field & Span & { readonly path: string };

/** Returns the releases that have both a field and the object around it. */
function overlap(outer: Span, inner: Span): Span {
  const [since] = [outer.since, inner.since].filter((one) => one !== undefined).sort(rcompare);
  const [before] = [outer.before, inner.before].filter((one) => one !== undefined).sort(compare);
  return { ...(since !== undefined && { since }), ...(before !== undefined && { before }) };
}

/** Returns the types of a field in its span, each with its first release. */
function typesOf({ type, since = FIRST_RELEASE }: Field): readonly (readonly [string, Type])[] {
  if ('label' in type) return [[since, type]];
  return type.filter((_, i) => {
    const next = type[i + 1];
    return next === undefined || gt(next[0], since);
  });
}

/** Returns the notation in a path of an array, or of an object whose keys are data. */
function keyOf({ label }: Type): string {
  if (label.startsWith('array')) return '[]';
  return /object: (.+?) →/.exec(label)?.[1]?.replace(/^(.*)$/, '.<$1>') ?? '';
}

function rowsOf(fields: readonly Field[], parent = '', outer: Span = {}): readonly Row[] {
  return fields.flatMap((field) => {
    const path = `${parent}${field.name}`;
    const row: Row = { ...field, ...overlap(outer, field), path };
    const newest = typesOf(row).at(-1)?.[1];
    const members = newest?.members ?? [];
    return [row, ...(newest ? rowsOf(members, `${path}${keyOf(newest)}.`, row) : [])];
  });
}

function releasesOf({ since, before }: Span): string {
  if (since === undefined && before === undefined) return 'all';
  const from = `from ${since ?? FIRST_RELEASE}`;
  return before === undefined ? from : `${from}, removed in ${before}`;
}

function typeOf(row: Row): string {
  return typesOf(row)
    .map(([since, { label }], i) => (i === 0 ? label : `since ${since} ${label}`))
    .join('; ');
}

function descriptionOf({ description, sql, absentWhen, warning }: Field): string {
  const capital = `${description[0]?.toUpperCase() ?? ''}${description.slice(1)}.`;
  const notes = [
    ...(absentWhen === undefined
      ? []
      : [
          sql === undefined
            ? `Absent with plain SQL: ${absentWhen}.`
            : `Absent when ${absentWhen}.`,
        ]),
    ...(warning === undefined ? [] : [`**Caution:** ${warning}.`]),
  ];
  return [capital, ...notes].join(' ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function table(rows: readonly Row[]): string {
  const lines = rows.map((row) =>
    [
      `\`${row.path}\``,
      releasesOf(row),
      typeOf(row),
      descriptionOf(row),
      `\`${JSON.stringify(row.example)}\``,
    ]
      .map(cell)
      .join(' | '),
  );
  return [
    '| field | releases | type | description | example |',
    '|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}

/** Returns the releases that changed the format of the report, the oldest first. */
export function formats(): readonly string[] {
  const boundaries = rowsOf(FIELDS).flatMap((row) => [
    row.since,
    row.before,
    ...typesOf(row).map(([since]) => since),
  ]);
  const releases = [...new Set(boundaries.filter((one) => one !== undefined))].sort(compare);
  const schemas = releases.map((release) => JSON.stringify(schemaOf(release, '')));
  return releases.filter((_, i) => schemas[i] !== schemas[i - 1]);
}

/** Returns the JSON Schema (draft 2020-12) of a release's report. */
function schemaOf(release: string, title: string): object {
  const schema = z.toJSONSchema(reportSchema(release), {
    override({ jsonSchema }) {
      if (jsonSchema.multipleOf !== 1) return;
      jsonSchema.type = 'integer';
      delete jsonSchema.multipleOf;
    },
  });
  return { title, ...schema };
}

/** Returns the published JSON Schemas, by file name. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const all = formats();
  return new Map(
    all.map((release, i) => {
      const next = all[i + 1];
      const end = next === undefined ? 'and later' : `to before ${next}`;
      const title = `Telemetry report of TimescaleDB ${release} ${end}`;
      return [`${release}.json`, `${JSON.stringify(schemaOf(release, title), null, 2)}\n`];
    }),
  );
}

/** Returns the paths that a format adds and removes. */
function changesIn(release: string, previous: string | undefined): string {
  const pathsIn = (one: string): Set<string> =>
    new Set(
      rowsOf(FIELDS)
        .filter(
          ({ since = FIRST_RELEASE, before }) => !gt(since, one) && !(before && !gt(before, one)),
        )
        .map(({ path }) => path),
    );
  if (previous === undefined) return 'first format';
  const [before, now] = [pathsIn(previous), pathsIn(release)];
  const name = (sign: string, paths: ReadonlySet<string>): string[] =>
    [...paths]
      // The members of a new object are not listed.
      .filter(
        (path) =>
          ![...paths].some(
            (outer) =>
              path !== outer && /^[.[]/.test(path.slice(outer.length)) && path.startsWith(outer),
          ),
      )
      .map((path) => `${sign} \`${path}\``);
  const gone = new Set([...before].filter((path) => !now.has(path)));
  const come = new Set([...now].filter((path) => !before.has(path)));
  const changes = [...name('+', come), ...name('−', gone)];
  return changes.length > 0 ? changes.join(', ') : 'types only';
}

function formatsTable(): string {
  const all = formats();
  const lines = all.map((release, i) => {
    const changes = changesIn(release, all[i - 1]);
    const types = release === '2.6.0' ? '; numbers instead of texts' : '';
    return `| ${release} | [${release}.json](schemas/${release}.json) | ${cell(changes)}${types} |`;
  });
  return ['| since | schema | what changed |', '|---|---|---|', ...lines].join('\n');
}

/** Returns the text of docs/report-fields.md. */
export function fieldsPage(): string {
  const isDetail = ({ path }: Row): boolean => /[.[]/.test(path);
  const rows = rowsOf(FIELDS);
  const section = (name: string): string =>
    `### \`${name}\`\n\n${table(rows.filter(({ path }) => path.startsWith(`${name}.`) || path.startsWith(`${name}[`)))}`;
  const detailed = FIELDS.map(({ name }) => name).filter((name) =>
    rows.some((row) => isDetail(row) && row.path.startsWith(name) && row.path !== name),
  );
  return `# Fields of the report

<!-- Generated by \`npm run docs\` from lib/report/; a test fails if it is stale. -->

This is the complete list of report fields, for every release of TimescaleDB from ${FIRST_RELEASE} on. A report has the fields
of the release that the database runs, in the types of that release, and no others. Every report is checked against this list,
and a report that does not match it is not sent (\`REPORT_UNPUBLISHED\`). The same list as JSON Schema, one file for each
change of the format: [schemas/](schemas/).

By default the report is built with plain SQL over the catalogs. Values that only the compiled code of the extension knows are
then absent or null. With \`reportSource: "function"\` the server's own text is sent instead, and is checked in the same way.
The check covers fields, types, and the form of identifiers, times, SQLSTATEs and other texts that have one. A text without a
form, such as the version of a kernel, is sent as the server returns it. Times of plain SQL are UTC. **Caution** marks fields
that can contain text of a user.

## Formats

A release has the newest format of this table that is not newer than itself. A development build, such as 2.23.0-dev, has the
format of its number. A release newer than this table is reported in the last format; new fields are not sent until this list
has them.

${formatsTable()}

Complete reports of databases with known contents, which the tests expect: [examples/](examples/).

## Top level

${table(rows.filter((row) => !isDetail(row)))}

## Fields of objects

${detailed.map(section).join('\n\n')}
`;
}
