import type { Json } from '../aws/intrinsics.ts';
import type { Resource } from '../aws/synthesis.ts';
import type { PlannedResource } from './plan.ts';
import {
  entriesOf,
  isList,
  isObjectValue,
  toList,
  toNumber,
  toObject,
  toText,
  type Value,
} from './values.ts';

/** Returns the property of CloudFormation that an argument or block of Terraform sets, with its value. */
type Translate = (value: Value) => Json;

interface Translation {
  readonly type: string;
  readonly arguments: Readonly<Record<string, Translate>>;
}

/** Returns `MemorySize` for `memory_size`. */
function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function property(name: string): Translate {
  return (value) => ({ [name]: value });
}

/** An argument of Terraform's own, for which CloudFormation has no property. */
const ofTerraform: Translate = () => ({});

/** An argument whose value is a JSON text, which CloudFormation has as an object. */
function json(name: string): Translate {
  return (value) => ({ [name]: JSON.parse(toText(value)) });
}

/** A block that occurs once, whose arguments have the same names. */
function block(name: string): Translate {
  return (value) => {
    const [only] = toList(value);
    return only === undefined ? {} : { [name]: pascalKeys(only) };
  };
}

function pascalKeys(value: Value): Value {
  if (isList(value))
    return value.length === 1 ? pascalKeys(value[0] ?? null) : value.map(pascalKeys);
  if (!isObjectValue(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      pascalCase(name),
      Array.isArray(one) && one.every(isObjectValue) ? pascalKeys(one) : one,
    ]),
  );
}

const tags: Translate = (value) => ({
  Tags: entriesOf(value).map(([Key, Value]) => ({ Key, Value })),
});

function sameNames(...names: readonly string[]): Translation['arguments'] {
  return Object.fromEntries(names.map((name) => [name, property(pascalCase(name))]));
}

/** Translates the rules of a security group, of which Terraform has one for both address families. */
function toEgress(value: Value): Json {
  const rules = toList(value).flatMap((one) => {
    const { protocol, from_port, to_port, cidr_blocks = [], ipv6_cidr_blocks = [] } = toObject(one);
    const ports = { IpProtocol: protocol, FromPort: from_port, ToPort: to_port };
    return [
      ...toList(cidr_blocks).map((CidrIp) => ({ ...ports, CidrIp })),
      ...toList(ipv6_cidr_blocks).map((CidrIpv6) => ({ ...ports, CidrIpv6 })),
    ];
  });
  return { SecurityGroupEgress: rules };
}

/** The resource types of the example. An argument that is missing here is an error. */
const TRANSLATIONS: Readonly<Record<string, Translation>> = {
  aws_cloudwatch_log_group: {
    type: 'AWS::Logs::LogGroup',
    arguments: {
      ...sameNames('retention_in_days'),
      name: property('LogGroupName'),
      skip_destroy: ofTerraform,
      tags,
    },
  },
  aws_cloudwatch_metric_alarm: {
    type: 'AWS::CloudWatch::Alarm',
    arguments: {
      ...sameNames('alarm_name', 'alarm_description', 'namespace', 'metric_name', 'statistic'),
      ...sameNames('period', 'evaluation_periods', 'datapoints_to_alarm', 'threshold'),
      ...sameNames('comparison_operator', 'treat_missing_data', 'alarm_actions'),
      ok_actions: property('OKActions'),
      dimensions: (value) => ({
        Dimensions: entriesOf(value).map(([Name, Value]) => ({ Name, Value })),
      }),
      tags,
    },
  },
  aws_cloudwatch_query_definition: {
    type: 'AWS::Logs::QueryDefinition',
    arguments: sameNames('name', 'query_string', 'log_group_names'),
  },
  aws_iam_role: {
    type: 'AWS::IAM::Role',
    arguments: {
      ...sameNames('path', 'description', 'permissions_boundary'),
      name: property('RoleName'),
      // CloudFormation generates a name in any case.
      name_prefix: ofTerraform,
      assume_role_policy: json('AssumeRolePolicyDocument'),
      tags,
    },
  },
  aws_lambda_function: {
    type: 'AWS::Lambda::Function',
    arguments: {
      ...sameNames('function_name', 'description', 'handler', 'runtime', 'architectures'),
      ...sameNames('memory_size', 'timeout', 'role'),
      filename: (value) => ({ Code: { ZipFile: value } }),
      source_code_hash: ofTerraform,
      environment: block('Environment'),
      logging_config: block('LoggingConfig'),
      vpc_config: block('VpcConfig'),
      tags,
    },
  },
  aws_lambda_function_event_invoke_config: {
    type: 'AWS::Lambda::EventInvokeConfig',
    arguments: {
      ...sameNames('function_name', 'qualifier', 'maximum_retry_attempts'),
      ...sameNames('maximum_event_age_in_seconds'),
      destination_config: block('DestinationConfig'),
    },
  },
  aws_scheduler_schedule: {
    type: 'AWS::Scheduler::Schedule',
    arguments: {
      ...sameNames('name', 'group_name', 'description', 'schedule_expression'),
      ...sameNames('schedule_expression_timezone'),
      flexible_time_window: block('FlexibleTimeWindow'),
      target: block('Target'),
    },
  },
  aws_scheduler_schedule_group: {
    type: 'AWS::Scheduler::ScheduleGroup',
    arguments: { ...sameNames('name'), tags },
  },
  aws_security_group: {
    type: 'AWS::EC2::SecurityGroup',
    arguments: {
      ...sameNames('vpc_id'),
      description: property('GroupDescription'),
      egress: toEgress,
      tags,
    },
  },
  aws_sqs_queue: {
    type: 'AWS::SQS::Queue',
    arguments: {
      ...sameNames('sqs_managed_sse_enabled'),
      name: property('QueueName'),
      message_retention_seconds: (value) => ({ MessageRetentionPeriod: toNumber(value) }),
      tags,
    },
  },
  aws_sqs_queue_policy: {
    type: 'AWS::SQS::QueuePolicy',
    arguments: {
      queue_url: (value) => ({ Queues: [value] }),
      policy: json('PolicyDocument'),
    },
  },
};

