import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  DATABASE_FUNCTIONS,
  DATABASE_WORKER,
  type DatabaseFunction,
  FLEET_REPORT,
} from '../../lib/naming.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { fleetGrants, fleetSchedulerGrants } from '../iam/fleet.ts';
import {
  type Grant,
  grantsOf,
  policyOf,
  schedulerGrants,
  schedulerTrust,
  trustOf,
} from '../iam/policies.ts';
import {
  environmentInNetwork,
  permissionConditions,
  placeholderEnvironment,
} from './placeholder-environment.ts';
import { withPlaceholders } from './placeholders.ts';

const INFRA = join(import.meta.dirname, '..');
/** Policies of an IAM administrator. They have no placeholders, and a variable of IAM that looks like one. */
const ADMINISTRATORS_POLICIES = [
  'permissions-boundary.json',
  'cloudformation-execution-policy.json',
] as const;

type Grants = (environment: Environment) => readonly Grant[];

/** A role, with the permissions that it has in an environment. */
interface Role {
  readonly grantsIn: Grants;
  /** An environment with nothing that is optional for the role. */
  readonly least: Environment;
}

function roles(): Readonly<Record<string, Role>> {
  const unrecorded = placeholderEnvironment({ record: false });
  const recorded = placeholderEnvironment();
  const ofFunction = (name: DatabaseFunction): Role => ({
    grantsIn: (environment) =>
      environment.databases.flatMap((database) => grantsOf(name, environment, database)),
    // The worker is always in a network.
    least: name === DATABASE_WORKER ? environmentInNetwork('none') : unrecorded,
  });
  return {
    ...Object.fromEntries(DATABASE_FUNCTIONS.map((name) => [name, ofFunction(name)])),
    scheduler: {
      grantsIn: (environment) => schedulerGrants(environment, environment.databases),
      least: unrecorded,
    },
    [FLEET_REPORT]: {
      grantsIn: (environment) =>
        environment.record === undefined ? [] : fleetGrants(environment, environment.record),
      least: recorded,
    },
    [`${FLEET_REPORT}-scheduler`]: {
      grantsIn: ({ place }) => fleetSchedulerGrants(place),
      least: recorded,
    },
  };
}

function without(grants: readonly Grant[], others: readonly Grant[]): readonly Grant[] {
  return grants.filter((grant) => !others.some((other) => isDeepStrictEqual(other, grant)));
}

/** Returns the policies of the roles by the names of their files: one that a role always has, and one for each condition. */
function rolePolicies(): ReadonlyMap<string, object> {
  const conditions = permissionConditions();
  const files = new Map<string, object>();
  for (const [role, { grantsIn, least }] of Object.entries(roles())) {
    const always = grantsIn(least);
    files.set(`policy-${role}.json`, policyOf(always));
    for (const { name, without: less, having } of conditions) {
      const grants = without(grantsIn(having), [...grantsIn(less), ...always]);
      if (grants.length > 0) files.set(`policy-${role}-${name}.json`, policyOf(grants));
    }
  }
  return files;
}

/** Returns the texts of all policies by the names of their files. */
export async function policyFiles(): Promise<ReadonlyMap<string, string>> {
  const documents = new Map([
    ...rolePolicies(),
    ['trust-lambda.json', trustOf('lambda.amazonaws.com')],
    ['trust-scheduler.json', schedulerTrust(placeholderEnvironment())],
  ]);
  const files = new Map([...documents].map(([name, one]) => [name, withPlaceholders(one)]));
  for (const name of ADMINISTRATORS_POLICIES) {
    files.set(name, await readFile(join(INFRA, name), 'utf8'));
  }
  return files;
}
