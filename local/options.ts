import { parseArgs } from 'node:util';
import { isEndpoint, LOOPBACK } from '../lib/settings.ts';
import { LEVELS, type Level, SIZES, SOURCES, type Target } from '../lib/target.ts';

export const HELP = `
  npm start -- [options]

  Runs send-report once on this machine, on an embedded TimescaleDB, with a
  Secrets Manager and a telemetry endpoint on loopback: the bundle that would
  ship, in a process with Lambda's environment. Nothing leaves this machine.

    --level off|no_functions|basic  the target's levelWhenUnset (basic)
    --latest <version>              what the endpoint names as newest (2.30.1)
    --keep                          keep the embedded database in .local/, and
                                    use it again
    --json                          one JSON object instead of a page:
                                    npm start --silent -- --json
    --help                          this page

  On a server of your own it shows the consent and the report, and sends
  nothing unless you say --send:

    --database-url postgres://…     TLS is verified; plain text on loopback,
                                    unless the URL's sslmode asks for TLS
    --tls-server-name <name>        the name in the server's certificate, where
                                    it is not the URL's host (a tunnel)
    --level off|no_functions|basic  as above (off)
    --report-source catalog|function  plain SQL, or the server's own function,
                                    with its side effects: see the README
    --sizes exact|estimated         estimated opens no user relation
    --always                        show the report without consent, too
                                    (always by plain SQL)
    --send --endpoint <url>         run all of send-report, and send the report
                                    there if there is consent

  Exit status: 0 sent, shown or skipped; 1 failed; 2 wrong options
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
  | ({ readonly mode: 'preview'; readonly always: boolean } & OwnServer)
  | ({ readonly mode: 'send'; readonly endpoint: string } & OwnServer)
);

/** A server of the caller's. */
export interface OwnServer extends Pick<Target, 'reportSource' | 'sizes'> {
  readonly databaseUrl: string;
  readonly level: Level;
  readonly tlsServerName: string | undefined;
}

/** The command line cannot be understood; the message lists every problem. */
export class UsageError extends Error {
  override readonly name = 'UsageError' as const;
}

const OPTIONS = {
  level: { type: 'string' },
  latest: { type: 'string' },
  keep: { type: 'boolean' },
  'database-url': { type: 'string' },
  'tls-server-name': { type: 'string' },
  'report-source': { type: 'string' },
  sizes: { type: 'string' },
  always: { type: 'boolean' },
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

/** Whether a URL's host never leaves this machine. */
export function isOnLoopback(url: string): boolean {
  return URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

function problemsOf(values: Values): string[] {
  const url = values['database-url'];
  const isOwn = url !== undefined;
  const needsOwn = (
    ['send', 'always', 'tls-server-name', 'report-source', 'sizes'] as const
  ).filter((name) => !isOwn && values[name] !== undefined);
  const isNoneOf = (name: 'level' | 'report-source' | 'sizes', all: readonly string[]) =>
    [
      values[name] !== undefined && !all.includes(values[name]),
      `--${name} must be one of ${all.join(', ')}`,
    ] as const;
  const checks: readonly (readonly [boolean, string])[] = [
    isNoneOf('level', LEVELS),
    isNoneOf('report-source', SOURCES),
    isNoneOf('sizes', SIZES),
    [
      values['report-source'] === 'function' && values.sizes === 'estimated',
      '--sizes estimated opens no user relation, and --report-source function opens them all',
    ],
    [
      isOwn && !/^postgres(ql)?:\/\//.test(url),
      '--database-url must begin with postgres:// or postgresql://',
    ],
    [
      isOwn && /[?&]sslmode=disable(&|$)/.test(url) && !isOnLoopback(url),
      '--database-url: sslmode=disable is for loopback alone; everywhere else TLS is verified',
    ],
    [isOwn && values.latest !== undefined, '--latest is for the embedded endpoint'],
    [isOwn && values.keep === true, '--keep is for the embedded database'],
    [needsOwn.length > 0, `--${needsOwn.join(', --')}: only with --database-url`],
    [
      values.send === true && values.endpoint === undefined,
      '--send needs --endpoint: say where the report goes',
    ],
    [values.send !== true && values.endpoint !== undefined, '--endpoint needs --send'],
    [
      values.endpoint !== undefined && !isEndpoint(values.endpoint),
      '--endpoint must be an https:// URL (http:// on loopback only)',
    ],
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
  const own = {
    databaseUrl,
    level: chosen ?? 'off',
    tlsServerName: values['tls-server-name'],
    reportSource: SOURCES.find((source) => source === values['report-source']) ?? 'catalog',
    sizes: SIZES.find((sizes) => sizes === values.sizes) ?? 'exact',
  };
  return values.endpoint === undefined
    ? { json, mode: 'preview', always: values.always === true, ...own }
    : { json, mode: 'send', endpoint: values.endpoint, ...own };
}