const ATTRIBUTES: Readonly<Record<string, string>> = { arn: 'Arn', id: 'GroupId' };

function logicalId(address: string): string {
  return address.replaceAll(/[^A-Za-z0-9]/g, '');
}

/** Replaces references to attributes that only AWS knows by those of CloudFormation. */
function withReferences(value: unknown): unknown {
  if (typeof value === 'string') {
    const [, address = '', attribute = ''] = /^\$\{(aws_.*)\.(\w+)\}$/.exec(value) ?? [];
    if (address === '') return value;
    const named = ATTRIBUTES[attribute];
    const id = logicalId(address);
    return named === undefined ? { Ref: id } : { 'Fn::GetAtt': [id, named] };
  }
  if (Array.isArray(value)) return value.map(withReferences);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, withReferences(one)]),
  );
}

function translate({ address, type, arguments: given }: PlannedResource): Resource {
  const known = TRANSLATIONS[type];
  if (known === undefined) throw new TypeError(`${type} has no translation.`);
  const properties = Object.entries(given).map(([name, value]) => {
    const translateOne = known.arguments[name];
    if (translateOne === undefined) throw new TypeError(`${address}.${name} has no translation.`);
    return translateOne(value);
  });
  const Properties: Json = Object.assign({}, ...properties);
  return {
    Type: known.type,
    Properties: withReferences(Properties) as Json,
    ...(given['skip_destroy'] === true && { DeletionPolicy: 'Retain' }),
  };
}

/** Adds a policy to its role: in CloudFormation inline policies are a property of the role. */
function addPolicy(
  { arguments: { role, name, policy } }: PlannedResource,
  resources: readonly (readonly [string, Resource])[],
  roles: ReadonlyMap<Value, string>,
): void {
  const [, found] = resources.find(([id]) => id === roles.get(role ?? null)) ?? [];
  if (found === undefined) throw new TypeError(`${name} belongs to no role.`);
  const policies = (found.Properties['Policies'] ?? []) as readonly Json[];
  Object.assign(found.Properties, {
    Policies: [
      ...policies,
      { PolicyName: name, PolicyDocument: JSON.parse(toText(policy ?? null)) },
    ],
  });
}

/** Translates what a Terraform module creates into a template of CloudFormation, which is checked and compared like one. */
export function toTemplate(planned: readonly PlannedResource[]): {
  readonly Resources: Readonly<Record<string, Resource>>;
} {
  const [policies = [], others = []] = [
    planned.filter(({ type }) => type === 'aws_iam_role_policy'),
    planned.filter(({ type }) => type !== 'aws_iam_role_policy'),
  ];
  const resources = others.map((one) => [logicalId(one.address), translate(one)] as const);
  const roles = new Map(
    others
      .filter(({ type }) => type === 'aws_iam_role')
      .map(({ address, arguments: { name = `\${${address}.name}` } }) => [
        name,
        logicalId(address),
      ]),
  );
  for (const policy of policies) addPolicy(policy, resources, roles);
  return { Resources: Object.fromEntries(resources) };
}
