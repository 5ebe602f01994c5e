import { expect, test } from 'vitest';
import { ALL_COMMANDS } from '../../cli/registry.ts';
import { VERSION } from '../../lib/product.ts';
import { runCommand } from '../support/process/commands.ts';
import { readOwn } from '../support/repo/pages.ts';

const NAMES = ALL_COMMANDS.map(({ name }) => name);
/** Commands that only the program of the package has. */
const WITHOUT_SCRIPT = ['completion', 'init'];
const HINT = '(timescaledb-telemetry --help lists the commands.)\n';

test('lists every command with --help', async () => {
  const { stdout, stderr, code } = await runCommand('', ['--help']);
  expect([stderr, code]).toEqual(['', 0]);
  expect(stdout).toMatch(/^Usage: timescaledb-telemetry <command> \[options\]\n/);
  for (const name of NAMES) {
    const [word = ''] = name.split(' ');
    expect(stdout).toMatch(new RegExp(`^  ${word} +\\w`, 'm'));
  }
});

test('lists the commands of versions with --help', async () => {
  const { stdout, code } = await runCommand('versions', ['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/\n {2}update +update.*\n {2}check +check/);
});

test('prints the version', async () => {
  const { stdout, stderr, code } = await runCommand('', ['--version']);
  expect([stdout, stderr, code]).toEqual([`${VERSION}\n`, '', 0]);
});

test('shows the help of a command with help <command>', async () => {
  const [long, short] = await Promise.all([
    runCommand('versions check', ['--help']),
    runCommand('help versions check', []),
  ]);
  expect(short).toEqual(long);
  expect(short.stdout).toContain('Usage: npm run versions:check -- [options]');
});

test.each([
  ['', []],
  ['versions', []],
])('ends with status 2 and the help on stderr without a command (%s)', async (command, args) => {
  const { stdout, stderr, code } = await runCommand(command, args);
  expect([stdout, code]).toEqual(['', 2]);
  expect(stderr).toMatch(/^Usage: timescaledb-telemetry/);
});

test.each([
  [['reprot'], "unknown command 'reprot' (Did you mean report?)\n"],
  [['versions', 'chekc'], "unknown command 'chekc' (Did you mean check?)\n"],
  [['--verbose=secret'], "unknown option '--verbose=…'\n"],
])('rejects %j', async (args, message) => {
  const { stdout, stderr, code } = await runCommand('', args);
  expect([stdout, stderr, code]).toEqual(['', message + HINT, 2]);
});

test('does not import the modules of commands that are not called', async () => {
  const loaded = await runCommand('', ['--help'], { NODE_DEBUG: 'esm' });
  expect(loaded.stderr).toContain('cli/registry.ts');
  expect(loaded.stderr).not.toContain('cli/commands/');
});

test('package.json has a script for every command, and no other', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readOwn('package.json'));
  const called = Object.values(scripts).flatMap((script) => {
    const [, words] = /^node cli\/main\.ts (.+)$/.exec(script) ?? [];
    return words === undefined ? [] : [words];
  });
  expect(called.toSorted()).toEqual(
    NAMES.filter((name) => !WITHOUT_SCRIPT.includes(name)).toSorted(),
  );
});
