import type { Command } from 'commander';
import type * as z from 'zod/mini';
import { environmentsFolder } from '../../infra/config/folders.ts';
import { nameSchema } from '../../lib/config/target.ts';
import { check } from '../../lib/config/validate.ts';
import type { Purpose } from '../../lib/naming.ts';
import { PRODUCT } from '../../lib/product.ts';
import {
  addProblems,
  type CommandDefinition,
  CommandError,
  choiceArgument,
  createCommand,
  EXIT,
  type ExitStatus,
  oneOf,
} from '../command.ts';
import { checkTarget, type DeployedFunction, invokeDeployed, nameOf } from '../lambda-client.ts';
import {
  actionArgument,
  addChangeOptions,
  type ChangeValues,
  readChange,
} from '../options/configure.ts';
import {
  finishChange,
  finishPreview,
  printJson,
  printReport,
  statusOfCheck,
  statusOfOutcome,
} from '../output/finish.ts';
import {
  bareReportSchema,
  checkSchema,
  checkStatusSchema,
  configuredSchema,
  outcomeSchema,
  outcomeStatusSchema,
  previewSchema,
} from '../output/replies.ts';
import { showCheck } from '../output/results/show-check.ts';
import { showOutcome } from '../output/results/show-outcome.ts';
import { createTerminalReporter, type TerminalReporter } from '../output/terminal/terminal.ts';

const OPERATIONS = ['report', 'check', 'send', 'configure'] as const;
type Operation = (typeof OPERATIONS)[number];

const PURPOSES: Readonly<Record<Operation, Purpose>> = {
  report: 'get-report',
  // It has the role and the network of a scheduled run, and its access to the endpoint.
  check: 'send-report',
  send: 'send-report',
  configure: 'configure',
};

interface Values extends ChangeValues {
  readonly environments?: string;
  readonly function?: string;
  readonly always?: true;
  readonly ignoreSchedule?: true;
  readonly json?: true;
}

interface Options {
  readonly operation: Operation;
  readonly deployed: DeployedFunction;
  readonly event: unknown;
  readonly json: boolean;
}

const command = addChangeOptions(
  createCommand(
    'invoke',
    "Invokes a deployed function of a database and shows its result, with this shell's AWS credentials and region (AWS_PROFILE, AWS_REGION).",
  )
    .argument('[environment]', 'the name of the environment')
    .argument('[database]', 'the name of the database in that environment')
    .addArgument(choiceArgument('[function]', OPERATIONS, 'the function to invoke', 'report'))
    .addArgument(actionArgument('[action]'))
    .option('--environments <dir>', 'the folder of the environments (default: environments)')
    .option(
      '--function <name>',
      'name or ARN of the function, instead of environment and database: for a database outside of an environment',
    )
    .option('--json', 'print the bare bytes of the report, or one JSON object of the others')
    .optionsGroup('report:')
    .option('--always', 'show the report even without consent (always by plain SQL)')
    .optionsGroup('send:')
    .option('--ignore-schedule', 'send even when the telemetry job is not due')
    .optionsGroup('configure:'),
);

/** The options that only one of the functions has. */
const OPTIONS_OF: Readonly<Record<Operation, readonly (keyof Values)[]>> = {
  report: ['always'],
  check: [],
  send: ['ignoreSchedule'],
  configure: ['scope', 'role', 'inDatabase', 'level', 'job', 'scheduleInterval', 'apply'],
};

function checkOptionsFit(parsed: Command, operation: Operation, problems: string[]): void {
  const given = Object.keys(parsed.opts());
  for (const other of OPERATIONS) {
    const foreign = parsed.options.filter(
      (option) =>
        other !== operation &&
        OPTIONS_OF[other].some((name) => name === option.attributeName()) &&
        given.includes(option.attributeName()),
    );
    const names = foreign.map(({ long }) => long);
    if (names.length > 0) problems.push(`${names.join(', ')}: only with ${other}`);
  }
}

function eventOf(
  operation: Operation,
  action: string | undefined,
  values: Values,
  problems: string[],
): unknown {
  switch (operation) {
    case 'report':
      return { alwaysDisplayReport: values.always === true };
    case 'check':
      return { check: true };
    case 'send':
      return { ignoreSchedule: values.ignoreSchedule === true };
    case 'configure':
      if (action === undefined) problems.push('configure needs an action: enable or disable');
      return readChange(action, values, problems);
  }
}

/** The name of a function, or its ARN, each with or without a version. */
const FUNCTION_ID =
  /^(arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,64}(:[\w$-]{1,128})?$/;

/** Arguments of the command. */
interface Arguments {
  readonly environment?: string | undefined;
  readonly database?: string | undefined;
  readonly operationText?: string | undefined;
  readonly action?: string | undefined;
}

