import type { Command } from 'commander';
import type { CommandName } from './commands.ts';

/** Flags and description of an option of the CDK command. */
type CdkOption = readonly [flags: string, description: string];

const ALWAYS: readonly CdkOption[] = [
  ['--profile <name>', 'the AWS profile'],
  ['-r, --role-arn <arn>', 'the role that CloudFormation assumes'],
  ['-c, --context <key=value>', 'a value of the context; can be repeated'],
  ['-o, --output <dir>', 'the folder of the templates (default: cdk.out)'],
  ['--proxy <url>', 'the proxy to AWS'],
  ['--ca-bundle-path <file>', "the authorities of AWS's certificates"],
  ['--ci', 'write the log to standard output'],
  ['--strict', 'treat warnings of stacks as errors; with diff: compare everything'],
  ['-v, --verbose', 'show debug logs'],
  ['--debug', 'show more about errors'],
];

const EXCLUSIVELY: CdkOption = ['-e, --exclusively', 'only the named stacks'];
const CONCURRENCY: CdkOption = ['--concurrency <n>', 'number of stacks at a time'];
const IMPORT: CdkOption = ['--import-existing-resources', 'take over resources that exist'];

/** Options of CDK's commands that users of this project need often. All others follow `--`. */
const BY_COMMAND: Readonly<Record<CommandName, readonly CdkOption[]>> = {
  bootstrap: [
    ['--cloudformation-execution-policies <arn>', 'a policy of CloudFormation; can be repeated'],
    ['--custom-permissions-boundary <name>', 'the boundary of the roles of the bootstrap'],
    ['--trust <account>', 'an account that may deploy into this one; can be repeated'],
    ['--tags <key=value>', 'a tag of the stack; can be repeated'],
    ['--termination-protection', 'protect the stack of the bootstrap'],
    ['--show-template', 'print the template instead'],
    ['-f, --force', 'also downgrade the bootstrap'],
  ],
  synth: [EXCLUSIVELY],
  diff: [
    EXCLUSIVELY,
    IMPORT,
    ['--context-lines <n>', 'number of lines around a difference'],
    ['--fail', 'end with status 1 if there is a difference'],
    ['--security-only', 'show only changes of permissions'],
  ],
  deploy: [
    EXCLUSIVELY,
    CONCURRENCY,
    IMPORT,
    ['--require-approval <when>', 'never, any-change, broadening or destructive'],
    ['-m, --method <method>', 'how the change is made: direct, change-set or prepare-change-set'],
    ['--progress <mode>', 'bar, events or errors-only'],
    ['--no-rollback', 'keep the resources of a failed deployment'],
    ['-O, --outputs-file <file>', 'write the outputs of the stacks into this file'],
    ['-f, --force', 'deploy stacks without changes, too'],
  ],
  destroy: [EXCLUSIVELY, CONCURRENCY, ['-f, --force', 'do not ask']],
};

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Adds the options that a command passes on to the CDK command. */
export function addCdkOptions(command: Command, name: CommandName): Command {
  command.optionsGroup('Options for the CDK command; others follow --:');
  for (const [flags, description] of [...BY_COMMAND[name], ...ALWAYS]) {
    if (flags.includes('<')) command.option(flags, description, collect);
    else command.option(flags, description);
  }
  return command;
}

/** Returns the options for the CDK command that were given. */
export function cdkOptionsOf(parsed: Command, name: CommandName): readonly string[] {
  const flags = [...BY_COMMAND[name], ...ALWAYS].map(([text]) => text);
  return parsed.options.flatMap((option) => {
    const attribute = option.attributeName();
    const isGiven = parsed.getOptionValueSource(attribute) === 'cli';
    if (!isGiven || !flags.includes(option.flags)) return [];
    const long = option.long ?? '';
    const value: unknown = parsed.getOptionValue(attribute);
    return Array.isArray(value) ? value.flatMap((one) => [long, String(one)]) : [long];
  });
}
