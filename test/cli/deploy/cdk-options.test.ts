import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { cdkDefinition } from '../../../cli/commands/cdk.ts';
import { COMMANDS, type CommandName } from '../../../cli/deploy/commands.ts';

const CDK = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');
const NAMES: readonly CommandName[] = ['bootstrap', 'synth', 'diff', 'deploy', 'destroy'];

/** Parses the arguments of a command; returns what the CDK command gets, or the message of the problem. */
function passedOn(name: CommandName, args: readonly string[]): readonly string[] | string {
  const { command, read } = cdkDefinition(name);
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.message;
  }
  return read(command, []).rest;
}

test('NAMES has every command', () => {
  expect(NAMES.toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
});

describe.each(NAMES)('%s', (name) => {
  test('rejects options that do not exist', () => {
    expect(passedOn(name, ['prod', '--bogus'])).toBe("error: unknown option '--bogus'");
    expect(passedOn(name, ['prod', '--enviroments', '../other'])).toBe(
      "error: unknown option '--enviroments'\n(Did you mean --environments?)",
    );
  });

  test('passes on stacks, and all options after --', () => {
    const args = ['prod', 'one', '--environments', '../other', 'two', '--', '--bogus', '-x', 'y'];
    expect(passedOn(name, args)).toEqual(['one', 'two', '--bogus', '-x', 'y']);
    expect(passedOn(name, ['prod', '--', '--profile', 'ours'])).toEqual(['--profile', 'ours']);
  });

  test('passes on options with their values', () => {
    const args = ['prod', '--profile=ours', '-c', 'a=1', '--verbose', '--context', 'b=2'];
    expect(passedOn(name, args)).toEqual([
      ...['--profile', 'ours', '--context', 'a=1', '--context', 'b=2', '--verbose'],
    ]);
  });

  test('has only options of the CDK command', async () => {
    const { stdout: help } = await promisify(execFile)(process.execPath, [CDK, name, '--help']);
    const { command } = cdkDefinition(name);
    const options = command.options.filter(({ long }) => long !== '--environments');
    expect(options.length).toBeGreaterThan(5);
    for (const { short, long = '' } of options) {
      const own = long.replace(/^--no-/, '--');
      expect(help).toMatch(
        new RegExp(`^ +${own}${short === undefined ? '' : `, ${short}`}\\b`, 'm'),
      );
    }
  });
});

test.each<[CommandName, readonly string[]]>([
  ['deploy', ['--concurrency', '8', '--require-approval', 'never']],
  ['deploy', ['--exclusively']],
  ['deploy', ['--import-existing-resources', '--no-rollback']],
  ['destroy', ['--force']],
  [
    'bootstrap',
    [
      ...['--cloudformation-execution-policies', 'arn:aws:iam::1:policy/a'],
      ...['--cloudformation-execution-policies', 'arn:aws:iam::1:policy/b'],
      ...['--custom-permissions-boundary', 'company-boundary'],
    ],
  ],
])('%s passes on %j unchanged', (name, args) => {
  expect(passedOn(name, ['prod', ...args])).toEqual(args);
});
