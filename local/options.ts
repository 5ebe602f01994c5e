import { parseArgs } from 'node:util';
import { LEVELS, type Level } from '../lib/target.ts';

export const HELP = `
  npm start -- [options]

  Runs the main job once, on this machine: the bundle that would ship, in a process with Lambda's
  environment, on an embedded TimescaleDB, with a Secrets Manager and a telemetry endpoint on
  loopback. Nothing leaves this machine.

    --level off|no_functions|basic   the target's levelWhenUnset            (default: basic)
    --latest <version>               the newest version the endpoint names  (default: 2.30.1)
    --keep                           keep the embedded database in .local/ and use it again
    --json                           one JSON object instead of a page (npm start --silent -- --json)
    --help                           this page

  On a server of your own: shows the consent and the report, and sends nothing.

    --database-url postgres://…      TLS is verified; plain text only on loopback
    --level off|no_functions|basic   as above                               (default: off)
    --send --endpoint <url>          run the whole job, and send the report there

  Exit status: 0 sent, shown or skipped · 1 failed · 2 options that cannot be understood
`;

/** What the command line asks for. */
export type Options = { readonly json: boolean } & (
  | { readonly mode: 'help' }
  | {
      readonly mode: 'embedded';
      readonly level: Level;
      readonly latest: string;
      readonly keep: boolean;
    }
  | { readonly mode: 'preview'; readonly level: Level; readonly databaseUrl: string }
  | {
      readonly mode: 'send';
      readonly level: Level;
      readonly databaseUrl: string;
      readonly endpoint: string;
    }
);

/** The command line cannot be understood; the message lists every problem. */
export class UsageError extends Error {
  override readonly name = 'UsageError' as const;
}

const OPTIONS = {
  level: { type: 'string' },
  latest: { type: 'string' },
  keep: { type: 'boolean' },
  'database-url': { type: 'string' },
  send: { type: 'boolean' },
  endpoint: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

type Values = ReturnType<typeof parse>;

function problemsOf(values: Values): string[] {
  const isOwn = values['database-url'] !== undefined;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      values.level !== undefined && !LEVELS.some((level) => level === values.level),
      `--level must be one of ${LEVELS.join(', ')}`,
    ],
    [
      isOwn && values.latest !== undefined,
      '--latest is for the embedded endpoint, without --database-url',
    ],
    [isOwn && values.keep === true, '--keep is for the embedded database, without --database-url'],
    [
      !isOwn && values.send === true,
      '--send needs --database-url; the embedded run always sends, to loopback',
    ],
    [
      values.send === true && values.endpoint === undefined,
      '--send needs --endpoint: say where the report goes',
    ],
    [values.send !== true && values.endpoint !== undefined, '--endpoint needs --send'],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}

/**
 * The command line, parsed and checked.
 *
 * @throws UsageError with every problem at once
 */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  const json = values.json === true;
  if (values.help === true) return { json, mode: 'help' };
  const problems = problemsOf(values);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));

  const chosen = LEVELS.find((level) => level === values.level);
  const databaseUrl = values['database-url'];
  if (databaseUrl === undefined) {
    return {
      json,
      mode: 'embedded',
      level: chosen ?? 'basic',
      latest: values.latest ?? '2.30.1',
      keep: values.keep === true,
    };
  }
  const level = chosen ?? 'off';
  return values.endpoint === undefined
    ? { json, mode: 'preview', level, databaseUrl }
    : { json, mode: 'send', level, databaseUrl, endpoint: values.endpoint };
}
