import { isDeepStrictEqual } from 'node:util';
import type { Expression, Step, SyntaxNode } from './expressions.ts';
import { FUNCTIONS } from './functions.ts';
import {
  EvaluationError,
  elementOf,
  entriesOf,
  toBoolean,
  toList,
  toNumber,
  toText,
  type Value,
} from './values.ts';

/** Looks up the root of a name, such as `var` or `each`. */
export type Scope = (name: string) => Value;

/** Returns a scope with further names. */
export function withNames(scope: Scope, names: Readonly<Record<string, Value>>): Scope {
  return (name) => (Object.hasOwn(names, name) ? (names[name] ?? null) : scope(name));
}

function literalOf({ meta: { type, value = '' } = {} }: SyntaxNode): Value {
  if (type === 'string') return JSON.parse(`"${value}"`);
  if (type === 'number') return Number(value);
  if (type === 'bool') return value === 'true';
  if (value === 'null') return null;
  throw new TypeError(`The literal ${value} is not known.`);
}

function follow(value: Value, steps: readonly Step[]): Value {
  return steps.reduce<Value>(
    (of, { type, segment }) =>
      elementOf(of, type === 'indexTraversal' ? JSON.parse(segment) : segment),
    value,
  );
}

const OPERATORS: Readonly<Record<string, (left: Value, right: Value) => Value>> = {
  equal: isDeepStrictEqual,
  notEqual: (left, right) => !isDeepStrictEqual(left, right),
  logicalAnd: (left, right) => toBoolean(left) && toBoolean(right),
  logicalOr: (left, right) => toBoolean(left) || toBoolean(right),
  multiply: (left, right) => toNumber(left) * toNumber(right),
  modulo: (left, right) => toNumber(left) % toNumber(right),
};

type Kind = (evaluator: Evaluator, node: SyntaxNode, scope: Scope) => Value;

/** Evaluates the nodes of one expression. */
class Evaluator {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  valueOf(node: SyntaxNode, scope: Scope): Value {
    const kind = KINDS[node.type];
    if (kind === undefined) throw this.unknown(node.type);
    return kind(this, node, scope);
  }

  /** Returns the value of the part with this index. */
  part({ children }: SyntaxNode, index: number, scope: Scope): Value {
    const child = children[index];
    if (child === undefined) throw this.unknown(`part ${index}`);
    return this.valueOf(child, scope);
  }

  /** Returns the value of the first node that can be evaluated; undefined if all fail. */
  firstValid(nodes: readonly SyntaxNode[], scope: Scope): Value | undefined {
    for (const one of nodes) {
      try {
        return this.valueOf(one, scope);
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
      }
    }
    return undefined;
  }

