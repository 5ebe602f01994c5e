import type { Command } from 'commander';
import type { Configured } from '../lib/configure/configure.ts';
import type { Examination } from '../lib/doctor/examination.ts';
import { check } from '../lib/input.ts';
import { functionName, type Purpose } from '../lib/names.ts';
import type { Outcome } from '../lib/outcome.ts';
import type { Preview } from '../lib/preview.ts';
import { nameSchema } from '../lib/target.ts';
import { addChangeOptions, type ChangeValues, readChange } from './change-options.ts';
import {
  addProblems,
  CommandError,
  createCommand,
  type ExitStatus,
  oneOf,
  runCommand,
} from './command-line.ts';
import { type DeployedFunction, invokeDeployed } from './deployed.ts';
import { createPage, type Page } from './page.ts';
import {
  finishConfigured,
  finishPreview,
  printJson,
  statusOf,
  statusOfExamination,
} from './results.ts';
import { showExamination, showOutcome } from './views.ts';

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
  readonly always?: true;
  readonly ignoreSchedule?: true;
  readonly json?: true;
}

interface Asked {
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

function read(parsed: Command, problems: string[]): Asked {
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
    },
    event: eventOf(known, action, values, problems),
    json: values.json === true,
  };
}

function hasKeys(value: unknown, keys: readonly string[]): value is object {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}

function isPreview(value: unknown): value is Preview {
  return hasKeys(value, ['consent', 'nextDue', 'notes', 'report', 'sha256', 'installedVersion']);
}

function isExamination(value: unknown): value is Examination {
  return hasKeys(value, ['stages', 'ok', 'sentence', 'consent']);
}

function isOutcome(value: unknown): value is Outcome {
  return hasKeys(value, ['outcome', 'message', 'durationMs']);
}

function isConfigured(value: unknown): value is Configured {
  return hasKeys(value, ['statements', 'notes', 'consent', 'dryRun']);
}

function unexpected(name: string): CommandError {
  return new CommandError(
    `${name} answered with something else than expected.`,
    'The deployed version may be another one than this: deploy the environment again, or use the version that deployed it.',
  );
}

function finish(page: Page, { what, deployed, json }: Asked, result: unknown): ExitStatus {
  if (what === 'report' && isPreview(result)) return finishPreview(page, result, json);
  if (what === 'check' && isExamination(result)) {
    if (json) printJson(result);
    showExamination(page, result);
    return statusOfExamination(result);
  }
  if (what === 'configure' && isConfigured(result)) return finishConfigured(page, result, json);
  if (what === 'send' && isOutcome(result)) {
    if (json) printJson(result);
    showOutcome(page, result, 'Secrets Manager');
    return statusOf(result);
  }
  throw unexpected(functionName(deployed.environment, deployed.database, deployed.purpose));
}

async function perform(asked: Asked): Promise<ExitStatus> {
  const { what, deployed, event, json } = asked;
  const { environment, database, purpose } = deployed;
  const page = createPage(json);
  page.title(`timescaledb-telemetry · ${what} of ${database} in ${environment}`);
  const result = await page.step(
    'function',
    'waiting for its answer',
    () => invokeDeployed(deployed, event),
    () => functionName(environment, database, purpose),
  );
  return finish(page, asked, result);
}

await runCommand<Asked>({ command, read, perform });
