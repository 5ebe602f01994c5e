import type { Json } from '../aws/intrinsics.ts';
import type { Resource } from '../aws/synthesis.ts';
import type { PlannedResource } from './plan.ts';
import { TRANSLATIONS } from './translations.ts';
import { toText, type Value } from './values.ts';

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
