import type { Json } from './intrinsics.ts';
import { schemaProblems } from './resource-schema.ts';
import { serviceProblems } from './service-limits.ts';
import { synthesiseFixture } from './synthesis.ts';

/** Changes of templates, for tests of the functions that judge templates. */

const prod = await synthesiseFixture('prod');

/** A template that may be changed. */
export interface Draft {
  Resources: Record<string, Record<string, unknown> & { Type: string; Properties: object }>;
  Parameters: object;
  Outputs?: object;
  Description?: string;
}
export type Change = (draft: Draft) => void;

/** Returns a copy of the resources of the environment prod, as one template. */
function createDraft(): Draft {
  const all = Object.values(prod.texts).map((text): Draft => JSON.parse(text));
  const [first] = all;
  return {
    Resources: Object.assign({}, ...all.map(({ Resources }) => Resources)),
    Parameters: first?.Parameters ?? {},
  };
}

/** Adds a copy of the first resource of a type, under the logical id `It`, to which no other resource refers. */
function addCopy(draft: Draft, type: string): object {
  const found = Object.values(draft.Resources).find(({ Type }) => Type === `AWS::${type}`);
  if (found === undefined) throw new Error(`The templates have no ${type}.`);
  const { Properties } = structuredClone(found);
  draft.Resources['It'] = { Type: found.Type, Properties };
  return Properties;
}

function setAt(target: object, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length > 0) setAt(Reflect.get(target, name), rest, value);
  else if (value === undefined) Reflect.deleteProperty(target, name);
  else Reflect.set(target, name, value);
}

/** Sets a property of a copy; undefined removes it. */
export function put(type: string, path: string, value: unknown): Change {
  return (draft) => setAt(addCopy(draft, type), path.split('.'), value);
}

/** Sets several properties of a copy. */
export function assign(type: string, properties: object): Change {
  return (draft) => Object.assign(addCopy(draft, type), properties);
}

export function add(resources: Draft['Resources']): Change {
  return (draft) => Object.assign(draft.Resources, resources);
}

export function aTopic(
  more: Record<string, unknown> = {},
  properties = {},
): Draft['Resources'][string] {
  return { Type: 'AWS::SNS::Topic', Properties: properties, ...more };
}

export function topicNamed(name: unknown): Change {
  return add({ It: aTopic({}, { TopicName: name }) });
}

/** Returns a variable in the syntax of Fn::Sub. */
export function variable(name: string): string {
  return `\${${name}}`;
}

export const FUNCTION = 'Lambda::Function';
export const ROLE = 'IAM::Role';
export const SCHEDULE = 'Scheduler::Schedule';
export const ALARM = 'CloudWatch::Alarm';

/** Returns the problems of a template with the schemas of its resources and with the limits of the services. */
export function templateProblems(template: Json): readonly string[] {
  return [...schemaProblems(template), ...serviceProblems(template)];
}

/** Applies a change to a template of the environment prod, and returns the problems that a function finds in it. */
export function problemsAfter(
  change: Change,
  judge: (template: Json) => readonly string[] = templateProblems,
): readonly string[] {
  const draft = createDraft();
  change(draft);
  return judge({ ...draft });
}
