import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { createDatabase } from '../support/postgres/databases.ts';
import { type Ended, PROGRAM, variablesOf } from '../support/process/commands.ts';

const REASON = (code: string): string =>
  `Standard output could not be written (${code}). The command goes on, but its output is incomplete.\nFree space on the disk of the output, or write it elsewhere.\n`;

/** Runs a command of the program in a shell script, whose `"$@"` it is. */
function runIn(
  script: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const env = { PATH: process.env['PATH'], HOME: inject('folder'), ...variables };
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const child = execFile(
    'bash',
    ['-c', script, 'bash', process.execPath, PROGRAM, ...args],
    { env },
    (_error, stdout, stderr) => resolve({ stdout, stderr, code: child.exitCode ?? -1 }),
  );
  return promise;
}

function newFolder(): Promise<string> {
  return mkdtemp(join(inject('folder'), 'full-'));
}

test.each([
  [['--help'], 1],
  [['versions', 'check'], 1],
  [['check', '--database-url', 'postgres://reporter:unused@127.0.0.1:1/none'], 1],
])('%j says that the disk is full, without a stack trace', async (args, code) => {
  expect(await runIn('"$@" > /dev/full', args)).toEqual({
    stdout: '',
    stderr: REASON('ENOSPC'),
    code,
  });
  expect(await runIn('"$@" > /dev/full 2>&1', args)).toEqual({ stdout: '', stderr: '', code });
});

test('a full standard error changes no status', async () => {
  const args = ['versions', 'check'];
  expect(await runIn('"$@" 2> /dev/full', args)).toMatchObject({ code: 0 });
  expect(await runIn('"$@" 2> /dev/full', [...args, '--bogus'])).toMatchObject({ code: 2 });
});

test('notices a text of which the disk takes only the first part', async () => {
  const file = join(await newFolder(), 'help');
  const { stderr, code } = await runIn(`ulimit -f 1; "$@" > '${file}'`, ['--help']);
  expect([stderr, code]).toEqual([REASON('EFBIG'), 1]);
});

test('writes a file in full', async () => {
  const file = join(await newFolder(), 'help');
  const script = `echo first > '${file}'; "$@" >> '${file}'`;
  expect(await runIn(script, ['--help'])).toEqual({ stdout: '', stderr: '', code: 0 });
  const { stdout } = await runIn('"$@" | cat', ['--help']);
  expect(await readFile(file, 'utf8')).toBe(`first\n${stdout}`);
});

test('run writes its line to standard error, and no scheduler sends the report again', async () => {
  await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
  await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'));
  const file = join(await newFolder(), 'target.json');
  const target = {
    ...{ name: 'metrics', environment: 'test', tls: { mode: 'disable' } },
    delivery: { endpoint: endpoint.url + ENDPOINT_PATH },
  };
  await writeFile(file, JSON.stringify(target));
  const args = ['run', '--target', file, '--ignore-schedule'];
  const { stderr, code } = await runIn('"$@" > /dev/full', args, variablesOf(database));
  const [line = '', ...reason] = stderr.split(/(?<=\n)/);
  expect(JSON.parse(line)).toMatchObject({ outcome: 'sent', receipt: { status: 200 } });
  expect([reason.join(''), code]).toEqual([REASON('ENOSPC'), 1]);
  expect(endpoint.reports).toHaveLength(1);
});

test.each([
  [
    'a refused connection',
    { host: '127.0.0.1', port: 1 },
    { PGUSER: 'reporter', PGDATABASE: 'none' },
    75,
  ],
  ['an invalid target file', { unknown: 1 }, {}, 2],
])('run keeps its status for %s', async (_fault, keys, variables, code) => {
  const file = join(await newFolder(), 'target.json');
  const target = { name: 'metrics', environment: 'test', tls: { mode: 'disable' }, ...keys };
  await writeFile(file, JSON.stringify(target));
  const script = '"$@" > /dev/full';
  expect(await runIn(script, ['run', '--target', file], variables)).toMatchObject({ code });
});
