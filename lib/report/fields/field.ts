import gte from 'semver/functions/gte.js';
import * as z from 'zod/mini';
import { isAtLeast, type ServerInfo } from '../../timescaledb/server-info.ts';

/** What a value of the report may be: the words for it, and the check that the finished report has to pass. */
export interface Type {
  /** For the published list, for example `integer`. */
  readonly label: string;
  readonly schema: (release: string) => z.ZodMiniType;
  /** The fields of an object, where they are published one by one. */
  readonly members?: readonly Field[];
}

type TypeSince = readonly [since: string, type: Type];

/** A type, or types by the first release that has them, the oldest first. */
export type TypeByRelease = Type | readonly [TypeSince, ...TypeSince[]];

/** One field of the report, or of an object in it: everything that is known of it, once. */
export interface Field {
  readonly name: string;
  /** The first release whose own reporter sends it, and the first that does not any more; open where absent. */
  readonly since?: string;
  readonly before?: string;
  readonly type: TypeByRelease;
  /** What it says about the user. */
  readonly says: string;
  /** In the type of the newest release that has it. */
  readonly example: unknown;
  /** When a report lacks it; a field without this is in every report of its releases. */
  readonly absent?: string;
  /** Whose text can come out here, where it is not the server's own. */
  readonly warning?: string;
  /**
   * The value as jsonb, or for an object's field as anything that JSON can be built of; SQL NULL leaves the field out.
   * Absent where plain SQL cannot know it.
   */
  readonly sql?: (server: ServerInfo) => string;
}

/** A field that plain SQL can compute. */
export type KnownField = Field & Required<Pick<Field, 'sql'>>;

function scalar(label: string, schema: z.ZodMiniType): Type {
  return { label, schema: () => schema };
}

export const TEXT = scalar('string', z.string());
/** A count of what is there: never negative. */
export const NUMBER = scalar('integer', z.number().check(z.multipleOf(1), z.minimum(0)));
/**
 * A number that the catalogs hold, or a sum of such: it can be negative, as PostgreSQL's page counts of partitioned tables
 * are, and as large as a bigint or the sum of several.
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

/** A text of one form alone, so that nothing else can come out in its place. */
export function textLike(label: string, pattern: RegExp): Type {
  return scalar(label, z.string().check(z.regex(pattern)));
}

export function oneOf(...texts: readonly [string, ...string[]]): Type {
  return scalar(texts.map((text) => `"${text}"`).join(', '), z.enum(texts));
}

/** An object with exactly these fields. */
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

/** Whatever JSON somebody has put there. */
export const ANYTHING = scalar('any JSON', z.json());

/** Whether the reporter of `release` has the field. */
export function isIn({ since = '0.0.0', before }: Field, release: string): boolean {
  return gte(release, since) && (before === undefined || !gte(release, before));
}

/** The type that a field has in a release. */
function typeIn({ type }: Field, release: string): Type {
  if ('label' in type) return type;
  const [, current] = type.findLast(([since]) => gte(release, since)) ?? type[0];
  return current;
}

/** The check for an object with the fields of a release and no other. */
export function objectSchema(members: readonly Field[], release: string): z.ZodMiniType {
  return z.strictObject(
    Object.fromEntries(
      members
        .filter((field) => isIn(field, release))
        .map((field) => {
          const schema = typeIn(field, release).schema(release);
          return [field.name, field.absent === undefined ? schema : z.optional(schema)];
        }),
    ),
  );
}

/** The fields that plain SQL can compute for a server. */
export function knownFields(fields: readonly Field[], release: string): readonly KnownField[] {
  return fields.filter(
    (field): field is KnownField => field.sql !== undefined && isIn(field, release),
  );
}

/** An object of the fields that the server's release has, as jsonb. */
export function objectSql(members: readonly Field[], server: ServerInfo): string {
  const pairs = knownFields(members, server.release).map(
    ({ name, sql }) => `'${name}', ${sql(server)}`,
  );
  return `pg_catalog.jsonb_build_object(${pairs.join(', ')})`;
}

export function text(sql: string): string {
  return `pg_catalog.to_jsonb((${sql})::pg_catalog.text)`;
}

export function number(sql: string): string {
  return `pg_catalog.to_jsonb((${sql})::bigint)`;
}

/** Until 2.5 every figure of its own was a text; the counters of jobs alone came as numbers. */
export const FIGURE = [
  ['0.12.0', NUMBER_AS_TEXT],
  ['2.6.0', NUMBER],
] as const satisfies TypeByRelease;

export function figure(sql: string): (server: ServerInfo) => string {
  return (server) => (isAtLeast(server, '2.6.0') ? number(sql) : text(`(${sql})::bigint`));
}

export function always(sql: string): () => string {
  return () => sql;
}
