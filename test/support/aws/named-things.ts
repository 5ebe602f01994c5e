import { DATABASE_FUNCTIONS, FLEET_REPORT } from '../../../lib/naming.ts';
import { isObject, type Json } from './intrinsics.ts';

/** A resource of a deployment. */
interface NamedResource {
  readonly id: string;
  readonly type: string;
  readonly properties: Json;
}

/** A thing that a text names, with what the deployment must have. */
interface Mention {
  readonly named: string;
  readonly exists: (resources: readonly NamedResource[]) => boolean;
}

/** Returns the texts of a resource that a person reads, and no others. */
function textsIn(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string') return /Description$|^DashboardBody$/.test(key) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one: unknown) => textsIn(one, key));
  return isObject(value) ? Object.entries(value).flatMap(([name, one]) => textsIn(one, name)) : [];
}

function hasName(type: string, property: string, end: string): Mention['exists'] {
  return (resources) =>
    resources.some(
      (one) => one.type === type && String(one.properties[property] ?? '').endsWith(end),
    );
}

/** Generated names are made of logical ids. */
function hasPart(type: string, property: string, part: string): Mention['exists'] {
  const plain = (text: unknown) =>
    String(text)
      .toLowerCase()
      .replaceAll(/[^a-z]/g, '');
  return (resources) =>
    resources.some(
      ({ id, properties, ...one }) =>
        one.type === type && plain(`${id} ${properties[property] ?? ''}`).includes(plain(part)),
    );
}

function queriesIn(text: string): readonly Mention[] {
  const sentences = text.match(/saved quer(?:y|ies)[^.]*/g) ?? [];
  return sentences.flatMap((sentence) =>
    [...sentence.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({
      named: `the saved query ${name}`,
      exists: hasName('AWS::Logs::QueryDefinition', 'Name', `/${name}`),
    })),
  );
}

function queuesIn(text: string): readonly Mention[] {
  const byName = [...text.matchAll(/queues? (failed-runs|undelivered)\b/g)];
  const byContent = [...text.matchAll(/queues? of (failed runs|undelivered)\b/g)];
  return [
    ...byName.map(([, name = '']) => ({
      named: `the queue ${name}`,
      exists: hasName('AWS::SQS::Queue', 'QueueName', `-${name}`),
    })),
    ...byContent.map(([, content = '']) => ({
      named: `the queue of ${content}`,
      exists: hasPart('AWS::SQS::Queue', 'QueueName', content),
    })),
  ];
}

function functionsIn(text: string): readonly Mention[] {
  // The word configure is also a verb.
  const names = [...DATABASE_FUNCTIONS, FLEET_REPORT].filter((name) => name.includes('-'));
  return names
    .filter((name) => text.includes(name))
    .map((name) => ({
      named: `the function ${name}`,
      exists: hasPart('AWS::Lambda::Function', 'FunctionName', name),
    }));
}

/** Commands are those of a clone, or of a package, which the reader of a stack may not have. */
function commandsIn(text: string): readonly Mention[] {
  return (text.match(/\b(?:npm|npx) [a-z][\w-]*/g) ?? []).map((command) => ({
    named: `the command ${command}`,
    exists: () => false,
  }));
}

/**
 * Returns everything that descriptions and the dashboard of a deployment name, and that it does not have: saved queries, queues,
 * functions and commands.
 */
export function missingThings(resources: readonly NamedResource[]): readonly string[] {
  return resources.flatMap(({ id, properties }) =>
    textsIn(properties)
      .flatMap((text) => [queriesIn, queuesIn, functionsIn, commandsIn].flatMap((of) => of(text)))
      .filter(({ exists }) => !exists(resources))
      .map(({ named }) => `${id}: ${named}`),
  );
}
