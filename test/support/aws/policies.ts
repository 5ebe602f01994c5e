import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createValidatedPolicy,
  type ValidatedPolicy,
  validateIdentityPolicy,
  validateResourcePolicy,
  validateTrustPolicy,
} from '@cloud-copilot/iam-policy';
import {
  type RunSimulationResults,
  runSimulation,
  runUnsafeSimulation,
  type Simulation,
} from '@cloud-copilot/iam-simulate';
import { type PolicyStatement, type Resource, statementsOf } from './synthesis.ts';

type Policy = ValidatedPolicy<{ readonly name: string }>;
type Context = Readonly<Record<string, string>>;

/** A deployed role. */
export interface Role {
  readonly title: string;
  readonly arn: string;
  readonly account: string;
  readonly statements: readonly PolicyStatement[];
  readonly identity: Policy;
  readonly trust: Policy;
  /** The permissions boundary, if it has one. */
  readonly boundary?: Policy;
}

/** Validates a policy as AWS does; throws the errors. */
export function validated(
  name: string,
  document: object,
  validate: typeof validateIdentityPolicy,
): Policy {
  const policy = createValidatedPolicy(document, validate, { name });
  if (policy.errors.length > 0) {
    throw new Error(`The policy of ${name} is invalid: ${JSON.stringify(policy.errors)}`);
  }
  return policy;
}

