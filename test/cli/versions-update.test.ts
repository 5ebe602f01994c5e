import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { VersionData } from '../../data/version-data.ts';
import { optionsIn, runCommand } from '../support/process/commands.ts';
import { buildFile, createRepository, runGit } from '../support/timescaledb/repository.ts';
import { aRelease, SOURCE, someVersionData } from '../support/timescaledb/version-data.ts';
import {
  changelog,
  fileWith,
  linesOf,
  repositoryWith,
  tag,
  update,
} from '../support/timescaledb/version-updates.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TODAY = /asOf is (\d{4}-\d{2}-\d{2})/;

async function dataIn(file: string): Promise<VersionData> {
  return JSON.parse(await readFile(file, 'utf8'));
}

test('adds releases with their dates and majors, and prints them', async () => {
  const repository = await repositoryWith(
    [tag('2.2.0', '17, 18 and 19'), tag('2.2.1', '17, 18 and 19', { isLightweight: true })],
    ['2.2.0 (2026-03-02)'],
  );
  const updated = await update(repository);
  expect([updated.stderr, updated.code]).toEqual(['', 0]);
  expect(linesOf(updated)).toEqual(
    expect.arrayContaining([
      '✔ tags 6 releases, 2.0.0 to 2.2.1',
      '✔ added 2.2.0 (2026-03-02): PostgreSQL 17, 18, 19',
      '✔ added 2.2.1 (2026-03-01): PostgreSQL 17, 18, 19',
      '– unchanged 4 releases',
    ]),
  );
  const data = await dataIn(updated.file);
  const majors = ['17', '18', '19'];
  expect(data).toEqual({
    ...someVersionData(),
    asOf: TODAY.exec(updated.stdout)?.[1],
    releases: [
      ...someVersionData().releases,
      { version: '2.2.0', date: '2026-03-02', postgresql: majors },
      { version: '2.2.1', date: '2026-03-01', postgresql: majors },
    ],
  });
  expect(Math.abs(Date.now() - Date.parse(data.asOf))).toBeLessThan(2 * 86_400_000);
});

