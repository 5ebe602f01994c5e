import type { Resource } from './synthesis.ts';

/** The resources of a stack by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** Returns the logical ids that a resource waits for: those that it depends on or refers to. */
function waitsFor({ DependsOn = [], Properties }: Resource): readonly string[] {
  const text = JSON.stringify(Properties);
  const references = [...text.matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/g)].map(
    ([, id = '']) => id,
  );
  return [...DependsOn, ...references];
}

function isEqual(one: Resource | undefined, other: Resource): boolean {
  return JSON.stringify(one?.Properties) === JSON.stringify(other.Properties);
}

/** Returns ids in an order in which each follows those that it waits for, and otherwise in the order of `priority`. */
function inOrder(
  resources: Resources,
  ids: readonly string[],
  priority: (id: string) => number,
): readonly string[] {
  const ordered: string[] = [];
  const remaining = new Set(ids);
  while (remaining.size > 0) {
    const ready = [...remaining].filter((id) => {
      const resource = resources[id];
      return resource === undefined || !waitsFor(resource).some((other) => remaining.has(other));
    });
    const [next] = ready.toSorted((one, other) => priority(one) - priority(other));
    if (next === undefined) throw new Error('The resources depend on each other.');
    remaining.delete(next);
    ordered.push(next);
  }
  return ordered;
}

/**
 * Returns the resources of a stack after each step of an update, as CloudFormation does it: it creates and updates in the order
 * of the dependencies, in parallel where there are none, and deletes in the reverse order after everything else.
 *
 * @param priority decides between resources that do not depend on each other
 */
export function updateSteps(
  before: Resources,
  after: Resources,
  priority: (id: string) => number,
): readonly Resources[] {
  const changed = Object.entries(after)
    .filter(([id, resource]) => !isEqual(before[id], resource))
    .map(([id]) => id);
  const removed = Object.keys(before).filter((id) => after[id] === undefined);
  let current = before;
  const steps = [before];
  for (const id of inOrder(after, changed, priority)) {
    const resource = after[id];
    if (resource !== undefined) current = { ...current, [id]: resource };
    steps.push(current);
  }
  for (const id of inOrder(before, removed, priority).toReversed()) {
    current = Object.fromEntries(Object.entries(current).filter(([other]) => other !== id));
    steps.push(current);
  }
  return steps;
}
