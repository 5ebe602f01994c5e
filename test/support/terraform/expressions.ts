import { getExpressionAst } from '@cdktn/hcl2json';

/** A part of a name such as `var.network["a"].subnets`. */
export interface Step {
  readonly type: 'nameTraversal' | 'indexTraversal';
  readonly segment: string;
}

/** What a node has beside its children, by its type. */
interface Meta {
  readonly value?: string;
  /** Of a literal: string, number, bool, or dynamic for null. */
  readonly type?: string;
  readonly traversal?: readonly Step[];
  readonly operator?: string;
  readonly name?: string;
  readonly expandedFinalArgument?: unknown;
  readonly keyVar?: string;
  readonly valVar?: string;
  readonly keyExpression?: string;
  readonly conditionalExpression?: string;
}

interface SyntaxNode {
  readonly type: string;
  readonly children: readonly SyntaxNode[];
  readonly range: {
    readonly start: { readonly byte: number };
    readonly end: { readonly byte: number };
  };
  readonly meta?: Meta;
}

/** A parsed expression, with its text: the keys of objects are in no node. */
export interface Expression {
  readonly text: string;
  readonly node: SyntaxNode;
}
export type { SyntaxNode };

async function parseExpression(file: string, text: string): Promise<Expression> {
  const node: SyntaxNode | null = await getExpressionAst(file, text);
  if (node === null) throw new TypeError(`${file}: ${text} is no expression`);
  return { text, node };
}

/** Parses a text as the parser of files returns it: one expression in `${}`, or a template with several. */
async function parseText(file: string, text: string): Promise<Expression> {
  const [, inner] = /^\$\{([\s\S]*)\}$/.exec(text) ?? [];
  const template = `"${text.replaceAll('\n', '\\n')}"`;
  if (inner === undefined) return parseExpression(file, template);
  // `${one}-${other}` is no single expression.
  return parseExpression(file, inner).catch(() => parseExpression(file, template));
}

/** Parses all expressions in a parsed file, and returns them by their texts. */
export async function parseExpressions(
  file: string,
  value: unknown,
  found = new Map<string, Expression>(),
): Promise<ReadonlyMap<string, Expression>> {
  if (typeof value === 'string' && value.includes('${') && !found.has(value)) {
    found.set(value, await parseText(file, value));
  }
  if (typeof value !== 'object' || value === null) return found;
  for (const one of Object.values(value)) await parseExpressions(file, one, found);
  return found;
}
