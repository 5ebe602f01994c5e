import * as z from 'zod/mini';

/** Makes tables of fields from schemas, for generated pages. */

/** The part of JSON Schema that the schemas use. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

/** One field of a table. */
export interface FieldRow {
  /** Such as `target.tls.mode` or `facts.jobs[].id`. */
  readonly path: string;
  readonly type: string;
}

/** A part with a table of its own: the notation that refers to it, and its schema. */
export type Part = readonly [reference: string, schema: JsonSchema];

/** Converts a schema to JSON Schema. A check that JSON Schema cannot express is left out. */
export function toJsonSchema(schema: z.ZodMiniType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any' });
  return JSON.parse(JSON.stringify(rest));
}

function isNull({ type }: JsonSchema): boolean {
  return type === 'null';
}

function formatNumber(number: number): string {
  return number.toLocaleString('en-US');
}

/** Returns the values of a constant or of an enumeration. */
function valuesOf({ const: constant, enum: values }: JsonSchema): readonly unknown[] | undefined {
  return constant === undefined ? values : [constant];
}

function textType({ pattern, minLength = 0, maxLength }: JsonSchema): string {
  if (pattern !== undefined) return `text that matches \`${pattern}\``;
  const most = maxLength === undefined ? '' : ` of at most ${formatNumber(maxLength)} characters`;
  return `text${most}${minLength > 0 ? ', not empty' : ''}`;
}

function numberType({ type, minimum, maximum }: JsonSchema): string {
  const name = type === 'integer' ? 'integer' : 'number';
  const [least, most] = [minimum, maximum].map((bound) =>
    bound === undefined ||
    !Number.isSafeInteger(bound) ||
    Math.abs(bound) === Number.MAX_SAFE_INTEGER
      ? undefined
      : formatNumber(bound),
  );
  if (least === undefined) return name;
  return most === undefined ? `${name}, at least ${least}` : `${name}, ${least} to ${most}`;
}

function arrayType({ maxItems, items = {} }: JsonSchema, parts: readonly Part[]): string {
  const most = maxItems === undefined ? 'array' : `array of at most ${formatNumber(maxItems)}`;
  return items.properties === undefined ? `${most}: ${typeOf(items, parts)}` : most;
}

/** Describes the type and the bounds of a value. */
function typeOf(schema: JsonSchema, parts: readonly Part[]): string {
  const part = parts.find(([, other]) => JSON.stringify(other) === JSON.stringify(schema));
  if (part !== undefined) return part[0];
  const { type, anyOf = [] } = schema;
  const values = valuesOf(schema);
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  if (anyOf.some(isNull)) {
    return `${typeOf(anyOf.find((one) => !isNull(one)) ?? {}, parts)}; or null`;
  }
  if (Array.isArray(type)) {
    const [only] = type.filter((one) => one !== 'null');
    return `${typeOf({ ...schema, type: only }, parts)}; or null`;
  }
  if (type === 'string') return textType(schema);
  if (type === 'array') return arrayType(schema, parts);
  if (type === 'number' || type === 'integer') return numberType(schema);
  return type === 'boolean' ? 'true or false' : 'object';
}

/** Returns the objects that a value can be: itself, the items of a list, or the alternatives. */
function objectsIn(schema: JsonSchema): readonly JsonSchema[] {
  const { properties, items, anyOf = [] } = schema;
  if (properties !== undefined) return [schema];
  return [...(items === undefined ? [] : [items]), ...anyOf].flatMap(objectsIn);
}

/** Returns a schema that accepts the values of both, for a field that tells alternatives apart; equal ones stay as they are. */
function joined(one: JsonSchema | undefined, other: JsonSchema): JsonSchema {
  if (one === undefined || JSON.stringify(one) === JSON.stringify(other)) return other;
  return { enum: [...(valuesOf(one) ?? []), ...(valuesOf(other) ?? [])] };
}

/**
 * Returns the rows of an object's fields, each before those in it. A field of one alternative only has the kinds that have it.
 *
 * @param parts parts that are referred to, and not repeated
 */
export function fieldRows(
  schema: JsonSchema,
  parts: readonly Part[] = [],
  prefix = '',
): readonly FieldRow[] {
  const objects = objectsIn(schema);
  const names = new Set(objects.flatMap(({ properties = {} }) => Object.keys(properties)));
  return [...names].flatMap((name) => {
    const having = objects.filter(({ properties = {} }) => name in properties);
    const found = having.map(({ properties = {} }) => properties[name] ?? {});
    const field = found.reduce<JsonSchema | undefined>(joined, undefined) ?? {};
    const isRequired = having.every(({ required = [] }) => required.includes(name));
    const kinds = having.flatMap(({ properties }) => valuesOf(properties?.['kind'] ?? {}) ?? []);
    const notes = [
      typeOf(field, parts),
      ...(having.length < objects.length
        ? [`only with the kind ${kinds.map((kind) => `\`${String(kind)}\``).join(' or ')}`]
        : []),
      ...(isRequired ? [] : ['optional']),
    ];
    const path = `${prefix}${name}`;
    const isPart = parts.some(([reference]) => notes[0]?.includes(reference));
    const inside = isPart
      ? []
      : fieldRows(field, parts, `${path}${field.type === 'array' ? '[]' : ''}.`);
    return [{ path, type: notes.join('; ') }, ...inside];
  });
}
