import compare from 'semver/functions/compare.js';
import gt from 'semver/functions/gt.js';
import rcompare from 'semver/functions/rcompare.js';
import * as z from 'zod/mini';
import { FIELDS } from '../lib/report/fields/all-fields.ts';
import type { Field, Type } from '../lib/report/fields/field.ts';
import { reportSchema } from '../lib/report/validate-report.ts';
import { FIRST_RELEASE } from '../lib/timescaledb/server-info.ts';

/** What docs/ publishes of the report, from the same table that the query and its check come from. */

/** Releases from one on, and up to another, which is out. */
type Span = Pick<Field, 'since' | 'before'>;

type Row = Field & Span & { readonly path: string };

/** Where a field's span and that of the object around it overlap. */
function overlap(outer: Span, inner: Span): Span {
  const [since] = [outer.since, inner.since].filter((one) => one !== undefined).sort(rcompare);
  const [before] = [outer.before, inner.before].filter((one) => one !== undefined).sort(compare);
  return { ...(since !== undefined && { since }), ...(before !== undefined && { before }) };
}

/** The types that a field has in its span, each with the release that it came with. */
function typesOf({ type, since = FIRST_RELEASE }: Field): readonly (readonly [string, Type])[] {
  if ('label' in type) return [[since, type]];
  return type.filter((_, i) => {
    const next = type[i + 1];
    return next === undefined || gt(next[0], since);
  });
}

/** How an object's keys are written in a path, where they are data. */
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
  return before === undefined ? from : `${from}, gone in ${before}`;
}

function typeOf(row: Row): string {
  return typesOf(row)
    .map(([since, { label }], i) => (i === 0 ? label : `since ${since} ${label}`))
    .join('; ');
}

function meaningOf({ says, sql, absent, warning }: Field): string {
  const capital = `${says[0]?.toUpperCase() ?? ''}${says.slice(1)}.`;
  const notes = [
    ...(absent === undefined
      ? []
      : [sql === undefined ? `Left out by plain SQL: ${absent}.` : `Left out when ${absent}.`]),
    ...(warning === undefined ? [] : [`**Mind:** ${warning}.`]),
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
      meaningOf(row),
      `\`${JSON.stringify(row.example)}\``,
    ]
      .map(cell)
      .join(' | '),
  );
  return [
    '| field | releases | type | what it says | example |',
    '|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}

/** Every release with which the format of the report changed, the first one first. */
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

/** The JSON Schema (draft 2020-12) of a release's report. */
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

/** The published JSON Schemas, by the names of their files. */
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

/** What a format has that the one before had not, and the other way round, by path. */
function changesIn(release: string, previous: string | undefined): string {
  const pathsIn = (one: string): Set<string> =>
    new Set(
      rowsOf(FIELDS)
        .filter(
          ({ since = FIRST_RELEASE, before }) => !gt(since, one) && !(before && !gt(before, one)),
        )
        .map(({ path }) => path),
    );
  if (previous === undefined) return 'the first';
  const [before, now] = [pathsIn(previous), pathsIn(release)];
  const name = (sign: string, paths: ReadonlySet<string>): string[] =>
    [...paths]
      // What is in an object that is new itself goes without saying.
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
  return changes.length > 0 ? changes.join(', ') : 'types alone';
}

function formatsTable(): string {
  const all = formats();
  const lines = all.map((release, i) => {
    const changes = changesIn(release, all[i - 1]);
    const types = release === '2.6.0' ? '; figures become numbers' : '';
    return `| ${release} | [${release}.json](schemas/${release}.json) | ${cell(changes)}${types} |`;
  });
  return ['| since | schema | what changed |', '|---|---|---|', ...lines].join('\n');
}

/** docs/report-fields.md. */
export function fieldsPage(): string {
  const isDetail = ({ path }: Row): boolean => /[.[]/.test(path);
  const rows = rowsOf(FIELDS);
  const section = (name: string): string =>
    `### \`${name}\`\n\n${table(rows.filter(({ path }) => path.startsWith(`${name}.`) || path.startsWith(`${name}[`)))}`;
  const detailed = FIELDS.map(({ name }) => name).filter((name) =>
    rows.some((row) => isDetail(row) && row.path.startsWith(name) && row.path !== name),
  );
  return `# The fields of the report

<!-- Generated by \`npm run docs\` from lib/report/; a test fails when it is stale. -->

Everything that a report can say, for every release of TimescaleDB from ${FIRST_RELEASE} on. A report has the fields of the
release that the database runs, in that release's types, and no other: it is checked against this list before anything is
sent, and one that does not pass is not sent (\`REPORT_UNPUBLISHED\`). The same list as JSON Schema, one file for each
change of the format: [schemas/](schemas/).

By default the report is built with plain SQL over the catalogs. What only the compiled code of the extension knows is then
left out, or null, and never invented. With \`reportSource: "function"\` the server's own text is sent in its place, and is
checked in the same way. The check proves which fields there are, their types, and the form of identifiers, times, SQLSTATEs
and other texts that have one; a text without a form, such as a kernel's version, is what the server says it is. Times of
plain SQL are UTC. Where somebody's own text can come out, the list says **Mind**.

## Formats

A release has the newest format that is not newer than itself; a development build, such as 2.23.0-dev, has that of its
number. A release that is newer than all of these is reported in the last format, with the fields listed here: a field that
it may have added is not sent before this list has it.

${formatsTable()}

Whole reports of databases with known contents, as the tests expect them: [examples/](examples/).

## Top level

${table(rows.filter((row) => !isDetail(row)))}

## In the objects

${detailed.map(section).join('\n\n')}
`;
}
