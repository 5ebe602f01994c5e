import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { runCommand } from '../support/process/commands.ts';
import { createRepository, runGit } from '../support/timescaledb/repository.ts';
import { aRelease, someVersionData } from '../support/timescaledb/version-data.ts';
import { fileWith, repositoryWith, tag, update } from '../support/timescaledb/version-updates.ts';

describe('leaves the file as it is, and says what is wrong, for', () => {
  /** Each makes a value of --repository. */
  test.each<[what: string, make: () => Promise<string>, message: RegExp]>([
    [
      'a folder that does not exist',
      async () => join(inject('folder'), 'nowhere'),
      /^git rev-parse failed: fatal: cannot change to '.*nowhere'/,
    ],
    [
      'a folder that is no repository',
      () => mkdtemp(join(inject('folder'), 'no-repository-')),
      /^git rev-parse failed: fatal: not a git repository/,
    ],
    [
      'a transport that runs a command',
      async () => `ext::touch ${inject('folder')}/touched`,
      /^git rev-parse failed: fatal: cannot change to/,
    ],
    [
      'another project',
      () => createRepository([tag('v1.0.0', '18')], {}),
      /^The repository has no tag of a TimescaleDB release\.$/m,
    ],
    [
      'another project with such tags',
      () => createRepository([{ name: '1.2.3', files: { 'README.md': 'hello' } }], {}),
      /^The tag 1\.2\.3 has no CMakeLists\.txt\.$/m,
    ],
    [
      'a build file that names the majors in another form',
      () => repositoryWith([tag('2.2.0', 'from 17 on')]),
      /^The tag 2\.2\.0 has a CMakeLists\.txt that does not name the PostgreSQL versions in a known form\.$/m,
    ],
    [
      'a release of the future',
      () => repositoryWith([tag('2.2.0', '18')], ['2.2.0 (2999-01-01)']),
      /^The updated data is invalid, and nothing was written: releases: 2\.2\.0 is of 2999-01-01, which is later than asOf/m,
    ],
    [
      'a shallow clone without tags',
      async () => {
        const clone = await mkdtemp(join(inject('folder'), 'shallow-'));
        const repository = await repositoryWith([]);
        runGit(clone, 'clone', '--quiet', '--depth=1', `file://${repository}`, '.');
        return clone;
      },
      /^The repository has no tag of a TimescaleDB release\.\nGive --repository a clone .* with all tags \(git fetch --tags\), or that URL\.$/m,
    ],
  ])('%s', async (_what, make, message) => {
    const updated = await update(await make());
    expect(updated.stderr).toMatch(message);
    expect([updated.code, updated.after]).toEqual([1, updated.before]);
  });

  test.each([
    ['that is not JSON', '{', /timescaledb\.json is not JSON: /],
    ['of another form', '{}', /is invalid, and nothing was written: asOf: .*; releases: /],
    [
      'with a contradiction',
      JSON.stringify(someVersionData({ releases: [aRelease('2.0.0'), aRelease('2.0.0')] })),
      /is invalid, and nothing was written: releases: 2\.0\.0 is listed twice; /,
    ],
  ])('a file %s', async (_what, text, message) => {
    const updated = await update(await repositoryWith([]), text);
    expect(updated.stderr).toMatch(message);
    expect([updated.code, updated.after]).toEqual([1, text]);
  });

  test('a machine without git', async () => {
    const file = await fileWith(someVersionData());
    const options = ['--repository', inject('folder'), '--file', file];
    const { stderr, code } = await runCommand('versions update', options, { PATH: '/nowhere' });
    expect([stderr, code]).toEqual([
      'git was not found.\nInstall git, or add its folder to PATH.\n',
      1,
    ]);
  });
});

describe('wrong options:', () => {
  test.each<[args: readonly string[], problem: string]>([
    [[], "required option '--repository <path or URL>' not specified"],
    [['--repository', ''], '--repository must not be empty'],
    [
      ['--repository', 'https://someone:secret-token@example.com/timescaledb'],
      "--repository must not contain a password or token: git's credential helpers provide them",
    ],
    [
      ['--repository', 'https://secret-token@example.com/timescaledb'],
      "--repository must not contain a password or token: git's credential helpers provide them",
    ],
    [['--repository', '.', '--as-of'], "unknown option '--as-of'"],
  ])('%j', async (args, problem) => {
    const { stderr, stdout, code } = await runCommand('versions update', args);
    expect([stderr, stdout, code]).toEqual([
      `${problem}\n(npm run versions:update -- --help lists the options.)\n`,
      '',
      2,
    ]);
  });
});
