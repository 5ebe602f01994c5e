import { isObject, type Json } from '../intrinsics.ts';

/** Values that only a deployment knows. */
export interface Deployed {
  readonly account: string;
  readonly region: string;
  /** @default aws */
  readonly partition?: string;
  /** @default amazonaws.com */
  readonly urlSuffix?: string;
  /** Values of the template's parameters, which otherwise have their defaults. */
  readonly parameters?: Json;
  /** Values that other stacks export, by the ends of their names. */
  readonly exports?: Readonly<Record<string, string>>;
}

/** A resource with values instead of intrinsic functions. */
export interface DeployedResource {
  readonly id: string;
  readonly type: string;
  readonly properties: Json;
  /** Its name, or what else a reference to it means. */
  readonly name: string;
  /** Its ARN, for the types whose ARNs tests compare. */
  readonly arn?: string;
}

/** The property with the physical name of a resource, and the parts of its ARN before the name. */
const ARNS: Readonly<
  Record<string, readonly [nameKey: string, service: string, resource: string]>
> = {
  'AWS::CloudWatch::Alarm': ['AlarmName', 'cloudwatch', 'alarm:'],
  'AWS::IAM::Role': ['RoleName', 'iam', 'role'],
  'AWS::KMS::Key': ['', 'kms', 'key/'],
  'AWS::Lambda::Function': ['FunctionName', 'lambda', 'function:'],
  'AWS::Logs::LogGroup': ['LogGroupName', 'logs', 'log-group:'],
  'AWS::S3::Bucket': ['BucketName', 's3', ''],
  'AWS::Scheduler::Schedule': ['Name', 'scheduler', 'schedule/'],
  'AWS::Scheduler::ScheduleGroup': ['Name', 'scheduler', 'schedule-group/'],
  'AWS::SecretsManager::Secret': ['Name', 'secretsmanager', 'secret:'],
  'AWS::SNS::Topic': ['TopicName', 'sns', ''],
  'AWS::SQS::Queue': ['QueueName', 'sqs', ''],
};
/** Types whose Ref is the ARN. */
const REF_IS_ARN = ['AWS::SecretsManager::Secret', 'AWS::SNS::Topic'];

/** Resolves a template as CloudFormation does when it deploys it. Names that it generates are those of the logical ids. */
class Resolver {
  readonly #template: Json;
  readonly #deployed: Deployed;

  constructor(template: Json, deployed: Deployed) {
    this.#template = template;
    this.#deployed = deployed;
  }

