import { isObject, type Json } from '../intrinsics.ts';
import { type Symbols, statementsOf, symbolise } from './canonical.ts';
import type { DeployedResource } from './resolve-template.ts';

/**
 * The deployment of one database with symbols instead of names and ARNs, such as `<send-report>`: two deployments with the same
 * permissions, schedule and limits are equal, also if one was written for another tool.
 */
export interface DatabaseDeployment {
  /** The functions by their purposes. */
  readonly functions: Readonly<Record<string, FunctionDeployment>>;
  readonly schedule: Json;
  readonly scheduler: RoleDeployment;
  readonly queues: Readonly<Record<string, Json>>;
  /** The alarm for missing runs. */
  readonly missingRuns?: Json;
}

/** A role: who assumes it, and its permissions in any order. */
interface RoleDeployment {
  readonly path: unknown;
  readonly trust: readonly unknown[];
  readonly statements: readonly unknown[];
}

interface FunctionDeployment {
  readonly role: RoleDeployment;
  /** Runtime, memory, timeout and so on. */
  readonly settings: Json;
  /** The variables, parsed. */
  readonly variables: Json;
  readonly invocation: Json;
  readonly logRetentionDays: unknown;
}

/** The names of a database and its environment, as in TARGET. */
interface Names {
  readonly environment: string;
  readonly name: string;
}

type Functions = ReadonlyMap<string, DeployedResource>;

/** Returns values at a path of keys. */
function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((one, key) => (isObject(one) ? one[key] : undefined), value);
}

function pick(properties: Json, ...keys: readonly string[]): Json {
  return Object.fromEntries(
    keys.filter((key) => key in properties).map((key) => [key, properties[key]]),
  );
}

/** Searches the resources of a deployment. Each search fails without a result. */
class Resources {
  readonly #all: readonly DeployedResource[];

  constructor(all: readonly DeployedResource[]) {
    this.#all = all;
  }

  of(type: string): readonly DeployedResource[] {
    return this.#all.filter((one) => one.type === `AWS::${type}`);
  }

  find(type: string, matches: (resource: DeployedResource) => boolean): DeployedResource {
    const found = this.of(type).find(matches);
    if (found === undefined) throw new Error(`The deployment has no matching ${type}.`);
    return found;
  }

  /** Returns a role with its inline policies and those that are attached to it. */
  role(arn: unknown): RoleDeployment {
    const { name, properties } = this.find('IAM::Role', (one) => one.arn === arn);
    const inline = [properties['Policies'] ?? []]
      .flat()
      .map((one: unknown) => at(one, 'PolicyDocument'));
    const attached = this.of('IAM::Policy')
      .filter((policy) => [policy.properties['Roles']].flat().includes(name))
      .map((policy) => policy.properties['PolicyDocument']);
    return {
      path: properties['Path'],
      trust: statementsOf(properties['AssumeRolePolicyDocument']),
      statements: [...inline, ...attached].flatMap(statementsOf).toSorted(),
    };
  }

  queue(arn: unknown): Json {
    const { name, properties } = this.find('SQS::Queue', (one) => one.arn === arn);
    const policies = this.of('SQS::QueuePolicy').filter((policy) =>
      [policy.properties['Queues']].flat().includes(name),
    );
    return {
      ...pick(properties, 'MessageRetentionPeriod', 'SqsManagedSseEnabled'),
      policy: policies.flatMap((policy) => statementsOf(policy.properties['PolicyDocument'])),
    };
  }
}

const PURPOSES: Readonly<Record<string, RegExp>> = {
  'send-report': /^Sends /,
  'get-report': /^Manual: shows /,
  configure: /^Manual: enables /,
  'database-worker': /^Connects /,
};

function purposeOf({ properties: { Description: description } }: DeployedResource): string {
  const found = Object.entries(PURPOSES).find(([, pattern]) => pattern.test(String(description)));
  if (found === undefined)
    throw new Error(`The purpose of a function is not known: ${description}`);
  return found[0];
}

