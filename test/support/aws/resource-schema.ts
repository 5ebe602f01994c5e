import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import {
  intrinsicProblems,
  isLate,
  isLateText,
  isObject,
  type Json,
  type Reference,
  referencesIn,
} from './intrinsics.ts';

/** What CDK's own classes are made from: the resource types of CloudFormation as AWS publishes them. */
const database = loadAwsServiceSpecSync();
const allSpecs = database.all('resource');
type Spec = (typeof allSpecs)[number];
type Properties = Spec['properties'];
type Type = Properties[string]['type'];
const specs = new Map(allSpecs.map((spec) => [spec.cloudFormationType, spec]));

const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Rules',
  'Resources',
  'Outputs',
];
const ATTRIBUTES = [
  'Type',
  'Properties',
  'DependsOn',
  'DeletionPolicy',
  'UpdateReplacePolicy',
  'Metadata',
];
const DELETION_POLICIES = ['Delete', 'Retain', 'RetainExceptOnCreate', 'Snapshot'];
const REPLACE_POLICIES = ['Delete', 'Retain', 'Snapshot'];
const PSEUDO_PARAMETERS = [
  'AWS::AccountId',
  'AWS::NoValue',
  'AWS::NotificationARNs',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
];
const SCALARS = ['string', 'date-time', 'integer', 'number', 'boolean'];

function mustBe(where: string, value: unknown, expected: string): readonly string[] {
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

function objectProblems(where: string, value: unknown, properties: Properties): readonly string[] {
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

/** What is wrong with a value that no intrinsic function gives. */
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

function unknownKeys(where: string, value: Json, known: readonly string[]): readonly string[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `${where}: there is nothing called ${key}`);
}

function policyProblems(where: string, resource: Json): readonly string[] {
  const allowed = { DeletionPolicy: DELETION_POLICIES, UpdateReplacePolicy: REPLACE_POLICIES };
  return Object.entries(allowed).flatMap(([name, values]) => {
    const value = resource[name];
    return value === undefined || values.includes(String(value))
      ? []
      : mustBe(`${where}.${name}`, value, `one of ${values.join(', ')}`);
  });
}

function resourceProblems(id: string, resource: Json): readonly string[] {
  const spec = specs.get(String(resource['Type']));
  if (spec === undefined) return [`${id}: there is no resource type ${resource['Type']}`];
  return [
    ...unknownKeys(id, resource, ATTRIBUTES),
    ...policyProblems(id, resource),
    ...objectProblems(id, resource['Properties'] ?? {}, spec.properties),
    ...intrinsicProblems(id, resource['Properties']),
  ];
}

type Resources = Readonly<Record<string, Json>>;

function referenceProblem(
  { where, id, attribute }: Reference,
  resources: Resources,
  parameters: Json,
): string | undefined {
  const resource = resources[id];
  if (attribute === undefined) {
    const isThere = resource !== undefined || id in parameters || PSEUDO_PARAMETERS.includes(id);
    return isThere ? undefined : `${where}: there is no ${id} to refer to`;
  }
  if (resource === undefined) return `${where}: there is no ${id} to have ${attribute}`;
  const type = String(resource['Type']);
  return attribute in (specs.get(type)?.attributes ?? {})
    ? undefined
    : `${where}: ${type} has no attribute ${attribute}`;
}

function dependenciesOf({ DependsOn = [] }: Json): readonly string[] {
  return [DependsOn].flat().map(String);
}

function dependencyProblems(resources: Resources): readonly string[] {
  return Object.entries(resources).flatMap(([id, resource]) =>
    dependenciesOf(resource)
      .filter((other) => !(other in resources))
      .map((other) => `${id}.DependsOn: there is no ${other}`),
  );
}

/** The resources that wait for each other, found by taking away, time and again, those that wait for none. */
function cycleProblems(resources: Resources): readonly string[] {
  const waiting = new Map(
    Object.entries(resources).map(([id, resource]) => {
      const references = referencesIn(id, resource['Properties']).map((reference) => reference.id);
      const others = [...references, ...dependenciesOf(resource)];
      return [id, others.filter((other) => other in resources)];
    }),
  );
  for (let before = -1; before !== waiting.size; ) {
    before = waiting.size;
    for (const [id, others] of waiting) {
      if (!others.some((other) => waiting.has(other))) waiting.delete(id);
    }
  }
  return waiting.size === 0 ? [] : [`a cycle: ${[...waiting.keys()].join(', ')}`];
}

function outputProblems(outputs: Json): readonly string[] {
  return Object.entries(outputs)
    .filter(([, output]) => isObject(output) && 'Export' in output)
    .map(([name]) => `Outputs.${name}: is exported, which ties another stack to this one`);
}

function sectionOf(template: Json, name: string): Json {
  const section = template[name];
  return isObject(section) ? section : {};
}

export function resourcesOf(template: Json): Resources {
  return Object.fromEntries(
    Object.entries(sectionOf(template, 'Resources')).filter((entry): entry is [string, Json] =>
      isObject(entry[1]),
    ),
  );
}

/** Everything that CloudFormation's resource schema, and the template's own references, say against a template. */
export function schemaProblems(template: Json): readonly string[] {
  const resources = resourcesOf(template);
  const parameters = sectionOf(template, 'Parameters');
  const outputs = sectionOf(template, 'Outputs');
  return [
    ...unknownKeys('the template', template, SECTIONS),
    ...Object.entries(resources).flatMap(([id, resource]) => resourceProblems(id, resource)),
    ...referencesIn('', { ...resources, Rules: template['Rules'], Outputs: outputs }).flatMap(
      (reference) => referenceProblem(reference, resources, parameters) ?? [],
    ),
    ...dependencyProblems(resources),
    ...cycleProblems(resources),
    ...outputProblems(outputs),
    ...intrinsicProblems('Outputs', outputs),
  ];
}
