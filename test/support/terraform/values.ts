/** A value of Terraform's language. Sets are lists without order. */
export type Value =
  | null
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [key: string]: Value };
export type ObjectValue = Readonly<Record<string, Value>>;

/** An error that `try()` and `can()` catch. */
export class EvaluationError extends Error {}

export function isObjectValue(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function fail(value: Value, expected: string): never {
  throw new EvaluationError(`${JSON.stringify(value)} is not ${expected}`);
}

/** Converts a value to text, as in a template. */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return fail(value, 'a string');
}

export function toNumber(value: Value): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && !Number.isNaN(number) ? number : fail(value, 'a number');
}

export function toBoolean(value: Value): boolean {
  return typeof value === 'boolean' ? value : fail(value, 'true or false');
}

export function toList(value: Value): readonly Value[] {
  return isList(value) ? value : fail(value, 'a list');
}

export function toObject(value: Value): ObjectValue {
  return isObjectValue(value) ? value : fail(value, 'an object');
}

/** Returns an attribute of an object, or an element of a list. */
export function elementOf(value: Value, key: Value): Value {
  const element = isList(value) ? value[toNumber(key)] : toObject(value)[toText(key)];
  if (element !== undefined) return element;
  throw new EvaluationError(`${JSON.stringify(value)} has no ${JSON.stringify(key)}`);
}

/** Returns keys and values as `for` and `for_each` iterate over them: those of objects in the order of the keys. */
export function entriesOf(value: Value): readonly (readonly [key: Value, value: Value])[] {
  if (isList(value)) return value.map((one, index) => [index, one] as const);
  return Object.entries(toObject(value)).toSorted(([one], [other]) => (one < other ? -1 : 1));
}