/** Reads the arguments, which begin with the names unless the function is named by an option. */
function readArguments(
  parsed: Command,
  functionId: string | undefined,
  problems: string[],
): Arguments {
  const args = parsed.args.filter((arg) => !arg.startsWith('-'));
  if (functionId !== undefined) {
    const [operationText, action, ...more] = args;
    addProblems(problems, [
      [!FUNCTION_ID.test(functionId), '--function must be the name or ARN of a function'],
      [more.length > 0, 'an environment and a database are only without --function'],
    ]);
    return { operationText, action };
  }
  const [environment, database, operationText, action] = args;
  addProblems(problems, [
    [environment === undefined, 'an environment and a database are missing, or --function'],
    [environment !== undefined && database === undefined, 'a database is missing'],
  ]);
  for (const [argument, name] of Object.entries({ environment, database })) {
    if (name !== undefined) check(`<${argument}>`, nameSchema, name, problems);
  }
  return { environment, database, operationText, action };
}

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<Values>();
  const { function: functionId } = values;
  const { environment, database, operationText, action } = readArguments(
    parsed,
    functionId,
    problems,
  );
  const operation =
    operationText === undefined
      ? 'report'
      : oneOf('[function]', operationText, OPERATIONS, problems);
  addProblems(problems, [
    [
      operation !== undefined && operation !== 'configure' && action !== undefined,
      `an action is only for configure, not for ${operation}`,
    ],
  ]);
  const known = operation ?? 'report';
  if (operation !== undefined) checkOptionsFit(parsed, operation, problems);
  return {
    operation: known,
    deployed:
      functionId === undefined
        ? {
            environment: environment ?? '',
            database: database ?? '',
            purpose: PURPOSES[known],
            folder: environmentsFolder(values.environments),
          }
        : { functionId, purpose: PURPOSES[known] },
    event: eventOf(known, action, values, problems),
    json: values.json === true,
  };
}

/** Limit of the problems of a reply that are shown. */
const MAX_PROBLEMS = 5;

/**
 * Parses the result of a function.
 *
 * @throws CommandError with the problems of the reply
 */
function parseReply<T>(deployed: DeployedFunction, schema: z.ZodMiniType<T>, reply: unknown): T {
  const problems: string[] = [];
  const parsed = check('reply', schema, reply, problems);
  if (parsed !== undefined) return parsed;
  const more = problems.length - MAX_PROBLEMS;
  const shown = [...problems.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`${more} more`] : [])];
  throw new CommandError(
    `${nameOf(deployed)} ran, but ${PRODUCT} does not know its reply: ${shown.join('; ')}.`,
    'functionId' in deployed
      ? `Check that this is the function ${deployed.purpose}, of this version. Use --json to print the reply unchanged.`
      : 'Deploy the environment again, or use the version that deployed it. Use --json to print the reply unchanged.',
  );
}

/** Prints a reply for programs: the bare bytes of a report, or else the whole reply, even when parts of it are not known. */
function finishJson({ operation, deployed }: Options, reply: unknown): ExitStatus {
  if (operation === 'report') {
    const bare = bareReportSchema.safeParse(reply);
    if (bare.success) return printReport(bare.data);
  }
  if (reply !== undefined) printJson(reply);
  switch (operation) {
    case 'report':
      return printReport(parseReply(deployed, bareReportSchema, reply));
    case 'check':
      return statusOfCheck(parseReply(deployed, checkStatusSchema, reply));
    case 'send':
      return statusOfOutcome(parseReply(deployed, outcomeStatusSchema, reply));
    case 'configure':
      parseReply(deployed, configuredSchema, reply);
      return EXIT.done;
  }
}

function finishForTerminal(
  reporter: TerminalReporter,
  { operation, deployed }: Options,
  reply: unknown,
): ExitStatus {
  switch (operation) {
    case 'report':
      return finishPreview(reporter, parseReply(deployed, previewSchema, reply), false);
    case 'check': {
      const checked = parseReply(deployed, checkSchema, reply);
      showCheck(reporter, checked);
      return statusOfCheck(checked);
    }
    case 'send': {
      const outcome = parseReply(deployed, outcomeSchema, reply);
      showOutcome(reporter, outcome, 'Secrets Manager');
      return statusOfOutcome(outcome);
    }
    case 'configure':
      return finishChange(reporter, parseReply(deployed, configuredSchema, reply), false);
  }
}

async function perform(options: Options): Promise<ExitStatus> {
  const { operation, deployed, event, json } = options;
  await checkTarget(deployed);
  const reporter = createTerminalReporter(json);
  const subject =
    'functionId' in deployed
      ? `by ${deployed.functionId}`
      : `of ${deployed.database} in ${deployed.environment}`;
  reporter.title(`timescaledb-telemetry · ${operation} ${subject}`);
  const reply = await reporter.step(
    'function',
    'waiting for its result',
    () => invokeDeployed(deployed, event),
    () => nameOf(deployed),
  );
  return json ? finishJson(options, reply) : finishForTerminal(reporter, options, reply);
}

export const definition: CommandDefinition<Options> = { command, read, perform };
