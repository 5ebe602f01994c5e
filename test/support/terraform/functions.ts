import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import {
  EvaluationError,
  elementOf,
  isObjectValue,
  toList,
  toNumber,
  toObject,
  toText,
  type Value,
} from './values.ts';

/** Arguments that are missing are null; `all` are those that are given. */
type TerraformFunction = (
  first: Value,
  second: Value,
  third: Value,
  all: readonly Value[],
) => Value;

function sorted(value: Value): Value {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObjectValue(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}

/** Writes JSON as Terraform does: sorted keys, and escapes for characters that are special in HTML. */
function encodeJson(value: Value): string {
  const escapes = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };
  return JSON.stringify(sorted(value)).replaceAll(
    /[<>&]/g,
    (character) => escapes[character as keyof typeof escapes],
  );
}

function readText(path: Value): string {
  return readFileSync(toText(path), 'utf8');
}

/** Fills a template that has variables and nothing else. */
function fillTemplate(path: Value, variables: Value): string {
  return readText(path).replaceAll(/\$\{([^}]*)\}/g, (_, name: string) =>
    toText(elementOf(variables, name)),
  );
}

/** Returns the whole match, or a list of its groups if the pattern has any. */
function matchPattern(pattern: Value, text: Value): Value {
  const match = new RegExp(toText(pattern)).exec(toText(text));
  if (match === null) throw new EvaluationError(`${toText(text)} does not match`);
  const [whole, ...groups] = match;
  return groups.length === 0 ? whole : groups;
}

function replaceText(text: Value, search: Value, replacement: Value): string {
  const [, pattern] = /^\/(.*)\/$/.exec(toText(search)) ?? [];
  const from = pattern === undefined ? toText(search) : new RegExp(pattern, 'g');
  return toText(text).replaceAll(from, toText(replacement));
}

function firstGiven(values: readonly Value[]): Value {
  const [first] = values.filter((value) => value !== null && value !== '');
  if (first === undefined) throw new EvaluationError('no value is given');
  return first;
}

function numbersFrom(start: Value, limit: Value, step: Value): readonly number[] {
  const count = Math.ceil((toNumber(limit) - toNumber(start)) / toNumber(step));
  return Array.from({ length: count }, (_, index) => toNumber(start) + index * toNumber(step));
}

function unique(list: Value): readonly Value[] {
  return toList(list).filter(
    (one, index, all) => all.findIndex((other) => isDeepStrictEqual(one, other)) === index,
  );
}

function onlyElement(list: Value): Value {
  const [first = null, ...others] = toList(list);
  if (others.length > 0) throw new EvaluationError('the list has more than one element');
  return first;
}

/** The functions of Terraform's language that the example uses. `can` and `try` are part of the evaluation. */
export const FUNCTIONS: Readonly<Record<string, TerraformFunction>> = {
  coalesce: (_first, _second, _third, all) => firstGiven(all),
  compact: (list) => toList(list).filter((one) => one !== null && one !== ''),
  concat: (_first, _second, _third, all) => all.flatMap(toList),
  contains: (list, value) => toList(list).some((one) => isDeepStrictEqual(one, value)),
  file: readText,
  filebase64sha256: (path) =>
    createHash('sha256')
      .update(readFileSync(toText(path)))
      .digest('base64'),
  fileexists: (path) => existsSync(toText(path)),
  join: (separator, list) => toList(list).map(toText).join(toText(separator)),
  jsondecode: (text) => JSON.parse(toText(text)),
  jsonencode: encodeJson,
  merge: (_first, _second, _third, all) => Object.assign({}, ...all.map(toObject)),
  one: onlyElement,
  parseint: (text, base) => Number.parseInt(toText(text), toNumber(base)),
  range: numbersFrom,
  regex: matchPattern,
  replace: replaceText,
  sha256: (text) => createHash('sha256').update(toText(text)).digest('hex'),
  startswith: (text, prefix) => toText(text).startsWith(toText(prefix)),
  substr: (text, offset, length) =>
    toText(text).slice(toNumber(offset), toNumber(offset) + toNumber(length)),
  templatefile: fillTemplate,
  tonumber: toNumber,
  toset: unique,
  tostring: toText,
};
