import { parseSync } from 'oxc-parser';

/** The fields of a node of the syntax tree. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/**
 * Parses a source file.
 *
 * @throws SyntaxError
 */
export function parseSource(source: string) {
  const { program, comments, errors } = parseSync('source.ts', source);
  if (errors.length > 0) throw new SyntaxError(errors[0]?.message);
  return { program, comments };
}

/** Returns all nodes of a syntax tree, each with its parent. */
export function* nodesIn(
  value: unknown,
  parent: Fields = {},
): Generator<{ readonly node: Fields; readonly parent: Fields }> {
  if (Array.isArray(value)) for (const one of value) yield* nodesIn(one, parent);
  if (!isFields(value)) return;
  if (typeof value['type'] === 'string') yield { node: value, parent };
  for (const child of Object.values(value)) yield* nodesIn(child, value);
}

/** Returns the texts of all string literals and templates of a source file. */
export function stringsIn(source: string): readonly string[] {
  return [...nodesIn(parseSource(source).program)].flatMap(({ node: { type, value } }) => {
    if (type === 'Literal' && typeof value === 'string') return value;
    return type === 'TemplateElement' ? String(fieldsOf(value)['cooked']) : [];
  });
}
