import type { Target } from '../../../lib/config/target.ts';
import {
  DATABASE_WORKER,
  type DatabaseFunction,
  fleetFunctionName,
  functionName,
  PURPOSES,
  type Purpose,
} from '../../../lib/naming.ts';
import { type Role, roleOf } from './policies.ts';
import type { Resource, Synthesis } from './synthesis.ts';

/** The deployed worker of a database, with its role. */
interface DeployedWorker {
  readonly title: string;
  readonly database: string;
  readonly stack: string;
  readonly inNetwork: boolean;
  readonly arn: string;
  readonly role: Role;
  readonly variables: Readonly<Record<string, string>>;
  /** ARN of its on-failure queue, if any. */
  readonly onFailure?: string;
}

/** A deployed function that knows its target, with its role. */
export interface DeployedFunction extends DeployedWorker {
  readonly purpose: Purpose;
  readonly target: Pick<Target, 'environment' | 'secretId'>;
}

/** The function of an environment that reports on its fleet, and the role of its schedule. */
interface DeployedFleetReport {
  readonly role: Role;
  readonly scheduler: Role;
  readonly arn: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The functions and roles of an environment. */
export interface Roles {
  readonly functions: readonly DeployedFunction[];
  readonly workers: readonly DeployedWorker[];
  /** Roles of the schedulers, by stack. */
  readonly schedulers: ReadonlyMap<string, Role>;
  /** The report on the fleet; throws if the environment has none. */
  readonly fleetReport: () => DeployedFleetReport;
  readonly all: readonly Role[];
  of(database: string, purpose: Purpose): DeployedFunction;
  workerOf(database: string): DeployedWorker;
  schedulerOf(stack: string): Role;
}

/** Returns the logical id that a property refers to. */
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
  readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
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
    .map(([, { Properties }]): InvocationProperties => Object(Properties))
    .find(({ FunctionName }) => referenceOf(FunctionName) === functionId);
  return invocation?.DestinationConfig?.OnFailure.Destination;
}

/** Returns the function of a database for a purpose; empty if the templates have none. */
function functionOf(
  synthesis: Synthesis,
  { account, region, partition }: Account,
  database: string,
  purpose: DatabaseFunction,
): readonly DeployedWorker[] {
  const { environment } = synthesis.environment.place;
  const name = functionName(environment, database, purpose);
  const found = synthesis
    .resources('AWS::Lambda::Function')
    .find(([, { Properties }]) => Properties['FunctionName'] === name);
  if (found === undefined) return [];
  const [where, { Properties }] = found;
  const [stack = '', id = ''] = where.split('/');
  const { Role, VpcConfig, Environment }: FunctionProperties = Object(Properties);
  const role = synthesis.templates[stack]?.Resources[referenceOf(Role)];
  if (role === undefined) throw new Error(`${where} has a role that does not exist`);
  const title = `${purpose} of ${database} in ${environment}`;
  const roleArn = `arn:${partition}:iam::${account}:role${role.Properties['Path']}made-for-${name}`;
  const onFailure = failureQueueOf(synthesis, stack, id);
  return [
    {
      title,
      database,
      stack,
      inNetwork: VpcConfig !== undefined,
      arn: `arn:${partition}:lambda:${region}:${account}:function:${name}`,
      role: roleOf(title, roleArn, account, role),
      variables: Environment?.Variables ?? {},
      ...(onFailure !== undefined && { onFailure }),
    },
  ];
}

function fleetReportOf(
  { environment, resources, templates }: Synthesis,
  { account, region, partition }: Account,
): DeployedFleetReport {
  const name = fleetFunctionName(environment.place.environment);
  const roleArn = (role: Resource, roleName: string) =>
    `arn:${partition}:iam::${account}:role${role.Properties['Path']}${roleName}`;
  const [where, { Properties } = { Properties: {} }] =
    resources('AWS::Lambda::Function').find(([, one]) => one.Properties['FunctionName'] === name) ??
    [];
  const { Role, Environment }: FunctionProperties = Object(Properties);
  const role = templates[where?.split('/')[0] ?? '']?.Resources[referenceOf(Role)];
  const [, scheduler] =
    resources('AWS::IAM::Role').find(([, one]) => isOfFleet(one.Properties['RoleName'])) ?? [];
  if (role === undefined || scheduler === undefined) throw new Error(`There is no ${name}`);
  const schedulerName = String(scheduler.Properties['RoleName']);
  return {
    role: roleOf(name, roleArn(role, `made-for-${name}`), account, role),
    scheduler: roleOf(
      `the scheduler of ${name}`,
      roleArn(scheduler, schedulerName),
      account,
      scheduler,
    ),
    arn: `arn:${partition}:lambda:${region}:${account}:function:${name}`,
    variables: Environment?.Variables ?? {},
  };
}

function isOfFleet(roleName: unknown): boolean {
  return typeof roleName === 'string' && roleName.endsWith('-all-scheduler');
}

/** Returns the roles of the stacks' schedulers. Beside that of the report on the fleet they are the only roles with names. */
function schedulersOf(
  { resources }: Synthesis,
  { account, partition }: Account,
): readonly (readonly [stack: string, role: Role])[] {
  return resources('AWS::IAM::Role').flatMap(([where, role]) => {
    const { RoleName: name, Path: path } = role.Properties;
    if (typeof name !== 'string' || isOfFleet(name)) return [];
    const [stack = ''] = where.split('/');
    const arn = `arn:${partition}:iam::${account}:role${path}${name}`;
    return [[stack, roleOf(`the scheduler of ${stack}`, arn, account, role)] as const];
  });
}

function partitionOf(region: string): string {
  const [prefix = ''] = /^(cn|us-gov)-/.exec(region) ?? [];
  return { 'cn-': 'aws-cn', 'us-gov-': 'aws-us-gov' }[prefix] ?? 'aws';
}

/** Returns the functions and roles in the templates of an environment. */
export function rolesOf(synthesis: Synthesis): Roles {
  const { place, databases } = synthesis.environment;
  const partition = partitionOf(place.region);
  const account = { ...place, partition };
  const functions = databases.flatMap(({ name }) =>
    PURPOSES.flatMap((purpose) =>
      functionOf(synthesis, account, name, purpose).map((one): DeployedFunction => {
        const target: DeployedFunction['target'] = JSON.parse(one.variables['TARGET'] ?? '');
        return { ...one, purpose, target };
      }),
    ),
  );
  const workers = databases.flatMap(({ name }) =>
    functionOf(synthesis, account, name, DATABASE_WORKER),
  );
  const schedulers = new Map(schedulersOf(synthesis, account));
  const fleetReport = () => fleetReportOf(synthesis, account);
  const { role, scheduler } = synthesis.environment.fleet === undefined ? {} : fleetReport();
  return {
    functions,
    workers,
    schedulers,
    fleetReport,
    all: [
      ...[...functions, ...workers].map(({ role }) => role),
      ...schedulers.values(),
      ...[role, scheduler].filter((one) => one !== undefined),
    ],
    of(database, purpose) {
      const one = functions.find((each) => each.database === database && each.purpose === purpose);
      if (one === undefined) throw new Error(`There is no ${purpose} of ${database}`);
      return one;
    },
    workerOf(database) {
      const one = workers.find((each) => each.database === database);
      if (one === undefined) throw new Error(`${database} has no worker`);
      return one;
    },
    schedulerOf(stack) {
      const role = schedulers.get(stack);
      if (role === undefined) throw new Error(`There is no scheduler's role in ${stack}`);
      return role;
    },
  };
}
