import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../aws/intrinsics.ts';
import { isList, isObjectValue, type ObjectValue, type Value } from './values.ts';

/** Arguments of a block: a type, with `!` if the argument is required, or the arguments of a nested block. */
export interface Arguments {
  readonly [name: string]: string | Arguments;
}

/** A part of the schema of a Terraform provider. */
interface Provider {
  readonly resources: Readonly<Record<string, Arguments>>;
  /** The attributes of resources that are not arguments. */
  readonly exports: Readonly<Record<string, readonly string[]>>;
  readonly data: Readonly<Record<string, readonly string[]>>;
}

const FILE = join(import.meta.dirname, '..', '..', 'fixtures', 'terraform', 'aws-provider.json');
export const PROVIDER: Provider = JSON.parse(readFileSync(FILE, 'utf8'));

const TYPES: Readonly<Record<string, (value: Value) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  'list(string)': (value) => isList(value) && value.every((one) => typeof one === 'string'),
  'list(number)': (value) => isList(value) && value.every((one) => typeof one === 'number'),
  'map(string)': (value) =>
    isObjectValue(value) && Object.values(value).every((one) => typeof one === 'string'),
};

function valueProblems(where: string, value: Value, type: string | Arguments): readonly string[] {
  if (isObject(type)) {
    if (!isList(value)) return [`${where} is a block, not an argument`];
    return value.flatMap((one) =>
      isObjectValue(one) ? blockProblems(where, one, type) : [`${where} is a block`],
    );
  }
  const name = String(type).replace('!', '');
  return TYPES[name]?.(value) === true ? [] : [`${where} must be of the type ${name}`];
}

/** Returns the arguments of a block that the provider does not know, that have another type, or that are missing. */
export function blockProblems(
  where: string,
  block: ObjectValue,
  known: Arguments,
): readonly string[] {
  const missing = Object.entries(known)
    .filter(([name, type]) => typeof type === 'string' && type.endsWith('!') && !(name in block))
    .map(([name]) => `${where}.${name} is required`);
  const wrong = Object.entries(block).flatMap(([name, value]) => {
    const type = known[name];
    return type === undefined
      ? [`${where} has no argument ${name}`]
      : valueProblems(`${where}.${name}`, value, type);
  });
  return [...missing, ...wrong];
}
