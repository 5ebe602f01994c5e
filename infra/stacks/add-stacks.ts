import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Code } from '../bundle/code-assets.ts';
import { figuresOf, quotaWarnings } from '../config/quotas.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { settingWarnings } from '../config/warnings.ts';
import { DatabaseStack } from './database-stack.ts';
import { SharedStack } from './shared-stack.ts';

/** Context key of CDK for the qualifier of the bootstrap. */
const QUALIFIER = '@aws-cdk/core:bootstrapQualifier';

/** The stacks of an environment. */
export interface EnvironmentStacks {
  readonly shared: SharedStack;
  /** The stacks of the databases; the first has the number 1. */
  readonly databases: readonly DatabaseStack[];
}

/**
 * Adds all stacks of an environment to an app or a construct without children: the shared one, then those of the databases, which
 * depend on it.
 */
export function addStacks(
  scope: Construct,
  environment: Environment,
  code: Code,
): EnvironmentStacks {
  const { bootstrapQualifier } = environment;
  if (bootstrapQualifier !== undefined) scope.node.setContext(QUALIFIER, bootstrapQualifier);
  const shared = new SharedStack(scope, environment, code);
  const databases = Array.from({ length: environment.stacks }, (_, index) => {
    const stack = new DatabaseStack(scope, { environment, stack: index + 1, code });
    stack.addStackDependency(shared);
    return stack;
  });
  const warnings = [
    ...settingWarnings(environment),
    ...quotaWarnings(figuresOf(environment, code.largestBytes)),
  ];
  for (const [index, warning] of warnings.entries()) {
    Annotations.of(shared).addWarningV2(`timescaledb-telemetry:${index}`, warning);
  }
  return { shared, databases };
}
