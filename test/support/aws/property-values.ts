import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { isLate, isLateText, isObject } from './intrinsics.ts';

/** CloudFormation's resource types as AWS publishes them; CDK's own classes are generated from them. */
const database = loadAwsServiceSpecSync();
const allSpecs = database.all('resource');
type Spec = (typeof allSpecs)[number];
type Properties = Spec['properties'];
type Type = Properties[string]['type'];
/** Specifications by resource type. */
export const specs = new Map(allSpecs.map((spec) => [spec.cloudFormationType, spec]));

const SCALARS = ['string', 'date-time', 'integer', 'number', 'boolean'];

export function mustBe(where: string, value: unknown, expected: string): readonly string[] {
  return [`${where}: ${JSON.stringify(value)} must be ${expected}`];
}

function isScalar(value: unknown, type: Type['type']): boolean {
  switch (type) {
    case 'string':
    case 'date-time':
      return typeof value === 'string';
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function scalarProblems(where: string, value: unknown, type: Type): readonly string[] {
  if (!isScalar(value, type.type)) return mustBe(where, value, `of type ${type.type}`);
  const allowed: readonly unknown[] | undefined =
    'allowedValues' in type ? type.allowedValues : undefined;
  return allowed === undefined || allowed.includes(value)
    ? []
    : mustBe(where, value, `one of ${allowed.join(', ')}`);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (isObject(value) && value['Ref'] === 'AWS::NoValue');
}

/** Returns the problems of an object with typed properties, such as the properties of a resource. */
export function objectProblems(
  where: string,
  value: unknown,
  properties: Properties,
): readonly string[] {
  if (!isObject(value)) return mustBe(where, value, 'an object');
  const missing = Object.entries(properties)
    .filter(([name, { required }]) => required === true && isAbsent(value[name]))
    .map(([name]) => `${where}.${name}: is required`);
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const property = properties[name];
    return property === undefined
      ? [`${where}.${name}: there is no such property`]
      : valueProblems(`${where}.${name}`, one, property.type);
  });
  return [...missing, ...wrong];
}

function tagProblems(where: string, value: unknown): readonly string[] {
  const text = { type: { type: 'string' as const }, required: true };
  return objectProblems(where, value, { Key: text, Value: text });
}

function arrayProblems(where: string, value: unknown, element: Type): readonly string[] {
  if (!Array.isArray(value)) return mustBe(where, value, 'a list');
  return value.flatMap((one, index) => valueProblems(`${where}[${index}]`, one, element));
}

function mapProblems(where: string, value: unknown, element: Type): readonly string[] {
  if (!isObject(value)) return mustBe(where, value, 'a map');
  return Object.entries(value).flatMap(([key, one]) =>
    valueProblems(`${where}.${key}`, one, element),
  );
}

/** Returns the problems of a value without intrinsic functions. */
function literalProblems(where: string, value: unknown, type: Type): readonly string[] {
  switch (type.type) {
    case 'ref':
      return objectProblems(
        where,
        value,
        database.get('typeDefinition', type.reference).properties,
      );
    case 'array':
      return arrayProblems(where, value, type.element);
    case 'map':
      return mapProblems(where, value, type.element);
    case 'tag':
      return tagProblems(where, value);
    case 'json':
      return isObject(value) ? [] : mustBe(where, value, 'JSON');
    default:
      return scalarProblems(where, value, type);
  }
}

function valueProblems(where: string, value: unknown, type: Type): readonly string[] {
  if (type.type === 'union') {
    const all = type.types.map((one) => valueProblems(where, value, one));
    return all.some((problems) => problems.length === 0) ? [] : all.flat();
  }
  if (isLateText(value)) {
    return SCALARS.includes(type.type) ? [] : mustBe(where, value, `of type ${type.type}, no text`);
  }
  if (isLate(value)) return [];
  return literalProblems(where, value, type);
}