export function policyOf(statements: readonly object[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

const INFRA = join(import.meta.dirname, '..', '..', '..', 'infra');

/** Reads a policy that ships as a file of `infra/`. */
export function shippedPolicy(file: string): { readonly Statement: readonly PolicyStatement[] } {
  return JSON.parse(readFileSync(join(INFRA, file), 'utf8'));
}

const BOUNDARY = validated(
  'boundary',
  shippedPolicy('permissions-boundary.json'),
  validateIdentityPolicy,
);

/** Returns the role that a resource of a template creates. */
export function roleOf(title: string, arn: string, account: string, resource: Resource): Role {
  const statements = statementsOf(resource);
  const trust = Object(resource.Properties['AssumeRolePolicyDocument']);
  return {
    title,
    arn,
    account,
    statements,
    identity: validated(title, policyOf(statements), validateIdentityPolicy),
    trust: validated(title, trust, validateTrustPolicy),
    ...(resource.Properties['PermissionsBoundary'] !== undefined && { boundary: BOUNDARY }),
  };
}

/** Returns a role with this policy that is not in the templates. */
export function aPerson(
  title: string,
  account: string,
  document: { readonly Statement: readonly PolicyStatement[] },
): Role {
  return {
    title,
    arn: `arn:aws:iam::${account}:role/${title}`,
    account,
    statements: document.Statement,
    identity: validated(title, document, validateIdentityPolicy),
    trust: validated(title, policyOf([]), validateTrustPolicy),
  };
}

/** A request of a role to AWS. */
export interface Request {
  readonly action: string;
  /** ARN, or `*` if the action has no resources. */
  readonly resource: string;
  readonly context?: Context;
  /** The resource's own policy; by default it delegates to the policies of the role's account. */
  readonly resourcePolicy?: object;
}

const delegations = new Map<string, Policy>();

/** Returns a resource policy that delegates to the policies of an account. */
export function delegateTo(account: string): Policy {
  const known = delegations.get(account);
  if (known !== undefined) return known;
  const statement = { Effect: 'Allow', Principal: { AWS: account }, Action: '*', Resource: '*' };
  const policy = validated('resource', policyOf([statement]), validateResourcePolicy);
  delegations.set(account, policy);
  return policy;
}

function accountOf(resource: string, own: string): string {
  const [, , , , account = ''] = resource.split(':');
  return account === '' ? own : account;
}

function ignoredKeys(results: Exclude<RunSimulationResults, { resultType: 'error' }>): string[] {
  const all = results.resultType === 'single' ? [results.result] : results.results;
  return all.flatMap(({ ignoredContextKeys }) => ignoredContextKeys ?? []);
}

/** The checked simulation knows this key only without the variable part of its name. */
const ENCRYPTION_CONTEXT = 'kms:EncryptionContext:';

/**
 * Simulates a request.
 *
 * @throws if AWS has no such request: an unknown action, a resource of another kind, or a key that is never in the action's
 * context. Otherwise a typing error would look like a denial.
 */
async function judge(simulation: Simulation): Promise<boolean> {
  const results = await runSimulation(simulation, {});
  const { action, resource } = simulation.request;
  if (results.resultType === 'error') {
    throw new Error(`${action} on ${resource.resource}: ${JSON.stringify(results.errors)}`);
  }
  const ignored = ignoredKeys(results);
  if (ignored.length === 0) return results.overallResult === 'Allowed';
  if (ignored.every((key) => key.startsWith(ENCRYPTION_CONTEXT))) {
    return runUnsafeSimulation(simulation, {}) === 'Allowed';
  }
  throw new Error(`${action} has no context key ${ignored.join(', ')}`);
}

function simulationOf(
  { arn, account, identity }: Role,
  { action, resource, context = {}, resourcePolicy }: Request,
  boundary?: Policy,
): Simulation {
  return {
    request: {
      principal: arn,
      action,
      resource: { resource, accountId: accountOf(resource, account) },
      // AWS adds the account to the context of every request.
      contextVariables: { 'aws:PrincipalAccount': account, ...context },
    },
    identityPolicies: [{ name: 'inline', policy: identity }],
    ...(boundary !== undefined && {
      permissionBoundaryPolicies: [{ name: 'boundary', policy: boundary }],
    }),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy:
      resourcePolicy === undefined
        ? delegateTo(account)
        : validated('resource', resourcePolicy, validateResourcePolicy),
  };
}

/**
 * Whether a role's own policy allows a request.
 *
 * @throws if the policy allows it and the role's boundary does not, because a boundary must not deny what a role needs
 */
export async function isAllowed(role: Role, request: Request): Promise<boolean> {
  const isOwn = await judge(simulationOf(role, request));
  if (!isOwn || role.boundary === undefined) return isOwn;
  if (await judge(simulationOf(role, request, role.boundary))) return true;
  throw new Error(`The boundary denies ${role.title} ${request.action} on ${request.resource}`);
}

/** Whether a role with every permission and the boundary that ships is allowed a request. */
export function isWithinBoundary(
  { arn, account }: Pick<Role, 'arn' | 'account'>,
  request: Request,
): Promise<boolean> {
  const administrator = { ...aPerson('administrator', account, ADMINISTRATOR), arn };
  return judge(simulationOf(administrator, request, BOUNDARY));
}

/** Returns the resources on which a role is allowed a request. */
export async function allowedOf(
  role: Role,
  resources: readonly string[],
  request: Omit<Request, 'resource'>,
): Promise<readonly string[]> {
  const verdicts = await Promise.all(
    resources.map((resource) => isAllowed(role, { ...request, resource })),
  );
  return resources.filter((_, index) => verdicts[index] === true);
}

/** AWS's managed policy AdministratorAccess. */
const ADMINISTRATOR = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
} as const;
const EVERYTHING = validated('administrator', ADMINISTRATOR, validateIdentityPolicy);

/** Whether a service, or another role with every permission, can assume a role by its trust policy. */
export function canAssume(
  { arn, account, trust }: Role,
  principal: string,
  context: Context = {},
): Promise<boolean> {
  const isService = !principal.startsWith('arn:');
  return judge({
    request: {
      principal,
      action: 'sts:AssumeRole',
      resource: { resource: arn, accountId: account },
      contextVariables: context,
    },
    identityPolicies: isService ? [] : [{ name: 'administrator', policy: EVERYTHING }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: trust,
  });
}
