export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The functions that templates may use. Others, such as `Fn::ImportValue`, would tie stacks together. */
const INTRINSICS = ['Ref', 'Fn::GetAtt', 'Fn::Sub', 'Fn::Join'];
const DYNAMIC_REFERENCE = /^\{\{resolve:(ssm:[\w./-]+(:\d+)?|secretsmanager:[^{}]+)\}\}$/;
const SUB_VARIABLE = /\$\{(?<name>[^!}][^}]*)\}/g;

/** Returns the name of the intrinsic function that a value calls. */
function intrinsicOf(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  const isIntrinsic = name === 'Ref' || name?.startsWith('Fn::');
  return isIntrinsic && others.length === 0 ? name : undefined;
}

/** Whether CloudFormation resolves a value to text when it deploys. */
export function isLateText(value: unknown): boolean {
  const intrinsic = intrinsicOf(value);
  if (intrinsic !== undefined) return intrinsic === 'Fn::Sub' || intrinsic === 'Fn::Join';
  return typeof value === 'string' && DYNAMIC_REFERENCE.test(value);
}

/** Whether CloudFormation resolves a value when it deploys. */
export function isLate(value: unknown): boolean {
  return intrinsicOf(value) !== undefined || isLateText(value);
}

function malformed(value: string): boolean {
  return value.includes('{{resolve:') && !DYNAMIC_REFERENCE.test(value);
}

function callProblem(name: string, argument: unknown): string | undefined {
  if (!INTRINSICS.includes(name)) return `${name} is not among ${INTRINSICS.join(', ')}`;
  const [first, second] = Array.isArray(argument) ? argument : [argument];
  if (typeof first !== 'string') return `${name} must begin with text`;
  if (name === 'Fn::Join' && !Array.isArray(second)) return 'Fn::Join must have a list';
  return undefined;
}

/** Returns the problems of all intrinsic functions and dynamic references in a value. */
export function intrinsicProblems(where: string, value: unknown): readonly string[] {
  if (typeof value === 'string') {
    return malformed(value) ? [`${where}: ${value} is no dynamic reference`] : [];
  }
  const name = intrinsicOf(value);
  const problem = name === undefined ? undefined : callProblem(name, Object.values(value ?? {})[0]);
  return [
    ...(problem === undefined ? [] : [`${where}: ${problem}`]),
    ...childrenOf(value).flatMap(([key, child]) => intrinsicProblems(`${where}.${key}`, child)),
  ];
}

function childrenOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** A reference to a logical id, and its place. */
export interface Reference {
  readonly where: string;
  readonly id: string;
  readonly attribute?: string;
}

function toReference(where: string, dotted: string): Reference {
  const [id = '', ...attribute] = dotted.split('.');
  return attribute.length === 0 ? { where, id } : { where, id, attribute: attribute.join('.') };
}

function subReferences(where: string, argument: unknown): readonly Reference[] {
  const [text, own] = Array.isArray(argument) ? argument : [argument];
  const names = [...String(text).matchAll(SUB_VARIABLE)].flatMap(
    ({ groups }) => groups?.['name'] ?? [],
  );
  return names
    .filter((name) => !(isObject(own) && name in own))
    .map((name) => toReference(where, name));
}

/** Returns every Ref, Fn::GetAtt and variable of an Fn::Sub in a value. */
export function referencesIn(where: string, value: unknown): readonly Reference[] {
  const name = intrinsicOf(value);
  const [argument] = isObject(value) ? Object.values(value) : [];
  if (name === 'Ref') return [{ where, id: String(argument) }];
  if (name === 'Fn::GetAtt') return [toReference(where, [argument].flat().join('.'))];
  return [
    ...(name === 'Fn::Sub' ? subReferences(where, argument) : []),
    ...childrenOf(value).flatMap(([key, child]) => referencesIn(`${where}.${key}`, child)),
  ];
}
