import { PermissionsBoundary, type StackProps } from 'aws-cdk-lib';
import { SERVICE } from '../../lib/naming.ts';
import type { Environment } from '../config/resolved-environment.ts';

/**
 * Returns the properties of every stack. Its name is set, because CDK would derive another inside of a construct. CloudFormation
 * applies the tags to all resources that support them; CDK sets the boundary on every role of the stack, including roles that CDK
 * itself adds.
 */
export function stackProps(
  stackName: string,
  { place, permissionsBoundary }: Environment,
): StackProps {
  const { account, region, environment } = place;
  return {
    stackName,
    env: { account, region },
    tags: { project: SERVICE, environment },
    ...(permissionsBoundary !== undefined && {
      permissionsBoundary: PermissionsBoundary.fromArn(permissionsBoundary),
    }),
  };
}