/** JSON in the format of `npm run format`. */
function formatted(text: string): string {
  const biome = join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  return execFileSync(process.execPath, [biome, 'format', '--stdin-file-path=data/file.json'], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
}

test('writes the format of npm run format, and nothing the second time', async () => {
  const repository = await repositoryWith([tag('2.2.0', '18')]);
  const { file, after } = await update(repository);
  expect(after).toBe(formatted(after));
  expect(after).toContain('"postgresql": ["17", "18"]');
  const { mtimeMs, ino } = await stat(file);
  const again = await runCommand('versions update', ['--repository', repository, '--file', file]);
  expect(linesOf(again)).toContain(`✔ file ${file} is up to date`);
  expect(await stat(file)).toMatchObject({ mtimeMs, ino });
});

test("changes nothing else in the text of this project's own file", async () => {
  const own = await readFile(join(ROOT, 'data', 'timescaledb.json'), 'utf8');
  const { after } = await update(await createRepository([tag('99.0.0', '18')], {}), own);
  const data: VersionData = JSON.parse(after);
  const { asOf }: VersionData = JSON.parse(own);
  expect(data.releases.at(-1)?.version).toBe('99.0.0');
  const without = { ...data, asOf, releases: data.releases.slice(0, -1) };
  expect(formatted(JSON.stringify(without, null, 2))).toBe(own);
});

test('dates come from the default branch, then the own changelog of the tag, then the tag', async () => {
  const own = {
    'CMakeLists.txt': buildFile('18'),
    'CHANGELOG.md': changelog('2.2.1 (2026-03-22)', '2.2.0 (2026-03-21)'),
  };
  const repository = await repositoryWith(
    [
      tag('2.2.0', '18', { files: own }),
      tag('2.2.1', '18', { files: own }),
      tag('2.2.2', '18', { files: own, at: '2026-03-23T23:59:59Z' }),
      tag('2.2.3', '18', { files: own, at: '2026-03-24T00:00:00Z', isLightweight: true }),
    ],
    ['2.2.0 (2026-03-20)'],
  );
  const { file } = await update(repository);
  const added = (await dataIn(file)).releases.slice(4);
  expect(added.map(({ version, date }) => [version, date])).toEqual([
    ['2.2.0', '2026-03-20'],
    ['2.2.1', '2026-03-22'],
    ['2.2.2', '2026-03-23'],
    ['2.2.3', '2026-03-24'],
  ]);
});

test('support ends where the changelog removes it, and the difference to the build file is explained', async () => {
  const repository = await repositoryWith(
    [tag('2.2.0', '17 and 18'), tag('2.3.0', '17 and 18'), tag('2.3.1', '17 and 18')],
    [
      '2.3.0 (2026-03-02)\n* [#1](https://example.com/1) Remove support for PostgreSQL 17',
      '2.2.0 (2026-03-01)\nWe will remove support for PostgreSQL 17 in 2.3.0.\nStarting with our next release, we will officially drop support for Postgres 17.',
    ],
  );
  const updated = await update(repository);
  const added = (await dataIn(updated.file)).releases.slice(4);
  expect(added.map(({ version, postgresql }) => [version, postgresql])).toEqual([
    ['2.2.0', ['17', '18']],
    ['2.3.0', ['18']],
    ['2.3.1', ['18']],
  ]);
  expect(linesOf(updated)).toContain(
    '– removed CHANGELOG.md removes support for PostgreSQL 17 in 2.3.0; CMakeLists.txt still accepts it in 2.3.0, 2.3.1. The changelog counts.',
  );
});

test('ignores tags that are no releases, and releases before 0.12.0', async () => {
  const names = ['2.2.0-rc1', 'v2.2.0', '2.2', '2.2.0.1', '0.11.9', '02.2.0', 'loader-2.2.0'];
  const repository = await repositoryWith([
    ...names.map((name) => tag(name, '18')),
    tag('0.12.0', '18'),
  ]);
  const updated = await update(repository);
  expect(linesOf(updated)).toContain('✔ tags 5 releases, 0.12.0 to 2.1.1');
});

test('a tag replaces what other sources say of its release, and a contradiction is shown', async () => {
  const repository = await repositoryWith(
    [tag('2.2.0', '18'), tag('2.2.1', '18')],
    ['2.2.1 (2026-03-02)', '2.2.0 (2026-03-01)'],
  );
  const updated = await update(
    repository,
    someVersionData({
      releases: [
        ...someVersionData().releases,
        { version: '2.2.0', postgresql: ['17', '18'], source: SOURCE },
        { version: '2.2.1', postgresql: ['18'], announced: true, source: SOURCE },
      ],
    }),
  );
  expect((await dataIn(updated.file)).releases.slice(4)).toEqual([
    { version: '2.2.0', date: '2026-03-01', postgresql: ['18'] },
    { version: '2.2.1', date: '2026-03-02', postgresql: ['18'] },
  ]);
  expect(linesOf(updated).join('\n')).toContain(
    [
      `▲ changed 2.2.0: date unknown → 2026-03-01; PostgreSQL 17, 18 → 18; source ${SOURCE} → the tag`,
      `The tag contradicts ${SOURCE}.`,
      `✔ changed 2.2.1: date unknown → 2026-03-02; announced → published; source ${SOURCE} → the tag`,
    ].join('\n'),
  );
});

test('a repository without the newest release changes neither asOf nor entries without a tag', async () => {
  const newest = aRelease('2.2.0', { source: SOURCE });
  const data = someVersionData({ releases: [...someVersionData().releases, newest] });
  const updated = await update(await repositoryWith([]), data);
  expect(linesOf(updated)).toEqual(
    expect.arrayContaining([
      '– kept from other sources, without a tag: 2.2.0',
      '▲ date asOf stays 2026-06-01, because the repository lacks 2.2.0. Fetch its tags.',
    ]),
  );
  expect(updated.after).toBe(updated.before);
});

test('--dry-run shows the differences, and writes nothing', async () => {
  const repository = await repositoryWith([tag('2.2.0', '18')]);
  const updated = await update(repository, someVersionData(), '--dry-run');
  expect(linesOf(updated)).toEqual(
    expect.arrayContaining([
      '✔ added 2.2.0 (2026-03-01): PostgreSQL 18',
      `– file ${updated.file} was not written (--dry-run)`,
    ]),
  );
  expect([updated.after, updated.code]).toEqual([updated.before, 0]);
});

describe('a URL is copied to a temporary folder, which is deleted', () => {
  test.each(['true', 'false'])('from a server that filters: %s', async (filters) => {
    const repository = await repositoryWith([
      tag('2.2.0', '18', {
        files: {
          'CMakeLists.txt': buildFile('18'),
          'CHANGELOG.md': changelog('2.2.0 (2026-03-21)'),
        },
      }),
    ]);
    runGit(repository, 'config', 'uploadpack.allowFilter', filters);
    const updated = await update(`file://${repository}`);
    expect([updated.stderr, updated.code]).toEqual(['', 0]);
    expect(linesOf(updated)).toContain('✔ added 2.2.0 (2026-03-21): PostgreSQL 18');
  });

  test('also when it cannot be read', async () => {
    const updated = await update(`file://${inject('folder')}/nowhere`);
    expect([updated.code, updated.after]).toEqual([1, updated.before]);
    expect(updated.stderr).toMatch(
      /^git fetch failed: fatal: .*nowhere' does not appear to be a git/,
    );
  });
});

test('reads a clone whose checked-out branch is old', async () => {
  const repository = await repositoryWith([tag('2.2.0', '18')], ['2.2.0 (2026-03-21)']);
  const clone = await mkdtemp(join(inject('folder'), 'clone-'));
  runGit(clone, 'clone', '--quiet', `file://${repository}`, '.');
  runGit(clone, 'checkout', '--quiet', '2.0.0');
  expect(linesOf(await update(clone))).toContain('✔ added 2.2.0 (2026-03-21): PostgreSQL 18');
});

test('does not use the repository that GIT_DIR names', async () => {
  const repository = await repositoryWith([tag('2.2.0', '18')]);
  const file = await fileWith(someVersionData());
  const ended = await runCommand('versions update', ['--repository', repository, '--file', file], {
    GIT_DIR: await repositoryWith([]),
  });
  expect(linesOf(ended)).toContain('✔ added 2.2.0 (2026-03-01): PostgreSQL 18');
});

test('keeps the permissions of the file, and the link to it', async () => {
  const file = await fileWith(someVersionData());
  await chmod(file, 0o640);
  const link = join(await mkdtemp(join(inject('folder'), 'link-')), 'link.json');
  await symlink(file, link);
  const repository = await repositoryWith([tag('2.2.0', '18')]);
  await runCommand('versions update', ['--repository', repository, '--file', link]);
  expect((await dataIn(file)).releases).toHaveLength(5);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await readdir(join(file, '..'))).toEqual(['timescaledb.json']);
});

test('--help lists the options', async () => {
  const { stdout, code } = await runCommand('versions update', ['--help']);
  expect([optionsIn(stdout), code]).toEqual([['--repository', '--file', '--dry-run', '--help'], 0]);
});
