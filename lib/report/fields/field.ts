import gte from 'semver/functions/gte.js';
import * as z from 'zod/mini';
import { callSql, lines, sql } from '../../postgres/statement.ts';
import { has, type ServerInfo } from '../../timescaledb/server-info.ts';

/** The type of a value in the report: its name in the documentation, and the schema that checks it. */
export interface Type {
  /** Its name in the documentation, for example `integer`. */
  readonly label: string;
  readonly schema: (release: string) => z.ZodMiniType;
  /** The fields of an object whose keys are fixed. */
  readonly members?: readonly Field[];
}

type TypeSince = readonly [since: string, type: Type];

/** A type, or types by their first release, the oldest first. */
export type TypeByRelease = Type | readonly [TypeSince, ...TypeSince[]];

/** A common table expression of the report's query. */
export interface Source {
  readonly name: string;
  /** The sources that it reads. */
  readonly reads?: readonly Source[];
  /** Returns its SELECT; undefined where the release has no such source, or the role may not read it. */
  readonly sql: (server: ServerInfo) => string | undefined;
}

/** A field of the report, or of an object in it: everything that is known about it, in one place. */
export interface Field {
  readonly name: string;
  /** The first release whose own reporter sends it, and the first that no longer does; unlimited where absent. */
  readonly since?: string;
  readonly before?: string;
  readonly type: TypeByRelease;
  readonly description: string;
  /** Has the type of the newest release with this field. */
  readonly example: unknown;
  /** When a report lacks the field; without this, every report of its releases has it. */
  readonly absentWhen?: string;
  /** Names the author of texts that can appear here, where it is not the server. */
  readonly warning?: string;
  /** Sources with exactly one row whose columns `sql` uses. */
  readonly from?: readonly Source[];
  /** Sources that `sql` has subqueries on. */
  readonly reads?: readonly Source[];
  /**
   * Returns the value as jsonb, or for a field of an object as anything that jsonb_build_object() takes. SQL NULL leaves the
   * field out. Absent where plain SQL cannot compute the value.
   */
  readonly sql?: (server: ServerInfo) => string;
}

/** A field that plain SQL can compute. */
export type KnownField = Field & Required<Pick<Field, 'sql'>>;

function scalar(label: string, schema: z.ZodMiniType): Type {
  return { label, schema: () => schema };
}

export const TEXT = scalar('string', z.string());
/** A count: never negative. */
export const NUMBER = scalar('integer', z.number().check(z.multipleOf(1), z.minimum(0)));
/**
 * A number from the catalogs, or a sum of such numbers. It can be negative, as PostgreSQL's page counts of partitioned tables
 * are, and as large as the sum of several bigints.
 */
export const INTEGER = scalar('integer, may be negative', z.number().check(z.multipleOf(1)));
/** A count as text. */
export const NUMBER_AS_TEXT = scalar(
  'string of digits',
  z.string().check(z.regex(/^[0-9]{1,19}$/)),
);
/** The same as text. */
export const INTEGER_AS_TEXT = scalar(
  'string of digits, may be negative',
  z.string().check(z.regex(/^-?[0-9]{1,30}$/)),
);
export const BOOLEAN = scalar('boolean', z.boolean());
export const BOOLEAN_AS_TEXT = scalar('"true" or "false"', z.enum(['true', 'false']));

/** A text that matches a pattern. */
export function textLike(label: string, pattern: RegExp): Type {
  return scalar(label, z.string().check(z.regex(pattern)));
}

export function oneOf(...texts: readonly [string, ...string[]]): Type {
  return scalar(texts.map((text) => `"${text}"`).join(', '), z.enum(texts));
}

/** An object with these fields and no others. */
export function object(members: readonly Field[]): Type {
  return { label: 'object', schema: (release) => objectSchema(members, release), members };
}

/** An object whose keys are data. */
export function map(label: string, key: RegExp, value: Type): Type {
  const keySchema = z.string().check(z.regex(key));
  return {
    label: `object: ${label} → ${value.label}`,
    schema: (release) => z.record(keySchema, value.schema(release)),
    ...(value.members && { members: value.members }),
  };
}

export function list(item: Type): Type {
  return {
    label: `array of ${item.label}`,
    schema: (release) => z.array(item.schema(release)),
    ...(item.members && { members: item.members }),
  };
}

export function orNull(type: Type): Type {
  return {
    ...type,
    label: `null, or ${type.label}`,
    schema: (release) => z.nullable(type.schema(release)),
  };
}

/** JSON of any form. */
export const ANYTHING = scalar('any JSON', z.json());

/** Whether the reporter of `release` sends the field. */
export function isIn({ since = '0.0.0', before }: Field, release: string): boolean {
  return gte(release, since) && (before === undefined || !gte(release, before));
}

/** Returns the type that a field has in a release. */
function typeIn({ type }: Field, release: string): Type {
  if ('label' in type) return type;
  const [, current] = type.findLast(([since]) => gte(release, since)) ?? type[0];
  return current;
}

/** Returns the schema of an object with the fields of a release and no others. */
export function objectSchema(members: readonly Field[], release: string): z.ZodMiniType {
  return z.strictObject(
    Object.fromEntries(
      members
        .filter((field) => isIn(field, release))
        .map((field) => {
          const schema = typeIn(field, release).schema(release);
          return [field.name, field.absentWhen === undefined ? schema : z.optional(schema)];
        }),
    ),
  );
}

/** Returns the fields of a release that plain SQL can compute. */
export function knownFields(fields: readonly Field[], release: string): readonly KnownField[] {
  return fields.filter(
    (field): field is KnownField => field.sql !== undefined && isIn(field, release),
  );
}

/** Returns the SQL of an object, as jsonb, with the fields that the server's release has. */
export function objectSql(members: readonly Field[], server: ServerInfo): string {
  return callSql(
    'pg_catalog.jsonb_build_object',
    knownFields(members, server.release).map((field) => `'${field.name}', ${field.sql(server)}`),
  );
}

/** Renders a cast; an expression other than a column gets parentheses and lines of its own. */
function cast(value: string, type: string): string {
  return /^[\w.]+$/.test(value) ? `${value}::${type}` : sql`(\n  ${value}\n)::${type}`;
}

/** Renders a text as jsonb. */
export function text(value: string): string {
  return `pg_catalog.to_jsonb(${cast(value, 'pg_catalog.text')})`;
}

/** Renders an integer as jsonb. */
export function number(value: string): string {
  return `pg_catalog.to_jsonb(${cast(value, 'bigint')})`;
}

/** Before 2.6 every single figure was a text, except for the counters of jobs. */
export const FIGURE = [
  ['0.12.0', NUMBER_AS_TEXT],
  ['2.6.0', NUMBER],
] as const satisfies TypeByRelease;

/** Renders a figure in the type of the release. */
export function figure(value: string): (server: ServerInfo) => string {
  return (server) => (has(server, 'relations') ? number(value) : text(cast(value, 'bigint')));
}

export function always(value: string): () => string {
  return () => value;
}

/** Renders a SELECT with one column per line; `columns` has an expression by name. */
export function selectSql(columns: Readonly<Record<string, string>>, rest: string): string {
  const list = Object.entries(columns).map(([name, expression]) =>
    expression.endsWith(`.${name}`) ? expression : `${expression} as ${name}`,
  );
  return sql`select
  ${lines(list)}
${rest}`;
}
