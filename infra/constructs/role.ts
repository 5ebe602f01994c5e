import { Validations } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type Grant, policyOf, type Statement } from '../iam/policies.ts';
import { ROLE_PATH } from '../naming.ts';

function wildcardsOf({ Effect, Resource }: Statement): readonly string[] {
  if (Effect === 'Deny') return [];
  return [Resource].flat().filter((resource) => resource.includes('*'));
}

export interface RoleProps {
  readonly description: string;
  readonly trust: object;
  readonly grants: readonly Grant[];
  /** @default CloudFormation's choice */
  readonly roleName?: string;
}

/**
 * A role with its policy inline: one resource instead of two, there before whatever needs it, and gone with it. Why a
 * wildcard has to be is acknowledged where cdk-nag finds it; one without a reason ends the synthesis.
 */
export function createRole(
  scope: Construct,
  id: string,
  { description, trust, grants, roleName }: RoleProps,
): CfnRole {
  const role = new CfnRole(scope, id, {
    description,
    path: ROLE_PATH,
    assumeRolePolicyDocument: trust,
    policies: [{ policyName: 'inline', policyDocument: policyOf(grants) }],
    ...(roleName !== undefined && { roleName }),
  });
  for (const { statement, whyWildcard: reason } of grants) {
    if (reason === undefined) continue;
    for (const resource of wildcardsOf(statement)) {
      Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
    }
  }
  return role;
}
