import type { RegisteredCommand } from './command.ts';

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
      name: 'init',
      summary: 'create a folder to deploy from',
      load: () => import('./commands/init.ts'),
    },
    {
      name: 'bootstrap',
      summary: 'prepare account and region for CDK, once',
      load: async () => ({
        definition: (await import('./commands/cdk.ts')).cdkDefinition('bootstrap'),
      }),
    },
    {
      name: 'synth',
      summary: 'check an environment and write its templates',
      load: async () => ({
        definition: (await import('./commands/cdk.ts')).cdkDefinition('synth'),
      }),
    },
    {
      name: 'diff',
      summary: 'compare an environment with its deployed stacks',
      load: async () => ({ definition: (await import('./commands/cdk.ts')).cdkDefinition('diff') }),
    },
    {
      name: 'deploy',
      summary: 'deploy an environment',
      load: async () => ({
        definition: (await import('./commands/cdk.ts')).cdkDefinition('deploy'),
      }),
    },
    {
      name: 'destroy',
      summary: 'delete the stacks of an environment',
      load: async () => ({
        definition: (await import('./commands/cdk.ts')).cdkDefinition('destroy'),
      }),
    },
    {
      name: 'invoke',
      summary: 'invoke a deployed function',
      load: () => import('./commands/invoke.ts'),
    },
    {
      name: 'smoke',
      summary: 'try a deployment in your account, and delete it',
      load: () => import('./commands/smoke.ts'),
    },
    {
      name: 'run',
      summary: 'run send-report once outside Lambda: cron, systemd, Kubernetes',
      load: () => import('./commands/run.ts'),
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
  'Other:': [
    {
      name: 'completion',
      summary: 'print a completion script for bash, zsh or fish',
      load: async () => ({
        definition: (await import('./commands/completion.ts')).completionDefinition(ALL_COMMANDS),
      }),
    },
  ],
};

/** The commands in the same order. */
export const ALL_COMMANDS = Object.values(GROUPS).flat();

const BY_NAME = new Map(ALL_COMMANDS.map((command) => [command.name, command]));

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
