import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { findCommand } from '../../cli/registry.ts';
import {
  allPages,
  type Page,
  parsePage,
  ROOT,
  readOwn,
  sectionsOf,
} from '../support/repo/pages.ts';

const packageSchema = z.object({ scripts: z.record(z.string(), z.string()) });
const { scripts: SCRIPTS } = packageSchema.parse(JSON.parse(readOwn('package.json')));
const CDK = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
const PAGES = allPages();
const CLI_SECTIONS = sectionsOf(parsePage('docs/cli.md', readOwn('docs/cli.md')));

/** Options of npm itself, which precede those of the script. */
const OPTIONS_OF_NPM = ['--silent'];

const PROGRAM = 'cli/main.ts';

/** The start of a command of the package's program, in place of a script. */
const NPX = 'npx timescaledb-telemetry ';

/** Scripts that pass options to the CDK command. */
const OF_CDK = ['bootstrap', 'synth', 'diff', 'deploy', 'destroy'];

/** Matches scripts in a text: `npm run report`, `npm run --silent report`, `npm start`, `npm test`. */
function scriptsIn(text: string): readonly string[] {
  const uses = text.matchAll(/\bnpm (?:run (?:-s |--silent )?([a-z][\w:-]*)|(start|test)\b)/g);
  return [...uses].map(([, run = '', other = '']) => run || other);
}

/** Matches commands of the package's program in a text, with the words before it. */
function packageCommandsIn(text: string): readonly string[] {
  const uses = text.matchAll(/\bnpx timescaledb-telemetry ((?:[a-z]+ ?)+)/g);
  return [...uses].map(([, words = '']) => {
    const { found } = findCommand(words.split(' ')) ?? {};
    return NPX + (found?.name ?? words);
  });
}

function optionsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);
}

function outputOf(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: ROOT }, (_error, stdout, stderr) =>
      resolve(`${stdout}\n${stderr}`),
    );
  });
}

/** Returns the options of a script by its `--help`; for a benchmark, which has no help, the options that it parses. */
async function readOptions(script: string): Promise<readonly string[]> {
  if (script.startsWith(NPX)) {
    const words = script.slice(NPX.length).split(' ');
    const [name = ''] = words;
    const passed = OF_CDK.includes(name) ? outputOf(CDK, [name, '--help']) : '';
    const outputs = await Promise.all([outputOf(PROGRAM, [...words, '--help']), passed]);
    return optionsIn(outputs.join('\n'));
  }
  const [, file, words = ''] =
    /^node (?:--\S+ )*(\S+\.ts) ?(.*)$/.exec(SCRIPTS[script] ?? '') ?? [];
  if (file === undefined) return [];
  const args = words.split(' ').filter((word) => word !== '');
  if (file.startsWith('bench/')) {
    const parsed = readOwn(file).matchAll(/([a-z][a-z-]*)'?: \{ type: '/g);
    return [...parsed].map(([, name]) => `--${name}`);
  }
  const own = outputOf(file, [...args, '--help']);
  const ofCdk = OF_CDK.includes(script) ? outputOf(CDK, [script, '--help']) : '';
  return optionsIn((await Promise.all([own, ofCdk])).join('\n'));
}

const known = new Map<string, Promise<readonly string[]>>();

function optionsOf(script: string): Promise<readonly string[]> {
  const options = known.get(script) ?? readOptions(script);
  known.set(script, options);
  return options;
}

/** Returns the commands of a page: shell commands and inline code, up to the next `&&` or `|`. */
function commandsOf({ shell, spans }: Page): readonly string[] {
  return [...shell, ...spans].flatMap((line) => line.split(/&&|\s\|\s/));
}

/** Returns the options that a text passes to a script and that the script does not have. */
async function unknownOptions(script: string, text: string): Promise<readonly string[]> {
  const options = optionsIn(text).filter((option) => !OPTIONS_OF_NPM.includes(option));
  if (options.length === 0) return [];
  const existing = await optionsOf(script);
  return options
    .filter((option) => !existing.includes(option))
    .map((option) => `${script} ${option}`);
}

describe.each(PAGES)('$path', (page) => {
  test('names only scripts of package.json', () => {
    const missing = scriptsIn(page.text).filter((script) => !(script in SCRIPTS));
    expect(missing).toEqual([]);
  });

  test('names only commands of the program', () => {
    const missing = packageCommandsIn(page.text)
      .map((command) => command.slice(NPX.length))
      .filter((name) => findCommand(name.split(' ')) === undefined);
    expect(missing).toEqual([]);
  });

  test('gives only options that exist to a command', async () => {
    const unknown = await Promise.all(
      commandsOf(page).flatMap((command) => {
        const [script] = [...scriptsIn(command), ...packageCommandsIn(command)];
        return script === undefined ? [] : [unknownOptions(script, command)];
      }),
    );
    expect(unknown.flat()).toEqual([]);
  });

  test('names only options that one of the commands has', async () => {
    const named = page.spans.filter((span) => span.startsWith('--')).flatMap(optionsIn);
    if (named.length === 0) return;
    const commands = [
      `${NPX}init`,
      'start',
      'serve',
      'report',
      'check',
      'fleet',
      'onboard',
      'configure',
      'invoke',
      'smoke',
      'release',
      'run',
      'versions:update',
      'versions:check',
      'deploy',
      'destroy',
      'bootstrap',
    ];
    const existing = (await Promise.all(commands.map(optionsOf))).flat();
    const missing = named.filter((option) => !existing.includes(option));
    expect(missing).toEqual([]);
  });
});

/** Connection options have a section of their own. */
const OF_THE_CONNECTION = ['--database-url', '--tls-server-name', '--tls-ca-file'];

const COMMANDS = [
  `${NPX}init`,
  `${NPX}completion`,
  'start',
  'serve',
  'report',
  'check',
  'fleet',
  'onboard',
  'configure',
  'invoke',
  'smoke',
  'run',
  'versions:update',
  'versions:check',
];

test.each(COMMANDS)(
  'docs/cli.md has every option of %s, and no other, in its section',
  async (script) => {
    const heading = script.startsWith(NPX) ? script.slice(NPX.length) : `npm run ${script}`;
    const section = CLI_SECTIONS.get(script === 'start' ? 'npm start' : heading) ?? '';
    const inTable = section
      .split('\n')
      .filter((line) => line.startsWith('| `--'))
      .flatMap((line) => optionsIn(line.split('|')[1] ?? ''));
    const options = new Set(await optionsOf(script));
    const inherited =
      script === 'invoke' ? (await optionsOf('configure')).filter((one) => one !== '--json') : [];
    const expected = [...options].filter(
      (option) =>
        ![...OF_THE_CONNECTION, ...inherited, ...OPTIONS_OF_NPM, '--help'].includes(option),
    );
    expect(inTable.toSorted()).toEqual(expected.toSorted());
  },
);

test('docs/cli.md has every connection option', () => {
  const section = CLI_SECTIONS.get('The connection') ?? '';
  expect(OF_THE_CONNECTION.filter((option) => !section.includes(`\`${option}\``))).toEqual([]);
});
