import { PermissionsBoundary, type StackProps } from 'aws-cdk-lib';
import { SERVICE } from '../../lib/naming.ts';
import type { Environment } from '../config/resolved-environment.ts';

/**
 * Properties of every stack. CloudFormation hands the tags on to every resource that can have tags; CDK sets the
 * boundary on every role of the stack, also on one that CDK itself would add.
 */
export function stackProps({ place, permissionsBoundary }: Environment): StackProps {
  const { account, region, environment } = place;
  return {
    env: { account, region },
    tags: { project: SERVICE, environment },
    ...(permissionsBoundary !== undefined && {
      permissionsBoundary: PermissionsBoundary.fromArn(permissionsBoundary),
    }),
  };
}
