import { evaluate, type Scope } from './evaluate.ts';
import type { Expression, SyntaxNode } from './expressions.ts';
import {
  EvaluationError,
  type ObjectValue,
  toBoolean,
  toList,
  toNumber,
  toObject,
  toText,
  type Value,
} from './values.ts';

/** A variable of a module, as the parser returns it. */
export interface VariableBlock {
  readonly description?: string;
  /** Its type constraint, as an expression in a text. */
  readonly type: string;
  readonly default?: unknown;
  readonly validation?: readonly { readonly condition: string; readonly error_message: string }[];
}

const SCALARS: Readonly<Record<string, (value: Value) => Value>> = {
  string: toText,
  number: toNumber,
  bool: toBoolean,
};

function attributesOf({ children: [object] }: SyntaxNode, text: string) {
  const pairs = object?.children ?? [];
  return pairs.flatMap((key, index) => {
    const type = pairs[index + 1];
    if (index % 2 === 1 || type === undefined) return [];
    const { start, end } = key.range;
    return [[text.slice(start.byte, end.byte).trim(), type] as const];
  });
}

/** Returns the value of an attribute that was left out. */
function missing(name: string, node: SyntaxNode, text: string): Value {
  const [type, initial] = node.children;
  if (node.meta?.name !== 'optional') throw new EvaluationError(`${name} is required`);
  if (type === undefined || initial === undefined) return null;
  const scope: Scope = () => null;
  return convert(evaluate({ text, node: initial }, scope), type, text);
}

function convertAttribute(value: Value | undefined, name: string, node: SyntaxNode, text: string) {
  if (value === undefined || value === null) return missing(name, node, text);
  const [type] = node.children;
  return convert(value, node.meta?.name === 'optional' && type ? type : node, text);
}

/** Converts a value to a type constraint, with the defaults of optional attributes. */
function convert(value: Value, node: SyntaxNode, text: string): Value {
  if (value === null) return null;
  const { name = '' } = node.meta ?? {};
  const [element] = node.children;
  if (name === 'list' && element) return toList(value).map((one) => convert(one, element, text));
  if (name === 'object') {
    const given: ObjectValue = toObject(value);
    return Object.fromEntries(
      attributesOf(node, text).map(([attribute, type]) => [
        attribute,
        convertAttribute(given[attribute], attribute, type, text),
      ]),
    );
  }
  const scalar = SCALARS[node.meta?.value ?? ''];
  if (scalar === undefined) throw new TypeError(`The type ${text} is not known.`);
  return scalar(value);
}

/** Returns the value of a variable, converted to its type; throws if it has none. */
export function variableValue(
  name: string,
  given: Value | undefined,
  { default: initial }: VariableBlock,
  type: Expression | undefined,
): Value {
  // The value null is no missing value. Defaults have no expressions.
  const value = given === undefined ? (initial as Value | undefined) : given;
  if (value === undefined) throw new EvaluationError(`${name} is required`);
  if (type !== undefined) return convert(value, type.node, type.text);
  throw new TypeError(`The type of ${name} is not known.`);
}

/** Returns the messages of the validations that fail. */
export function validationMessages(
  { validation = [] }: VariableBlock,
  expressions: ReadonlyMap<string, Expression>,
  scope: Scope,
): readonly string[] {
  return validation
    .filter(({ condition }) => {
      const expression = expressions.get(condition);
      return expression === undefined || !toBoolean(evaluate(expression, scope));
    })
    .map(({ error_message }) => error_message);
}
