import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CfnRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, inject, test } from 'vitest';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { rolesOf } from '../../support/aws/deployed-roles.ts';
import { aPerson, shippedPolicy } from '../../support/aws/policies.ts';
import { reachOf } from '../../support/aws/reach.ts';
import {
  ACCOUNT,
  aDatabase,
  checked,
  REGION,
  sharedCode,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const BOUNDARY_ARN = `arn:aws:iam::${ACCOUNT}:policy/timescaledb-telemetry-boundary`;

/** One database with every feature that needs permissions. */
const everything = {
  alarmTopic: `arn:aws:sns:${REGION}:${ACCOUNT}:alarms`,
  record: { kmsKey: '2a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9' },
  networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
  databases: [
    aDatabase('metrics', {
      kmsKey: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
      network: 'main',
      configure: { secret: 'fleet/administrator' },
    }),
  ],
};
const deployed = synthesise(checked(everything));

function boundariesIn({ resources }: typeof deployed): readonly unknown[] {
  return resources('AWS::IAM::Role').map(([, { Properties }]) => Properties['PermissionsBoundary']);
}

describe('every role has the boundary:', () => {
  test('an environment without the key sets the default boundary on each role', () => {
    expect(boundariesIn(deployed)).toEqual(Array(6).fill(BOUNDARY_ARN));
  });

  test.each(['dev', 'staging', 'prod'])('the fixture %s sets it on each role', async (name) => {
    const synthesis = await synthesiseFixture(name);
    const { account } = synthesis.environment.place;
    expect(new Set(boundariesIn(synthesis))).toEqual(
      new Set([BOUNDARY_ARN.replace(ACCOUNT, account)]),
    );
  });

  test('roles that CDK or other constructs add to a stack have it', () => {
    const app = new App({ outdir: join(inject('folder'), 'boundary'), analyticsReporting: false });
    createStacks(app, checked(everything), sharedCode());
    const [shared, databases] = app.node.children.filter(Stack.isStack);
    if (shared === undefined || databases === undefined) throw new Error('There are no stacks');
    new Role(shared, 'Added', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    new CfnRole(databases, 'Added', { assumeRolePolicyDocument: {} });
    for (const { template } of app.synth().stacks) {
      expect(template.Resources).toMatchObject(
        Object.fromEntries(
          Object.entries<{ Type: string }>(template.Resources)
            .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
            .map(([id]) => [id, { Properties: { PermissionsBoundary: BOUNDARY_ARN } }]),
        ),
      );
      expect(JSON.stringify(template)).toContain('Added');
    }
  });
});

describe('the key permissionsBoundary', () => {
  test.each([
    ['company-boundary', `arn:aws:iam::${ACCOUNT}:policy/company-boundary`],
    ['teams/data/boundary', `arn:aws:iam::${ACCOUNT}:policy/teams/data/boundary`],
    [
      `arn:aws:iam::${ACCOUNT}:policy/company-boundary`,
      `arn:aws:iam::${ACCOUNT}:policy/company-boundary`,
    ],
    ['arn:aws:iam::aws:policy/PowerUserAccess', 'arn:aws:iam::aws:policy/PowerUserAccess'],
  ])('resolves %s to %s', (permissionsBoundary, arn) => {
    const synthesis = synthesise(checked({ permissionsBoundary }));
    expect(new Set(boundariesIn(synthesis))).toEqual(new Set([arn]));
  });

  test('sets no boundary when it is null', () => {
    const synthesis = synthesise(checked({ permissionsBoundary: null }));
    expect(new Set(boundariesIn(synthesis))).toEqual(new Set([undefined]));
  });

  test.each([
    ['cn-north-1', `arn:aws-cn:iam::${ACCOUNT}:policy/timescaledb-telemetry-boundary`],
    ['us-gov-west-1', `arn:aws-us-gov:iam::${ACCOUNT}:policy/timescaledb-telemetry-boundary`],
  ])('defaults, in the region %s, to %s', (region, arn) => {
    expect(checked({ region }).permissionsBoundary).toBe(arn);
  });

  test.each([
    ['', 'must be the name or the ARN'],
    ['/company', 'must be the name or the ARN'],
    ['company boundary', 'must be the name or the ARN'],
    [`arn:aws:iam::${ACCOUNT}:role/company`, 'must be the name or the ARN'],
    [`\${AWS::AccountId}`, 'must be the name or the ARN'],
    ['arn:aws:iam::210987654321:policy/company', 'is a policy of account 210987654321'],
    [`arn:aws-cn:iam::${ACCOUNT}:policy/company`, 'in partition aws-cn'],
  ])('rejects %j', (permissionsBoundary, message) => {
    expect(() => checked({ permissionsBoundary })).toThrow(message);
  });
});

describe('the boundary', () => {
  test('allows the actions of all roles, and no others', () => {
    const boundary = aPerson('boundary', ACCOUNT, shippedPolicy('permissions-boundary.json'));
    const reached = new Set(rolesOf(deployed).all.flatMap(reachOf));
    expect(reachOf(boundary)).toEqual([...reached].toSorted());
  });
});
