import {
  DATABASE_WORKER,
  FLEET_REPORT,
  fleetFunctionName,
  functionName,
  type Purpose,
  SERVICE,
} from '../../lib/naming.ts';
import { FUNCTIONS, type FunctionName } from '../bundle/bundle.ts';
import { FLEET_SCHEDULE, type Queue } from '../naming.ts';
import { environmentInNetwork, placeholderEnvironment } from './placeholder-environment.ts';
import { NAMES, withPlaceholders } from './placeholders.ts';
import { type Resource, synthesiseResources } from './synthesis.ts';

type Properties = Resource['properties'];
type Find = (type: string, matches: (resource: Resource) => boolean) => Resource;

const QUEUES: readonly Queue[] = ['failed-runs', 'undelivered'];
/** The function that the schedule of a database invokes. */
const TICK: Purpose = 'send-report';

function isProperties(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function propertiesAt(properties: Properties, name: string): Properties {
  const value = properties[name];
  return isProperties(value) ? value : {};
}

/** Returns the logical id that a property refers to, by Ref or by Fn::GetAtt. */
function referenceOf(value: unknown): unknown {
  if (!isProperties(value)) return undefined;
  const { Ref, 'Fn::GetAtt': attribute } = value;
  return Array.isArray(attribute) ? attribute[0] : Ref;
}

function finder(resources: readonly Resource[]): Find {
  return (type, matches) => {
    const [found, ...others] = resources.filter((one) => one.type === type && matches(one));
    if (found === undefined || others.length > 0) {
      throw new TypeError(
        `The templates have ${others.length} ${type} more than the one expected.`,
      );
    }
    return found;
  };
}

/** Returns the properties without references to other resources, and without code and tags, which deployments set themselves. */
function without(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

function roleSettings({ properties }: Resource): Properties {
  return without(properties, [
    'AssumeRolePolicyDocument',
    'PermissionsBoundary',
    'Policies',
    'Tags',
  ]);
}

function deployedName(name: FunctionName): string {
  return name === FLEET_REPORT
    ? fleetFunctionName(NAMES.environment)
    : functionName(NAMES.environment, NAMES.database, name);
}

/** An archive has no list of databases, which the deployment writes beside the code. */
function withoutFile(variables: Properties): Properties {
  const { FLEET } = variables;
  if (typeof FLEET !== 'string') return variables;
  const { file, ...settings } = JSON.parse(FLEET);
  return { ...variables, FLEET: JSON.stringify(settings) };
}

function functionSettings(name: FunctionName, find: Find): Properties {
  const { id, properties } = find(
    'AWS::Lambda::Function',
    (one) => one.properties['FunctionName'] === deployedName(name),
  );
  const { LogGroup } = propertiesAt(properties, 'LoggingConfig');
  const logs = find('AWS::Logs::LogGroup', (one) => one.properties['LogGroupName'] === LogGroup);
  const role = find('AWS::IAM::Role', (one) => one.id === referenceOf(properties['Role']));
  const invocation = find(
    'AWS::Lambda::EventInvokeConfig',
    (one) => referenceOf(one.properties['FunctionName']) === id,
  );
  const { Variables } = propertiesAt(properties, 'Environment');
  return {
    Archive: `${name}.zip`,
    Function: {
      ...without(properties, ['Code', 'Role', 'Tags', 'VpcConfig']),
      Environment: { Variables: withoutFile(isProperties(Variables) ? Variables : {}) },
    },
    EventInvokeConfig: without(invocation.properties, ['FunctionName']),
    Role: roleSettings(role),
    LogGroup: without(logs.properties, ['Tags']),
  };
}

function scheduleSettings(name: string, find: Find): Properties {
  const { properties } = find('AWS::Scheduler::Schedule', (one) => one.properties['Name'] === name);
  const { RoleArn } = propertiesAt(properties, 'Target');
  const role = find('AWS::IAM::Role', (one) => {
    const { RoleName } = one.properties;
    return typeof RoleName === 'string' && String(RoleArn).endsWith(`/${RoleName}`);
  });
  return { Schedule: properties, Role: roleSettings(role) };
}

/** Returns the end of an alarm's name, such as `missing-runs`. */
function alarmKey({ properties }: Resource): string {
  const start = new RegExp(`^${SERVICE}-${NAMES.environment}(?:/${NAMES.database})?-`);
  return String(properties['AlarmName']).replace(start, '');
}

function queueSettings(name: Queue, find: Find): Properties {
  const { id, properties } = find('AWS::SQS::Queue', (one) =>
    String(one.properties['QueueName']).endsWith(`-${name}`),
  );
  const policy = find(
    'AWS::SQS::QueuePolicy',
    ({ properties: { Queues } }) =>
      Array.isArray(Queues) && Queues.some((one) => referenceOf(one) === id),
  );
  return { Queue: without(properties, ['Tags']), Policy: policy.properties['PolicyDocument'] };
}

/**
 * Returns the settings of the resources as JSON texts, by the names of their files. The keys of the settings are those of
 * CloudFormation's properties.
 *
 * @param bundles folder with the bundle of each function in a folder of its name
 */
export async function settingFiles(bundles: string): Promise<ReadonlyMap<string, string>> {
  // A folder in the bucket would be a variable of its own in the functions.
  const record = { bucket: NAMES.bucket };
  const resources = await synthesiseResources(placeholderEnvironment({ record }), bundles);
  const find = finder(resources);
  // A database has a worker only in a network.
  const split = await synthesiseResources(environmentInNetwork('none', { record }), bundles);
  const findOf = (name: FunctionName) => (name === DATABASE_WORKER ? finder(split) : find);
  const all = (type: string, among = resources) => among.filter((one) => one.type === type);
  const files: Readonly<Record<string, object>> = {
    'functions.json': Object.fromEntries(
      FUNCTIONS.map((name) => [name, functionSettings(name, findOf(name))]),
    ),
    'schedules.json': {
      Group: without(find('AWS::Scheduler::ScheduleGroup', () => true).properties, ['Tags']),
      [TICK]: scheduleSettings(NAMES.database, find),
      [FLEET_REPORT]: scheduleSettings(FLEET_SCHEDULE, find),
    },
    'alarms.json': Object.fromEntries(
      all('AWS::CloudWatch::Alarm').map((one) => [
        alarmKey(one),
        without(one.properties, ['AlarmActions', 'OKActions', 'Tags']),
      ]),
    ),
    'queues.json': Object.fromEntries(QUEUES.map((name) => [name, queueSettings(name, find)])),
    // Those of an environment with a worker also search its log.
    'queries.json': all('AWS::Logs::QueryDefinition', split).map(({ properties }) => properties),
  };
  return new Map(Object.entries(files).map(([name, one]) => [name, withPlaceholders(one)]));
}
