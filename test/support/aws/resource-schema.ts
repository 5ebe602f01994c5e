import {
  intrinsicProblems,
  isObject,
  type Json,
  type Reference,
  referencesIn,
} from './intrinsics.ts';
import { mustBe, objectProblems, specs } from './property-values.ts';

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

/** Returns the resources that wait for each other: those that are left after removing, repeatedly, those without dependencies. */
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

/** Returns the violations of CloudFormation's resource schema in a template, and its broken references. */
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
