import { isObject } from '../intrinsics.ts';

/** Names and ARNs, and the symbols that stand for them. */
export type Symbols = readonly (readonly [text: string, symbol: string])[];

/** Replaces names and ARNs in all texts of a value, in the order of the symbols. */
export function symbolise(value: unknown, symbols: Symbols): unknown {
  if (typeof value === 'string') {
    return symbols.reduce((text, [one, symbol]) => text.replaceAll(one, symbol), value);
  }
  if (Array.isArray(value)) return value.map((one: unknown) => symbolise(one, symbols));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(
    ([key, one]) => [key, symbolise(one, symbols)] as const,
  );
  return Object.fromEntries(entries);
}

/** Writes a list of one element as this element: policies allow both forms. */
function unlist(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? unlist(value[0]) : value.map(unlist);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, unlist(one)] as const);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The condition of function code that uses its own role: its own ARN, or that of any function, of which none else has the role. */
const CALLERS = /"lambda:SourceFunctionArn":"(?:<[a-z-]+>|arn:[^"]*:function:\*)"/;

/** Returns statements of a policy in a fixed order and form. */
export function statementsOf(document: unknown): readonly string[] {
  const { Statement: statements = [] } = isObject(document) ? document : {};
  return [statements]
    .flat()
    .map((statement) => JSON.stringify(unlist(statement)))
    .map((text) => text.replace('"Principal":{"AWS":"*"}', '"Principal":"*"'))
    .map((text) => text.replace(CALLERS, '"lambda:SourceFunctionArn":"<own code>"'))
    .toSorted();
}
