import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { describeCommands } from '../../cli/completion/describe.ts';
import { ALL_COMMANDS } from '../../cli/registry.ts';
import { optionsIn, runCommand } from '../support/process/commands.ts';

const COMMANDS = await describeCommands(ALL_COMMANDS);

let script: string;
beforeAll(async () => {
  script = (await runCommand('completion', ['bash'])).stdout;
});

/** Returns what bash completes after these words, the last of which is incomplete. */
function completed(...words: readonly string[]): readonly string[] {
  const program = `${script}
COMP_WORDS=(timescaledb-telemetry "$@"); COMP_CWORD=$#
_timescaledb_telemetry; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-c', program, 'bash', ...words], { encoding: 'utf8' });
  return output.split('\n').filter((line) => line !== '');
}

describe('in bash', () => {
  test('completes commands', () => {
    expect(completed('re')).toEqual(['report']);
    expect(completed('versions', '')).toEqual(['update', 'check']);
    expect(completed('')).toEqual(
      expect.arrayContaining(['report', 'versions', 'completion', '--help', '--version']),
    );
  });

  test('completes the values of options and arguments', () => {
    expect(completed('report', '--level', '')).toEqual(['off', 'no_functions', 'basic']);
    expect(completed('configure', 'dis')).toEqual(['disable']);
    expect(completed('report', '--tls-ca-file', 'package.js')).toEqual(['package.json']);
    expect(completed('report', '--endpoint', '')).toEqual([]);
  });

  test.each(COMMANDS.map(({ name }) => name))('completes every option of %s', async (name) => {
    const { stdout } = await runCommand(name, ['--help']);
    expect(completed(...name.split(' '), '--').toSorted()).toEqual(optionsIn(stdout).toSorted());
  });
});

/** Returns the options in the lines of a script that concern a command. */
function optionsOf(lines: readonly string[], pattern: RegExp): string[] {
  return lines.flatMap((line) => [...line.matchAll(pattern)].map(([, option = '']) => option));
}

test('has every option in the script for zsh', async () => {
  const lines = (await runCommand('completion', ['zsh'])).stdout.split('\n');
  for (const { name, options } of COMMANDS) {
    const own = lines.filter((line) => line.startsWith(`    '${name}') _arguments `));
    expect(own).toHaveLength(1);
    expect(optionsOf(own, /'(--[a-z-]+)\[/g)).toEqual(options.map(({ flag }) => flag));
  }
});

test('has every option in the script for fish', async () => {
  const lines = (await runCommand('completion', ['fish'])).stdout.split('\n');
  for (const { name, options } of COMMANDS) {
    const own = lines.filter((line) => line.includes(`-n '__timescaledb-telemetry_in ${name}'`));
    expect(optionsOf(own, / -l ([a-z-]+)/g)).toEqual(options.map(({ flag }) => flag.slice(2)));
  }
});

test('rejects an unknown shell', async () => {
  const { stdout, stderr, code } = await runCommand('completion', ['tcsh']);
  expect([stdout, code]).toEqual(['', 2]);
  expect(stderr).toContain('<shell> must be one of bash, zsh, fish\n');
});
