import { isCall } from './merge.ts';

type Json = Readonly<Record<string, unknown>>;

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a part of a joined text as Fn::Sub has it; undefined if it has no such form. */
function toVariable(part: unknown): string | undefined {
  if (typeof part === 'string') return part.includes('${') ? undefined : part;
  if (!isJson(part)) return undefined;
  const { Ref: name, 'Fn::GetAtt': attribute, ...others } = part;
  if (Object.keys(others).length > 0) return undefined;
  if (Array.isArray(attribute)) return `\${${attribute.join('.')}}`;
  return typeof name === 'string' ? `\${${name}}` : undefined;
}

/** Writes `Fn::Join` without a delimiter as `Fn::Sub`, which a person can read. */
export function withSubstitutions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSubstitutions);
  if (!isJson(value)) return value;
  const { 'Fn::Join': join } = value;
  if (isCall(value) && Array.isArray(join) && join[0] === '' && Array.isArray(join[1])) {
    const parts = join[1].map(toVariable);
    if (parts.every((part) => part !== undefined)) return { 'Fn::Sub': parts.join('') };
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, withSubstitutions(one)]),
  );
}
