import type { CommandDefinition } from './command.ts';

/** A command of the program. */
export interface RegisteredCommand {
  /** A name of two words is a command of a command. */
  readonly name: string;
  /** Its line in the program's help. */
  readonly summary: string;
  /** Imports its module, only when it is called. */
  load(): Promise<{ readonly definition: CommandDefinition<unknown> }>;
}

/** The commands in the order of the program's help, by the headings of its groups. */
export const GROUPS: Readonly<Record<string, readonly RegisteredCommand[]>> = {
  'See what would be sent:': [
    {
      name: 'report',
      summary: 'show or send the report of a database',
      load: () => import('./commands/report.ts'),
    },
    {
      name: 'check',
      summary: 'check every stage of a run on a database, with remedies',
      load: () => import('./commands/check.ts'),
    },
    {
      name: 'fleet',
      summary: 'show one line for each database, or the page of the fleet',
      load: () => import('./commands/fleet.ts'),
    },
    {
      name: 'demo',
      summary: 'run send-report on an embedded TimescaleDB with demo data',
      load: () => import('./commands/demo.ts'),
    },
    {
      name: 'serve',
      summary: 'start that TimescaleDB, to try the other commands',
      load: () => import('./commands/serve.ts'),
    },
  ],
  'Prepare databases:': [
    {
      name: 'configure',
      summary: 'turn telemetry on or off in a database',
      load: () => import('./commands/configure.ts'),
    },
    {
      name: 'onboard',
      summary: 'print SQL, commands and environment for many databases',
      load: () => import('./commands/onboard.ts'),
    },
  ],
  'Deploy:': [
    {
      name: 'invoke',
      summary: 'invoke a deployed function',
      load: () => import('./commands/invoke.ts'),
    },
  ],
  'Version data:': [
    {
      name: 'versions update',
      summary: "update TimescaleDB's releases",
      load: () => import('./commands/versions-update.ts'),
    },
    {
      name: 'versions check',
      summary: 'check form, contradictions and age',
      load: () => import('./commands/versions-check.ts'),
    },
  ],
};

const BY_NAME: ReadonlyMap<string, RegisteredCommand> = new Map(
  Object.values(GROUPS).flatMap((commands) => commands.map((one) => [one.name, one])),
);

/** Finds the command that the first words name; undefined if none does. */
export function findCommand(
  words: readonly string[],
): { readonly found: RegisteredCommand; readonly rest: readonly string[] } | undefined {
  for (const length of [2, 1]) {
    const found = BY_NAME.get(words.slice(0, length).join(' '));
    if (found !== undefined) return { found, rest: words.slice(length) };
  }
  return undefined;
}
