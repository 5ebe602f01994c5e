import type { Command } from 'commander';
import {
  addProblems,
  type CommandDefinition,
  choice,
  createCommand,
  EXIT,
  type ExitStatus,
  flag,
  oneOf,
} from '../command.ts';
import { type OnboardChoices, settlePasswords } from '../onboard/plan.ts';
import { environmentFile, roleStatements, secretCommands } from '../onboard/sections.ts';
import { groupByServer } from '../onboard/server.ts';
import { databasesOption, describeList, readDatabases } from '../options/databases.ts';
import { addPlaceOptions, checkPlace, type PlaceValues } from '../options/place.ts';
import { toPrintableLine } from '../output/terminal/printable.ts';
import { createTerminalReporter } from '../output/terminal/terminal.ts';

const PARTS = ['sql', 'secrets', 'environment'] as const;
type Part = (typeof PARTS)[number];

interface Values extends PlaceValues {
  readonly databases?: string;
  readonly sharedSecret?: true;
  readonly secrets?: string;
  readonly only?: string;
  readonly environment: string;
  readonly role: string;
}

interface Options {
  readonly databases: string;
  readonly choices: OnboardChoices;
  /** Prints this part alone, as it is. */
  readonly only: Part | undefined;
}

const command = addPlaceOptions(
  createCommand(
    'onboard',
    'Prints what is needed to report on the databases of a list: the SQL for the role on each server, the commands that create the secrets, and the file of an environment. Runs nothing.',
    `
Exit status: 0 success, 1 failure, or an entry of the list was left out,
2 wrong options.`,
  )
    .addOption(databasesOption())
    .addOption(flag('--shared-secret', 'one login and one secret for all databases'))
    .option(
      '--secrets <folder>',
      'generate passwords and write them into files of this folder, readable only by you; a file that exists keeps its password',
    )
    .option(
      '--environment <name>',
      'name of the environment, and first part of the names of the secrets',
      'prod',
    )
    .option('--role <name>', 'the login that reads the reports', 'telemetry_reporter'),
).addOption(choice('--only <part>', PARTS, 'print this part alone, for a file'));

function read(parsed: Command, problems: string[]): Options {
  const values = parsed.opts<Values>();
  const { databases = '', sharedSecret, secrets, environment, role, account, region } = values;
  addProblems(problems, [
    [databases === '', '--databases <file> is missing'],
    [secrets === '', '--secrets must be the name of a folder'],
    [
      !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,23}$/.test(environment),
      '--environment must be 1 to 24 letters, digits, dots, hyphens or underscores',
    ],
    [
      !/^[a-z_][a-z0-9_]{0,62}$/.test(role),
      '--role must be 1 to 63 lower-case letters, digits or underscores',
    ],
  ]);
  checkPlace(values, problems);
  return {
    databases,
    choices: {
      environment,
      role,
      isShared: sharedSecret === true,
      secretsFolder: secrets,
      account,
      region,
    },
    only: oneOf('--only', values.only, PARTS, problems),
  };
}

const HEADINGS: Readonly<Record<Part, string>> = {
  sql: '1. SQL for the role, once per server',
  secrets: '2. Commands that create the secrets',
  environment: '3. The environment',
};

async function perform({ databases: file, choices, only }: Options): Promise<ExitStatus> {
  const list = await readDatabases(file);
  const { servers, notes } = groupByServer(list.databases);
  const passwords =
    choices.secretsFolder === undefined ? undefined : await settlePasswords(servers, choices);
  const parts: Readonly<Record<Part, readonly string[]>> = {
    sql: servers.flatMap((server, index) => [
      ...(index === 0 ? [] : ['']),
      ...roleStatements(server, choices, passwords?.get(server)),
    ]),
    secrets: secretCommands(servers, choices),
    environment: environmentFile(servers, choices),
  };
  const all = [...list.notes, ...notes];
  if (only === undefined) {
    const reporter = createTerminalReporter(false);
    reporter.title(`timescaledb-telemetry · onboarding of ${describeList(file)}; nothing is run`);
    for (const part of PARTS) reporter.block(headingOf(part, choices), parts[part]);
    if (all.length > 0) reporter.heading('Notes');
    for (const note of all) reporter.line('▲', 'list', note);
  } else {
    process.stdout.write(parts[only].map((line) => `${line}\n`).join(''));
    for (const note of all) process.stderr.write(`${toPrintableLine(note)}\n`);
  }
  return notes.some((note) => note.startsWith('Left out: ')) ? EXIT.failed : EXIT.done;
}

function headingOf(part: Part, { environment }: OnboardChoices): string {
  return part === 'environment'
    ? `${HEADINGS[part]}: environments/${environment}.ts`
    : HEADINGS[part];
}

export const definition: CommandDefinition<Options> = { command, read, perform };
