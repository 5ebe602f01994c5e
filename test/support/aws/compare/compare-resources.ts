import { isObject, type Json } from '../intrinsics.ts';
import type { Resource } from '../synthesis.ts';

/** A template whose resources are compared with those of another deployment. */
export interface ComparedTemplate {
  readonly Resources: Readonly<Record<string, Resource>>;
}

/** The name by which a resource is found in both deployments. Logical ids differ, and some resources have no name. */
const NAMES: Readonly<Record<string, (properties: Json) => unknown>> = {
  'AWS::CloudWatch::Alarm': ({ AlarmName }) => AlarmName,
  'AWS::EC2::SecurityGroup': ({ GroupDescription }) => GroupDescription,
  'AWS::IAM::Role': ({ Description }) => Description,
  'AWS::Lambda::EventInvokeConfig': ({ FunctionName }) => FunctionName,
  'AWS::Lambda::Function': ({ FunctionName }) => FunctionName,
  'AWS::Logs::LogGroup': ({ LogGroupName }) => LogGroupName,
  'AWS::Logs::QueryDefinition': ({ Name }) => Name,
  'AWS::SQS::Queue': ({ QueueName }) => QueueName,
  'AWS::SQS::QueuePolicy': ({ Queues }) => Array.isArray(Queues) && Queues[0],
  'AWS::SSM::Parameter': ({ Name }) => Name,
  'AWS::Scheduler::Schedule': ({ Name }) => Name,
  'AWS::Scheduler::ScheduleGroup': ({ Name }) => Name,
};

/**
 * The code is compared by the checksums of the archives. The tags of CDK's resources are those of their stacks. Names of inline
 * policies have no effect.
 */
const NOT_COMPARED = ['Code', 'PolicyName', 'Tags'];

/** Lists whose order has no meaning. */
const UNORDERED = ['Dimensions', 'Queues', 'SecurityGroupEgress', 'Statement'];

function asText(value: unknown): string {
  return JSON.stringify(value);
}

function sortedList(values: readonly unknown[]): readonly unknown[] {
  return values.toSorted((one, other) => (asText(one) < asText(other) ? -1 : 1));
}

/** Parses texts that are JSON objects, such as the variables of functions: their keys may be in another order. */
function parsed(text: string): unknown {
  return text.startsWith('{"') ? JSON.parse(text) : text;
}

/** The names and attributes of the resources of a deployment. */
class References {
  readonly #resources: ReadonlyMap<string, Resource>;
  readonly #account: string;

  constructor(resources: ReadonlyMap<string, Resource>, account: string) {
    this.#resources = resources;
    this.#account = account;
  }

  nameOf(id: string): string {
    const resource = this.#resources.get(id);
    const name = resource && NAMES[resource.Type]?.(resource.Properties);
    const resolved = this.resolve(name ?? id);
    return typeof resolved === 'string' ? resolved : asText(resolved);
  }

  /** Returns the ARN of a role that has a name, which templates also write in full. */
  #arnOf(id: string): string | undefined {
    const { RoleName, Path } = this.#resources.get(id)?.Properties ?? {};
    return RoleName === undefined
      ? undefined
      : `arn:aws:iam::${this.#account}:role${Path}${RoleName}`;
  }

  #parameter(name: string): unknown {
    const [found] = [...this.#resources.values()].filter(
      ({ Type, Properties }) => Type === 'AWS::SSM::Parameter' && Properties['Name'] === name,
    );
    return found && this.resolve(found.Properties['Value']);
  }

  #text(text: string): unknown {
    const [, parameter] = /^\{\{resolve:ssm:(.*)\}\}$/.exec(text) ?? [];
    return parameter === undefined ? parsed(text) : this.#parameter(parameter);
  }

  #list(key: string, values: readonly unknown[]): readonly unknown[] {
    const resolved = values.map((one) => this.resolve(one));
    return UNORDERED.includes(key) ? sortedList(resolved) : resolved;
  }

  #properties(value: Json): Json {
    const entries = Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .filter(
        ([name, one]) => !NOT_COMPARED.includes(name) && !(Array.isArray(one) && one.length === 0),
      )
      .map(([name, one]) => [name, Array.isArray(one) ? this.#list(name, one) : this.resolve(one)]);
    return Object.fromEntries(entries);
  }

  /** Resolves references to names and ARNs, and brings lists without order into one. */
  resolve(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return this.#list('', value);
    if (!isObject(value)) return value;
    const { Ref, 'Fn::GetAtt': attribute } = value;
    if (typeof Ref === 'string') return this.nameOf(Ref);
    if (Array.isArray(attribute)) {
      const [id, name] = attribute.map(String);
      const arn = name === 'Arn' ? this.#arnOf(id ?? '') : undefined;
      return arn ?? `${name} of ${this.nameOf(id ?? '')}`;
    }
    return this.#properties(value);
  }
}

/** Joins the inline policies of a role: their number and order have no effect. */
function joinPolicies(properties: Json): Json {
  const { Policies } = properties;
  if (!Array.isArray(Policies)) return properties;
  const statements = Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  return { ...properties, Policies: { Statement: statements } };
}

/**
 * Returns the resources of a deployment by type and name, in a form in which they can be compared with those of another one.
 *
 * @param account in which both are deployed
 */
export function comparableResources(
  templates: readonly ComparedTemplate[],
  account: string,
): Readonly<Record<string, unknown>> {
  // Logical ids of different stacks of a deployment differ, because they begin with the names of different constructs.
  const resources = new Map(templates.flatMap(({ Resources }) => Object.entries(Resources)));
  const references = new References(resources, account);
  const compared = [...resources]
    .filter(([, { Type }]) => Type in NAMES)
    .map(([id, { Type, Properties, DeletionPolicy }]) => [
      `${Type} ${references.nameOf(id)}`,
      {
        ...Object(references.resolve(joinPolicies(Properties))),
        ...(DeletionPolicy !== undefined && { remains: DeletionPolicy.startsWith('Retain') }),
      },
    ]);
  return Object.fromEntries(compared);
}
