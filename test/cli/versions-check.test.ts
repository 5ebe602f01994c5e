import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { optionsIn, runCommand } from '../support/process/commands.ts';
import { aRelease, SOURCE, someVersionData } from '../support/timescaledb/version-data.ts';

/** The day that is so many days ago, in UTC. */
function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

async function check(data: unknown, ...args: readonly string[]) {
  const file = join(await mkdtemp(join(inject('folder'), 'versions-')), 'timescaledb.json');
  await writeFile(file, typeof data === 'string' ? data : JSON.stringify(data));
  return { file, ...(await runCommand('versions check', ['--file', file, ...args])) };
}

/** What is printed, without blanks that align it. */
function linesOf({ stdout }: { readonly stdout: string }): readonly string[] {
  return stdout.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
}

const RELEASES = [
  ...someVersionData().releases,
  aRelease('2.10.0'),
  aRelease('2.10.1', { announced: true, source: SOURCE }),
];

test('prints the age and the figures of current data', async () => {
  const ended = await check(someVersionData({ asOf: daysAgo(7), releases: RELEASES }));
  expect([ended.stderr, ended.code]).toEqual(['', 0]);
  expect(linesOf(ended).filter((line) => line !== '')).toEqual([
    'timescaledb-telemetry · version data',
    `– file ${ended.file}`,
    `– as of ${daysAgo(7)}, 7 days ago`,
    '– releases 5; the newest is 2.10.0',
    '– announced 2.10.1',
    'Named in the notes of another release, but not known to be published.',
    '– entries 1 incompatibility, 1 failing update, 1 advisory, 1 note (security fixes for which no advisory was published)',
    '✔ result valid and current',
  ]);
});

describe('data is too old after 60 days:', () => {
  test.each([
    [0, 0],
    [60, 0],
    [61, 1],
    [400, 1],
  ])('%i days, exit status %i', async (days, status) => {
    const ended = await check(someVersionData({ asOf: daysAgo(days), releases: [...releases()] }));
    expect(ended.code).toBe(status);
    const problem = linesOf(ended).find((line) => line.startsWith('✖'));
    expect(problem).toEqual(
      status === 0
        ? undefined
        : '✖ problem The data is older than 60 days, so newer releases and advisories are unknown. Run npm run versions:update and look for new advisories.',
    );
  });

  /** Releases without days, which no age contradicts. */
  function releases() {
    return someVersionData().releases.map(({ date: _date, ...release }) => release);
  }
});

test('data of the future is a problem', async () => {
  const asOf = daysAgo(-2);
  const ended = await check(someVersionData({ asOf }));
  expect([linesOf(ended).at(-2), ended.code]).toEqual([
    `✖ problem asOf (${asOf}) is in the future.`,
    1,
  ]);
});

test('lists all problems of an invalid file', async () => {
  const ended = await check({
    ...someVersionData(),
    releases: [aRelease('2.0.0'), aRelease('2.0.0')],
    advisories: [],
  });
  expect(ended.code).toBe(1);
  expect(linesOf(ended)).toEqual(
    expect.arrayContaining([
      '✖ problem releases: 2.0.0 is listed twice.',
      '✖ problem jobs: fixed names 2.0.1, which is not in releases.',
      '✖ problem jobs: fixed names 2.1.1, which is not in releases.',
      '✖ problem failedUpdates: 2.0.1 is not in releases.',
      '✖ problem notes: 2.1.0 is not in releases.',
    ]),
  );
});

describe('--json prints one object', () => {
  test('of valid data', async () => {
    const ended = await check(someVersionData({ asOf: daysAgo(1), releases: RELEASES }), '--json');
    expect(ended.code).toBe(0);
    expect(JSON.parse(ended.stdout)).toEqual({
      file: ended.file,
      valid: true,
      asOf: daysAgo(1),
      ageInDays: 1,
      newestRelease: '2.10.0',
      releases: 5,
      announced: ['2.10.1'],
      incompatibilities: 1,
      failedUpdates: 1,
      advisories: 1,
      notes: 1,
      problems: [],
    });
  });

  test('of old data', async () => {
    const ended = await check(someVersionData({ asOf: '2026-01-01' }), '--json');
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      valid: true,
      problems: [expect.stringMatching(/^The data is older than 60 days/)],
    });
  });

  test('of invalid data', async () => {
    const ended = await check({ asOf: '2026-01-01' }, '--json');
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toEqual({
      file: ended.file,
      valid: false,
      problems: expect.arrayContaining([expect.stringMatching(/^releases: /)]),
    });
  });
});

test.each([
  ['{', /^\S+timescaledb\.json is not JSON: .*\nCorrect the file/],
  ['', /^\S+timescaledb\.json is not JSON: /],
])('a file with the text %j is no JSON', async (text, message) => {
  const { stderr, code } = await check(text);
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
});

test('a file that does not exist cannot be read', async () => {
  const file = join(inject('folder'), 'nowhere.json');
  const { stderr, code } = await runCommand('versions check', ['--file', file]);
  expect(stderr).toMatch(/^\S+nowhere\.json cannot be read: ENOENT/);
  expect(code).toBe(1);
});

test("checks this project's own file", async () => {
  const { stdout } = await runCommand('versions check', ['--json']);
  const result: unknown = JSON.parse(stdout);
  expect(result).toMatchObject({ valid: true });
});

test('--help lists the options', async () => {
  const { stdout, code } = await runCommand('versions check', ['--help']);
  expect([optionsIn(stdout), code]).toEqual([['--file', '--json', '--help'], 0]);
});