  /** Returns the name of a key of an object, which is in no node unless it is computed. */
  keyOf({ children: [computed], range: { start, end } }: SyntaxNode, scope: Scope): string {
    if (computed !== undefined) return toText(this.valueOf(computed, scope));
    return Buffer.from(this.#text).subarray(start.byte, end.byte).toString().trim();
  }

  unknown(what: string): Error {
    return new TypeError(`${this.#text} contains ${what}, which these tests cannot evaluate.`);
  }

  invalid(): Error {
    return new EvaluationError(`${this.#text} has no value.`);
  }
}

function callFunction(evaluator: Evaluator, node: SyntaxNode, scope: Scope): Value {
  const { children, meta: { name = '', expandedFinalArgument } = {} } = node;
  if (name === 'can') return evaluator.firstValid(children, scope) !== undefined;
  if (name === 'try') {
    const value = evaluator.firstValid(children, scope);
    if (value === undefined) throw evaluator.invalid();
    return value;
  }
  const called = FUNCTIONS[name];
  if (called === undefined) throw evaluator.unknown(name);
  const values = children.map((one) => evaluator.valueOf(one, scope));
  const last = expandedFinalArgument === true ? toList(values.pop() ?? null) : [];
  const args = [...values, ...last];
  const [first = null, second = null, third = null] = args;
  return called(first, second, third, args);
}

function iterate(evaluator: Evaluator, node: SyntaxNode, scope: Scope): Value {
  const { keyVar = '', valVar = '', keyExpression, conditionalExpression } = node.meta ?? {};
  const isObject = keyExpression !== undefined;
  const at = isObject ? 2 : 1;
  const results = entriesOf(evaluator.part(node, 0, scope)).flatMap(([key, value]) => {
    const inner = withNames(scope, { ...(keyVar !== '' && { [keyVar]: key }), [valVar]: value });
    const isLeftOut =
      conditionalExpression !== undefined && !toBoolean(evaluator.part(node, at + 1, inner));
    if (isLeftOut) return [];
    const name = isObject ? toText(evaluator.part(node, 1, inner)) : '';
    return [[name, evaluator.part(node, at, inner)] as const];
  });
  return isObject ? Object.fromEntries(results) : results.map(([, value]) => value);
}

/** Evaluates both sides first: Terraform's operators do not stop at the first one. */
function operate(evaluator: Evaluator, node: SyntaxNode, scope: Scope): Value {
  const operator = OPERATORS[node.meta?.operator ?? ''];
  if (operator === undefined) throw evaluator.unknown(`the operator ${node.meta?.operator}`);
  return operator(evaluator.part(node, 0, scope), evaluator.part(node, 1, scope));
}

function nameOf(_: Evaluator, { meta: { traversal = [] } = {} }: SyntaxNode, scope: Scope): Value {
  const [root, ...steps] = traversal;
  return follow(scope(root?.segment ?? ''), steps);
}

function objectOf(evaluator: Evaluator, node: SyntaxNode, scope: Scope): Value {
  return Object.fromEntries(
    node.children.flatMap((key, index) =>
      index % 2 === 0
        ? [[evaluator.keyOf(key, scope), evaluator.part(node, index + 1, scope)]]
        : [],
    ),
  );
}

function onlyPart(evaluator: Evaluator, node: SyntaxNode, scope: Scope): Value {
  return evaluator.part(node, 0, scope);
}

const KINDS: Readonly<Record<string, Kind>> = {
  // Parentheses have no type.
  '': onlyPart,
  templateWrap: onlyPart,
  template: (evaluator, { children }, scope) =>
    children.map((one) => toText(evaluator.valueOf(one, scope))).join(''),
  literalValue: (_, node) => literalOf(node),
  scopeTraversal: nameOf,
  relativeTraversal: (evaluator, node, scope) =>
    follow(evaluator.part(node, 0, scope), node.meta?.traversal ?? []),
  index: (evaluator, node, scope) =>
    elementOf(evaluator.part(node, 0, scope), evaluator.part(node, 1, scope)),
  splat: (evaluator, node, scope) =>
    toList(evaluator.part(node, 0, scope)).map((one) =>
      follow(one, node.children[1]?.meta?.traversal ?? []),
    ),
  conditional: (evaluator, node, scope) =>
    evaluator.part(node, toBoolean(evaluator.part(node, 0, scope)) ? 1 : 2, scope),
  binaryOp: operate,
  unaryOp: (evaluator, node, scope) => {
    if (node.meta?.operator !== 'logicalNot') throw evaluator.unknown('another sign than !');
    return !toBoolean(evaluator.part(node, 0, scope));
  },
  tuple: (evaluator, { children }, scope) => children.map((one) => evaluator.valueOf(one, scope)),
  object: objectOf,
  for: iterate,
  function: callFunction,
};

/**
 * Evaluates an expression as Terraform does, as far as the example needs it.
 *
 * @throws EvaluationError if Terraform would report an error; TypeError for what this project's example does not use
 */
export function evaluate({ text, node }: Expression, scope: Scope): Value {
  return new Evaluator(text).valueOf(node, scope);
}
