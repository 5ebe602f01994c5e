import type { Json } from '../aws/intrinsics.ts';
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
export const TRANSLATIONS: Readonly<Record<string, Translation>> = {
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
