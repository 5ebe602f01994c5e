import { Vpc } from 'aws-cdk-lib/aws-ec2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSingle, templateOf } from '../../support/aws/single-database.ts';
import type { Resource } from '../../support/aws/synthesis.ts';
import { type Resources, updateSteps } from '../../support/aws/update-steps.ts';

type Egress = 'vpc' | 'none';

const PROXY_PORT = 3_128;

function deployedWith(egress: Egress): Resources {
  const { Resources } = templateOf(
    createSingle((stack) => ({
      vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-0a1b2c3d',
        availabilityZones: ['a'],
        privateSubnetIds: ['subnet-0a1b2c3d'],
        isolatedSubnetIds: ['subnet-9a1b2c3d'],
      }),
      proxy: `http://proxy.example.com:${PROXY_PORT}`,
      egress,
    })),
  );
  return Resources as Resources;
}

const DEPLOYED: Readonly<Record<Egress, Resources>> = {
  vpc: deployedWith('vpc'),
  none: deployedWith('none'),
};

function functionIn(stack: Resources, description: RegExp): Resource | undefined {
  return Object.values(stack).find(
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Function' && description.test(String(Properties['Description'])),
  );
}

/** Returns the ports that the security groups of a function allow; undefined if it is not in the VPC. */
function portsOf(stack: Resources, function_: Resource): readonly number[] | undefined {
  const { SecurityGroupIds: groups } = Object(function_.Properties['VpcConfig']);
  if (!Array.isArray(groups)) return undefined;
  const ports = groups.flatMap(({ 'Fn::GetAtt': [id] }) => {
    const rules = stack[id]?.Properties['SecurityGroupEgress'];
    return (rules as readonly { readonly FromPort: number }[]).map(({ FromPort }) => FromPort);
  });
  return [...new Set(ports)];
}

/** Explains why a run of `send-report` would be lost with these resources; undefined if it would not. */
function problemOf(stack: Resources): string | undefined {
  const sender = functionIn(stack, /^Sends /);
  if (sender === undefined) return 'there is no send-report';
  const ports = portsOf(stack, sender);
  if (ports !== undefined) {
    const missing = [5_432, 443, PROXY_PORT].filter((port) => !ports.includes(port));
    return missing.length === 0 ? undefined : `send-report does not reach ${missing.join()}`;
  }
  const worker = functionIn(stack, /^Connects /);
  if (worker === undefined) return 'the worker does not exist';
  return portsOf(stack, worker)?.includes(5_432) === true ? undefined : 'no database';
}

describe.each<[from: Egress, to: Egress]>([
  ['vpc', 'none'],
  ['none', 'vpc'],
])('a deployment of a single database from egress %s to %s', (from, to) => {
  const [before, after] = [DEPLOYED[from], DEPLOYED[to]];

  test('changes no security group', () => {
    const groups = (stack: Resources) =>
      Object.entries(stack).filter(([, { Type }]) => Type.startsWith('AWS::EC2::SecurityGroup'));
    expect(groups(before)).toHaveLength(2);
    expect(groups(after)).toEqual(groups(before));
  });

  test('loses no run at any step, in whatever order CloudFormation updates', () => {
    const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    fc.assert(
      fc.property(fc.shuffledSubarray(ids, { minLength: ids.length }), (order) => {
        const steps = updateSteps(before, after, (id) => order.indexOf(id));
        expect(steps.length).toBeGreaterThan(6);
        expect(steps.map(problemOf).filter((problem) => problem !== undefined)).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
