import { describe, expect, test } from 'vitest';
import { isAllowed } from '../../support/aws/policies.ts';
import { logStreamArn, NETWORK_ACTIONS, READ } from '../../support/aws/requests.ts';
import { archive, at, fleet, OTHER_ACCOUNT, secretArn } from '../../support/aws/role-fixtures.ts';
import { REGION } from '../../support/aws/synthesis.ts';

/**
 * Requests with which Lambda creates and removes the interface of a function. An interface has no id before it exists, and
 * Lambda checks the other actions against all resources.
 */
const REQUESTS = [
  ['ec2:CreateNetworkInterface', at('ec2', 'network-interface/*')],
  ['ec2:CreateNetworkInterface', at('ec2', 'subnet/*')],
  ['ec2:CreateNetworkInterface', at('ec2', 'security-group/*')],
  ['ec2:CreateNetworkInterface', `arn:aws:ec2:${REGION}:${OTHER_ACCOUNT}:subnet/*`],
  ['ec2:CreateNetworkInterface', '*'],
  ['ec2:DeleteNetworkInterface', '*'],
  ['ec2:DeleteNetworkInterface', at('ec2', 'network-interface/eni-0a1b2c3d')],
  ['ec2:AssignPrivateIpAddresses', '*'],
  ['ec2:UnassignPrivateIpAddresses', '*'],
  ['ec2:DescribeNetworkInterfaces', '*'],
  ['ec2:DescribeSubnets', '*'],
] as const;

const all = [...fleet.functions, ...fleet.workers];
const inNetwork = all.filter((one) => one.inNetwork);

test('the tests of network interfaces include all actions that Lambda needs', () => {
  const actions = new Set(REQUESTS.map(([action]) => action));
  expect([...actions].toSorted()).toEqual(NETWORK_ACTIONS);
});

describe('a function in a VPC', () => {
  test.each(REQUESTS)('allows Lambda to call %s on %s', async (action, resource) => {
    for (const { role, title } of inNetwork) {
      expect(await isAllowed(role, { action, resource }), title).toBe(true);
    }
  });

  test.each(REQUESTS)('does not allow its own code to call %s on %s', async (action, resource) => {
    for (const { role, title, arn } of inNetwork) {
      const context = { 'lambda:SourceFunctionArn': arn };
      expect(await isAllowed(role, { action, resource, context }), title).toBe(false);
    }
  });

  test.each([
    ['attach an interface', 'ec2:AttachNetworkInterface', at('ec2', 'network-interface/*')],
    ['open inbound ports', 'ec2:AuthorizeSecurityGroupIngress', at('ec2', 'security-group/*')],
    ['start an instance', 'ec2:RunInstances', at('ec2', 'instance/*')],
  ])('may not %s', async (_, action, resource) => {
    for (const { role } of inNetwork) {
      expect(await isAllowed(role, { action, resource })).toBe(false);
    }
  });

  test('allows its own code to read its secret and to write its log', async () => {
    const context = { 'lambda:SourceFunctionArn': archive.arn };
    const resource = secretArn('fleet/metrics-archive');
    expect(await isAllowed(archive.role, { ...READ, resource, context })).toBe(true);
    expect(
      await isAllowed(archive.role, {
        action: 'logs:PutLogEvents',
        resource: logStreamArn('/timescaledb-telemetry/test/send-report'),
        context,
      }),
    ).toBe(true);
  });
});

test.each(REQUESTS)(
  'a function outside of every VPC does not allow %s on %s',
  async (action, resource) => {
    const outside = all.filter((one) => !one.inNetwork);
    expect(outside.length).toBeGreaterThan(0);
    for (const { role, title } of outside) {
      expect(await isAllowed(role, { action, resource }), title).toBe(false);
    }
  },
);
