import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Code } from '../bundle/code-assets.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { addStacks } from './add-stacks.ts';

/** Creates all stacks of an environment. cdk-nag checks them in every synthesis. */
export function createStacks(app: App, environment: Environment, code: Code): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  addStacks(app, environment, code);
}
