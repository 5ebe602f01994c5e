import type { StackProps } from 'aws-cdk-lib';
import { SERVICE } from '../lib/names.ts';
import type { Environment } from './model.ts';

/** What every stack has. CloudFormation hands the tags on to everything that can have some. */
export function stackProps({ place: { account, region, environment } }: Environment): StackProps {
  return {
    env: { account, region },
    tags: { project: SERVICE, environment },
  };
}
