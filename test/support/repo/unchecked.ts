import { type Fields, fieldsOf, isFields, nodesIn, parseSource } from './syntax.ts';

/**
 * Finds type assertions that no check supports. External input (an event, a variable, a secret, a row, a reply) is `unknown`
 * or text until a schema has parsed it. TypeScript enforces that, except where the source overrides its types.
 */

/** Returns the name of a member expression, such as `JSON.parse`, or `?.safeParse` if its object has no name. */
function nameOf(value: unknown): string {
  const { type, name, object, property } = fieldsOf(value);
  if (type === 'Identifier') return String(name);
  return type === 'MemberExpression' ? `${nameOf(object)}.${nameOf(property)}` : '?';
}

function isUnknown(typed: unknown): boolean {
  return (
    fieldsOf(fieldsOf(fieldsOf(typed)['typeAnnotation'])['typeAnnotation'])['type'] ===
    'TSUnknownKeyword'
  );
}

/** A node, its parent, and the names of the variables that its file declares as unknown. */
interface Place {
  readonly node: Fields;
  readonly parent: Fields;
  readonly unknowns: ReadonlySet<string>;
}

const READS_UNKNOWN = /^Reflect\.get$|\.safeParse$/;

/** Whether the result of JSON.parse, whose type is `any`, is assigned to an unknown or parsed by a schema. */
function isTaken({ parent, unknowns }: Place): boolean {
  if (parent['type'] === 'VariableDeclarator') return isUnknown(parent['id']);
  if (parent['type'] === 'AssignmentExpression') return unknowns.has(nameOf(parent['left']));
  return parent['type'] === 'CallExpression' && READS_UNKNOWN.test(nameOf(parent['callee']));
}

function checkCall(place: Place): string | undefined {
  const { callee, typeArguments } = place.node;
  const name = nameOf(callee);
  if (name === 'JSON.parse' && !isTaken(place)) return 'JSON.parse';
  if (name.endsWith('.json') && name !== 'z.json') return '.json()';
  return name.endsWith('.query') && isFields(typeArguments) ? '.query<…>' : undefined;
}

const CHECKS: Readonly<Record<string, (place: Place) => string | undefined>> = {
  TSAsExpression: ({ node }) =>
    nameOf(fieldsOf(node['typeAnnotation'])['typeName']) === 'const' ? undefined : 'as',
  TSTypeAssertion: () => '<…>',
  TSNonNullExpression: () => '!',
  TSAnyKeyword: () => 'any',
  // `asserts condition` names no type: the function throws unless the condition holds.
  TSTypePredicate: ({ node }) =>
    node['asserts'] === true && node['typeAnnotation'] === null ? undefined : 'is',
  CallExpression: checkCall,
  Identifier: ({ node: { name } }) =>
    name === 'process' || name === 'globalThis' ? name : undefined,
  Literal: ({ node: { value }, parent: { type } }) =>
    value === 'node:process' && type === 'ImportDeclaration' ? value : undefined,
};

/** Returns the kinds of unchecked assertions in a source file, in their order. */
export function uncheckedIn(source: string): readonly string[] {
  const { program, comments } = parseSource(source);
  const nodes = [...nodesIn(program)];
  const unknowns = new Set(
    nodes
      .filter(({ node }) => node['type'] === 'VariableDeclarator' && isUnknown(node['id']))
      .map(({ node }) => nameOf(node['id'])),
  );
  return [
    ...comments.filter(({ value }) => /@ts-/.test(value)).map(() => '@ts-'),
    ...nodes.flatMap((place) => CHECKS[String(place.node['type'])]?.({ ...place, unknowns }) ?? []),
  ];
}
