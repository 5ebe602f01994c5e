import { Annotations, type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Code } from '../bundle/code-assets.ts';
import { figuresOf, quotaWarnings } from '../config/quotas.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { settingWarnings } from '../config/warnings.ts';
import { DatabaseStack } from './database-stack.ts';
import { SharedStack } from './shared-stack.ts';

/** Context key of CDK for the qualifier of the bootstrap. */
const QUALIFIER = '@aws-cdk/core:bootstrapQualifier';

/**
 * Creates all stacks of an environment: the shared one, then those of the databases, which depend on it. cdk-nag checks them
 * in every synthesis.
 */
export function createStacks(app: App, environment: Environment, code: Code): void {
  const { bootstrapQualifier } = environment;
  if (bootstrapQualifier !== undefined) app.node.setContext(QUALIFIER, bootstrapQualifier);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const shared = new SharedStack(app, environment, code);
  for (let stack = 1; stack <= environment.stacks; stack += 1) {
    new DatabaseStack(app, { environment, stack, code }).addStackDependency(shared);
  }
  const warnings = [
    ...settingWarnings(environment),
    ...quotaWarnings(figuresOf(environment, code.largestBytes)),
  ];
  for (const [index, warning] of warnings.entries()) {
    Annotations.of(shared).addWarningV2(`timescaledb-telemetry:${index}`, warning);
  }
}