  resources(): readonly DeployedResource[] {
    return Object.entries(this.#section('Resources')).flatMap(([id, resource]) => {
      if (!isObject(resource) || !this.#exists(resource)) return [];
      const type = String(resource['Type']);
      const properties = Object(this.resolve(resource['Properties'] ?? {})) as Json;
      const arn = Object.hasOwn(ARNS, type) ? { arn: this.#arn(id) } : {};
      return [{ id, type, properties, name: this.#nameOf(id), ...arn }];
    });
  }

  #section(name: string): Json {
    const section = this.#template[name];
    return isObject(section) ? section : {};
  }

  #exists(resource: Json): boolean {
    const { Condition: condition } = resource;
    return condition === undefined || this.#holds(String(condition));
  }

  #holds(condition: string): boolean {
    return this.resolve(this.#section('Conditions')[condition]) === true;
  }

  /** Returns a value without intrinsic functions; undefined for a property that is left out. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((one: unknown) => this.resolve(one)).filter((one) => one !== undefined);
    }
    if (!isObject(value)) return value;
    const [name = '', ...others] = Object.keys(value);
    if (others.length === 0 && /^(Ref|Condition|Fn::.+)$/.test(name)) {
      return this.#call(name, value[name]);
    }
    const entries = Object.entries(value).map(([key, one]) => [key, this.resolve(one)] as const);
    return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
  }

  #call(name: string, argument: unknown): unknown {
    const list = Array.isArray(argument) ? argument : [argument];
    const texts = () => list.map((one: unknown) => this.resolve(one));
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument));
      case 'Condition':
        return this.#holds(String(argument));
      case 'Fn::GetAtt':
        return this.#attribute(list.map(String).join('.'));
      case 'Fn::Join': {
        const [delimiter, parts] = texts();
        return Array.isArray(parts) ? parts.join(String(delimiter)) : '';
      }
      case 'Fn::Sub':
        return this.#substitute(list);
      case 'Fn::Select': {
        const [index, parts] = texts();
        return Array.isArray(parts) ? parts[Number(index)] : undefined;
      }
      case 'Fn::Split': {
        const [delimiter, text] = texts();
        return String(text).split(String(delimiter));
      }
      case 'Fn::If': {
        const [condition, yes, no] = list;
        return this.resolve(this.#holds(String(condition)) ? yes : no);
      }
      case 'Fn::Equals': {
        const [one, other] = texts();
        return one === other;
      }
      case 'Fn::Not':
        return texts()[0] !== true;
      case 'Fn::And':
        return texts().every((one) => one === true);
      case 'Fn::Or':
        return texts().includes(true);
      case 'Fn::ImportValue':
        return this.#import(String(this.resolve(argument)));
      default:
        throw new Error(`${name} is not an intrinsic function that tests resolve.`);
    }
  }

  #import(name: string): string {
    const found = Object.entries(this.#deployed.exports ?? {}).find(([end]) => name.includes(end));
    if (found === undefined) throw new Error(`No stack exports ${name}.`);
    return found[1];
  }

  #substitute([text, own]: readonly unknown[]): string {
    const values = isObject(own) ? own : {};
    return String(text).replaceAll(/\$\{([^!}][^}]*)\}/g, (_, name: string) => {
      if (Object.hasOwn(values, name)) return String(this.resolve(values[name]));
      return String(name.includes('.') ? this.#attribute(name) : this.#ref(name));
    });
  }

  #ref(id: string): unknown {
    const { account, region, partition = 'aws', urlSuffix = 'amazonaws.com' } = this.#deployed;
    const pseudo: Json = {
      'AWS::AccountId': account,
      'AWS::Region': region,
      'AWS::Partition': partition,
      'AWS::URLSuffix': urlSuffix,
      'AWS::StackName': 'stack',
    };
    if (id === 'AWS::NoValue') return undefined;
    if (id in pseudo) return pseudo[id];
    const parameter = this.#section('Parameters')[id];
    if (isObject(parameter)) return this.#deployed.parameters?.[id] ?? parameter['Default'];
    const { Type: type } = this.#resource(id);
    return REF_IS_ARN.includes(String(type)) ? this.#arn(id) : this.#nameOf(id);
  }

  #resource(id: string): Json {
    const resource = this.#section('Resources')[id];
    if (!isObject(resource)) throw new Error(`There is no resource ${id}.`);
    return resource;
  }

  #nameOf(id: string): string {
    const { Type: type, Properties: properties = {} } = this.#resource(id);
    const [key = ''] = ARNS[String(type)] ?? [];
    const name = isObject(properties) ? this.resolve(properties[key]) : undefined;
    return name === undefined ? `generated-${id}` : String(name);
  }

  #attribute(dotted: string): string {
    const [id = '', attribute = ''] = dotted.split('.');
    if (attribute === 'Arn') return this.#arn(id);
    if (/Name$/.test(attribute)) return this.#nameOf(id);
    return `${attribute}-of-${id}`;
  }

  #arn(id: string): string {
    const { account, region, partition = 'aws' } = this.#deployed;
    const { Type: type, Properties: properties } = this.#resource(id);
    const known = ARNS[String(type)];
    if (known === undefined) throw new Error(`Tests do not know the ARN of ${String(type)}.`);
    const [, service, resource] = known;
    const name = this.#nameOf(id);
    if (service === 's3') return `arn:${partition}:s3:::${name}`;
    const own = isObject(properties) ? properties : {};
    if (service === 'iam') {
      const path = String(this.resolve(own['Path']) ?? '/');
      return `arn:${partition}:iam::${account}:role${path}${name}`;
    }
    const group =
      type === 'AWS::Scheduler::Schedule' ? `${String(this.resolve(own['GroupName']))}/` : '';
    const suffix = service === 'logs' ? ':*' : '';
    return `arn:${partition}:${service}:${region}:${account}:${resource}${group}${name}${suffix}`;
  }
}

/** Returns the resources of a template with their properties as they are deployed. */
export function resolveTemplate(template: object, deployed: Deployed): readonly DeployedResource[] {
  return new Resolver({ ...template }, deployed).resources();
}
