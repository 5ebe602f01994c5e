import type { Command } from 'commander';
import type * as z from 'zod/mini';
import { environmentsFolder } from '../infra/config/folders.ts';
import { nameSchema } from '../lib/config/target.ts';
import { check } from '../lib/config/validate.ts';
import { functionName, type Purpose } from '../lib/naming.ts';
import { PRODUCT } from '../lib/product.ts';
import {
  addProblems,
  CommandError,
  createCommand,
  EXIT,
  type ExitStatus,
  oneOf,
  runCommand,
} from './command.ts';
import { type DeployedFunction, invokeDeployed } from './lambda-client.ts';
import { addChangeOptions, type ChangeValues, readChange } from './options/configure.ts';
import {
  finishConfigured,
  finishPreview,
  printJson,
  printReport,
  statusOfCheck,
  statusOfOutcome,
} from './output/finish.ts';
import { showCheck, showOutcome } from './output/render.ts';
import {
  bareReportSchema,
  checkSchema,
  checkStatusSchema,
  configuredSchema,
  outcomeSchema,
  outcomeStatusSchema,
  previewSchema,
} from './output/replies.ts';
import { createTerminalReporter, type TerminalReporter } from './output/terminal.ts';

const WHATS = ['report', 'check', 'send', 'configure'] as const;
type What = (typeof WHATS)[number];

const PURPOSES: Readonly<Record<What, Purpose>> = {
  report: 'get-report',
  // It has the way to the endpoint, and the role and the network of a scheduled run.
  check: 'send-report',
  send: 'send-report',
  configure: 'configure',
};

interface Values extends ChangeValues {
  readonly environments?: string;
  readonly always?: true;
  readonly ignoreSchedule?: true;
  readonly json?: true;
}

interface Options {
  readonly what: What;
  readonly deployed: DeployedFunction;
  readonly event: unknown;
  readonly json: boolean;
}

const command = addChangeOptions(
  createCommand(
    'run invoke',
    "Invokes one of a target's deployed functions, with the AWS credentials and the region of this shell (AWS_PROFILE, AWS_REGION), and shows what it returns.",
  )
    .argument('<environment>', "the target's environment")
    .argument('<database>', "the target's name")
    .argument('[function]', `${WHATS.join(', ')} (default: report)`)
    .argument('[action]', 'of configure: enable or disable')
    .option('--environments <dir>', 'the folder of the environments (default: environments)')
    .option('--json', 'the bare bytes of the report; else one JSON object')
    .optionsGroup('report:')
    .option('--always', 'show the report also without consent (always by plain SQL)')
    .optionsGroup('send:')
    .option('--ignore-schedule', 'send it also where the telemetry job is not due')
    .optionsGroup('configure:'),
);

/** Options that only one of the functions understands. */
const OPTIONS_OF: Readonly<Record<What, readonly (keyof Values)[]>> = {
  report: ['always'],
  check: [],
  send: ['ignoreSchedule'],
  configure: ['scope', 'role', 'inDatabase', 'level', 'job', 'scheduleInterval', 'apply'],
};

function checkOptionsFit(parsed: Command, what: What, problems: string[]): void {
  const given = Object.keys(parsed.opts());
  for (const other of WHATS) {
    const foreign = parsed.options.filter(
      (option) =>
        other !== what &&
        OPTIONS_OF[other].some((name) => name === option.attributeName()) &&
        given.includes(option.attributeName()),
    );
    const names = foreign.map(({ long }) => long);
    if (names.length > 0) problems.push(`${names.join(', ')}: only with ${other}`);
  }
}

function eventOf(
  what: What,
  action: string | undefined,
  values: Values,
  problems: string[],
): unknown {
  switch (what) {
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

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<Values>();
  const [environment, database, whatText, action] = parsed.args.filter(
    (arg) => !arg.startsWith('-'),
  );
  for (const [argument, name] of Object.entries({ environment, database })) {
    // commander has said of the others that they are missing.
    if (name !== undefined) check(`<${argument}>`, nameSchema, name, problems);
  }
  const what = whatText === undefined ? 'report' : oneOf('[function]', whatText, WHATS, problems);
  addProblems(problems, [
    [
      what !== undefined && what !== 'configure' && action !== undefined,
      `an action is of configure, and ${what} has none`,
    ],
  ]);
  const known = what ?? 'report';
  if (what !== undefined) checkOptionsFit(parsed, what, problems);
  return {
    what: known,
    deployed: {
      environment: environment ?? '',
      database: database ?? '',
      purpose: PURPOSES[known],
      folder: environmentsFolder(values.environments),
    },
    event: eventOf(known, action, values, problems),
    json: values.json === true,
  };
}

/** How many problems of a reply are told: enough to see what kind of reply it is. */
const MOST_PROBLEMS = 5;

/**
 * Parses what a function has returned.
 *
 * @throws CommandError with what is missing or different
 */
function parseReply<T>(
  { environment, database, purpose }: DeployedFunction,
  schema: z.ZodMiniType<T>,
  reply: unknown,
): T {
  const problems: string[] = [];
  const parsed = check('reply', schema, reply, problems);
  if (parsed !== undefined) return parsed;
  const more = problems.length - MOST_PROBLEMS;
  const told = [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`${more} more`] : [])];
  throw new CommandError(
    `${functionName(environment, database, purpose)} ran, and its reply is not one that ${PRODUCT} knows: ${told.join('; ')}.`,
    'Deploy the environment again, or use the version that deployed it. With --json the reply is printed as it is.',
  );
}

/** Prints a reply for programs: of a report its bare bytes, else all of it, also where the rest of it is not known. */
function finishJson({ what, deployed }: Options, reply: unknown): ExitStatus {
  if (what === 'report') {
    const bare = bareReportSchema.safeParse(reply);
    if (bare.success) return printReport(bare.data);
  }
  if (reply !== undefined) printJson(reply);
  switch (what) {
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

function finishPage(
  reporter: TerminalReporter,
  { what, deployed }: Options,
  reply: unknown,
): ExitStatus {
  switch (what) {
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
      return finishConfigured(reporter, parseReply(deployed, configuredSchema, reply), false);
  }
}

async function perform(options: Options): Promise<ExitStatus> {
  const { what, deployed, event, json } = options;
  const { environment, database, purpose } = deployed;
  const reporter = createTerminalReporter(json);
  reporter.title(`timescaledb-telemetry · ${what} of ${database} in ${environment}`);
  const reply = await reporter.step(
    'function',
    'waiting for its answer',
    () => invokeDeployed(deployed, event),
    () => functionName(environment, database, purpose),
  );
  return json ? finishJson(options, reply) : finishPage(reporter, options, reply);
}

await runCommand<Options>({ command, read, perform });
