/** A command of CDK for one environment. */
interface CdkCommand {
  readonly summary: string;
  /** Options that the CDK command always gets. */
  readonly always: readonly string[];
  /** Whether the command applies to all stacks when none is named. */
  readonly isForAllStacks: boolean;
  readonly needsCredentials: boolean;
}

export const COMMANDS = {
  bootstrap: {
    summary: "Prepares the environment's account and region for CDK deployments, once.",
    always: [],
    isForAllStacks: false,
    needsCredentials: true,
  },
  synth: {
    summary:
      'Checks an environment and writes its CloudFormation templates to cdk.out/. Needs no credentials and no network.',
    always: ['--quiet'],
    isForAllStacks: false,
    needsCredentials: false,
  },
  diff: {
    summary: 'Compares an environment with its deployed stacks.',
    always: [],
    isForAllStacks: false,
    needsCredentials: true,
  },
  deploy: {
    summary: 'Deploys an environment: all stacks unless some are named.',
    always: [],
    isForAllStacks: true,
    needsCredentials: true,
  },
  destroy: {
    summary: 'Deletes the stacks of an environment: all unless some are named. Log groups remain.',
    always: [],
    isForAllStacks: true,
    needsCredentials: true,
  },
} as const satisfies Readonly<Record<string, CdkCommand>>;
export type CommandName = keyof typeof COMMANDS;

/** The options of such a command. */
export interface DeployOptions {
  readonly environmentName: string;
  /** Absolute path of the folder of the environments. */
  readonly source: string;
  /** Stacks and options for the CDK command. */
  readonly rest: readonly string[];
}
