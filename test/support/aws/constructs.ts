import { expect } from 'vitest';
import { FLEET_REPORT } from '../../../lib/naming.ts';
import type { Resource, Synthesis } from './synthesis.ts';

type Located = readonly (readonly [where: string, resource: Resource])[];

/** Returns the places of the resources that break a rule; fails when there are no resources. */
export function breaking(
  resources: Located,
  rule: (resource: Resource) => boolean,
): readonly string[] {
  expect(resources.length).toBeGreaterThan(0);
  return resources.filter(([, resource]) => !rule(resource)).map(([where]) => where);
}

/** Returns the functions of the databases: all but that of the environment. */
export function functionsOfDatabases({ resources }: Synthesis): Located {
  return resources('AWS::Lambda::Function').filter(
    ([, { Properties }]) => !String(Properties['FunctionName']).endsWith(`-${FLEET_REPORT}`),
  );
}

/** Returns a property of a resource. */
export function property<T>({ Properties }: Resource, name: string): T {
  return Properties[name] as T;
}

/** Returns a construct of a database, such as `SendReport/Function`. */
export function constructOf(
  { resources }: Synthesis,
  database: string,
  construct: string,
): Resource {
  const end = new RegExp(`/Database-${database}/${construct}$`);
  const [found] = resources().filter(([, resource]) => {
    const { Metadata = {} } = resource as { readonly Metadata?: Record<string, string> };
    return end.test(Metadata['aws:cdk:path'] ?? '');
  });
  if (found === undefined) throw new Error(`${database} has no construct ${construct}`);
  return found[1];
}