function variablesOf({ properties }: DeployedResource): Json {
  const variables = at(properties, 'Environment', 'Variables');
  const entries = Object.entries(isObject(variables) ? variables : {}).map(([key, text]) => {
    const value: unknown = /^\{/.test(String(text)) ? JSON.parse(String(text)) : text;
    return [key, value] as const;
  });
  return Object.fromEntries(entries);
}

function invocationOf(resources: Resources, { name }: DeployedResource): Json {
  const { properties } = resources.find(
    'Lambda::EventInvokeConfig',
    (one) => one.properties['FunctionName'] === name,
  );
  return properties;
}

function describeFunction(resources: Resources, one: DeployedResource): FunctionDeployment {
  const { properties } = one;
  const logGroup = at(properties, 'LoggingConfig', 'LogGroup');
  const { FunctionName: _, ...invocation } = invocationOf(resources, one);
  return {
    role: resources.role(properties['Role']),
    settings: {
      ...pick(properties, 'Description', 'Runtime', 'Architectures', 'Handler', 'MemorySize'),
      ...pick(properties, 'Timeout', 'LoggingConfig'),
      subnets: at(properties, 'VpcConfig', 'SubnetIds'),
    },
    variables: variablesOf(one),
    invocation,
    logRetentionDays: resources.find('Logs::LogGroup', ({ name }) => name === logGroup).properties[
      'RetentionInDays'
    ],
  };
}

/** Returns the functions of a database by their purposes. */
function functionsOf(resources: Resources, { environment, name }: Names): Functions {
  const own = resources.of('Lambda::Function').filter((one) => {
    const target = variablesOf(one)['TARGET'];
    return at(target, 'name') === name && at(target, 'environment') === environment;
  });
  const workers = own.map((one) => at(variablesOf(one)['WORKER'], 'functionArn'));
  const invoked = resources.of('Lambda::Function').filter(({ arn }) => workers.includes(arn));
  return new Map([...own, ...invoked].map((one) => [purposeOf(one), one]));
}

/** Returns the function of a database that the schedule invokes, and the schedule. */
function senderOf(resources: Resources, functions: Functions) {
  const sender = functions.get('send-report');
  if (sender === undefined) throw new Error('The database has no send-report.');
  const { properties: schedule } = resources.find(
    'Scheduler::Schedule',
    ({ properties }) => at(properties, 'Target', 'Arn') === sender.arn,
  );
  const queues = {
    undelivered: at(schedule, 'Target', 'DeadLetterConfig', 'Arn'),
    'failed-runs': at(
      invocationOf(resources, sender),
      ...['DestinationConfig', 'OnFailure', 'Destination'],
    ),
  };
  return { schedule, scheduler: at(schedule, 'Target', 'RoleArn'), queues };
}

/** Returns the symbols of the names and ARNs of a database's resources, the longest first. */
function symbolsOf(resources: Resources, functions: Functions): Symbols {
  const { schedule, scheduler, queues } = senderOf(resources, functions);
  const named: readonly (readonly [unknown, string])[] = [
    ...[...functions].flatMap(([purpose, { arn, properties }]) => [
      [arn, purpose] as const,
      [at(properties, 'LoggingConfig', 'LogGroup'), `log of ${purpose}`] as const,
    ]),
    ...Object.entries(queues).map(([queue, arn]) => [arn, queue] as const),
    [scheduler, 'scheduler'],
    [schedule['GroupName'], 'schedules'],
  ];
  return named
    .map(([text, symbol]) => [String(text), `<${symbol}>`] as const)
    .toSorted(([one], [other]) => other.length - one.length);
}

function missingRunsOf(resources: Resources, { environment, name }: Names): Json | undefined {
  const dimensions = JSON.stringify([
    { Name: 'service', Value: 'timescaledb-telemetry' },
    { Name: 'environment', Value: environment },
    { Name: 'database', Value: name },
  ]);
  const alarm = resources
    .of('CloudWatch::Alarm')
    .find(
      ({ properties }) =>
        properties['MetricName'] === 'Completed' &&
        JSON.stringify(properties['Dimensions']) === dimensions,
    );
  if (alarm === undefined) return undefined;
  // Its description names what else the deployment has.
  const { AlarmName: _name, AlarmDescription: _description, ...properties } = alarm.properties;
  return properties;
}

/**
 * Describes the deployment of a database.
 *
 * @param deployed the resources of all templates that it consists of, which may contain other databases
 */
export function describeDatabase(
  deployed: readonly DeployedResource[],
  names: Names,
): DatabaseDeployment {
  const all = new Resources(deployed);
  const symbols = symbolsOf(all, functionsOf(all, names));
  const resources = new Resources(symbolise(deployed, symbols) as readonly DeployedResource[]);
  const functions = functionsOf(resources, names);
  const { schedule, scheduler, queues } = senderOf(resources, functions);
  const { Name: _, ...scheduled } = schedule;
  const missingRuns = missingRunsOf(resources, names);
  return {
    functions: Object.fromEntries(
      [...functions].map(([purpose, one]) => [purpose, describeFunction(resources, one)]),
    ),
    schedule: scheduled,
    scheduler: resources.role(scheduler),
    queues: Object.fromEntries(
      Object.entries(queues).map(([queue, arn]) => [queue, resources.queue(arn)]),
    ),
    ...(missingRuns !== undefined && { missingRuns }),
  };
}
