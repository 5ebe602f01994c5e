import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { Ended } from '../support/process/commands.ts';
import { runGit } from '../support/timescaledb/repository.ts';

const RELEASE = join(import.meta.dirname, '..', '..', 'release', 'release.ts');

/** Writes what the builds of the package and of the archives write. */
const BUILD = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const folder of ['dist/package', 'dist/archives']) mkdirSync(folder, { recursive: true });
writeFileSync('dist/package/package.json', JSON.stringify({ name, version }));
if (process.env.BUILD !== 'incomplete') writeFileSync('dist/package/sbom.cdx.json', '{}');
writeFileSync('dist/archives/send-report.zip', readFileSync('lib/product.ts'));
writeFileSync('dist/archives/SHA256SUMS', 'of the archives');
`;

const FILES: Readonly<Record<string, string>> = {
  '.gitignore': 'dist/\nnode_modules/\n',
  'package.json': JSON.stringify({
    name: 'timescaledb-telemetry',
    version: '0.1.0',
    private: true,
    type: 'module',
    scripts: {
      typecheck: 'node check.js typecheck',
      lint: 'node check.js lint',
      'test:unit': 'node check.js test',
      audit: 'node check.js audit',
      build: 'node build.js',
      archives: 'node --eval ""',
    },
  }),
  'package-lock.json': JSON.stringify({
    name: 'timescaledb-telemetry',
    version: '0.1.0',
    lockfileVersion: 3,
    packages: { '': { name: 'timescaledb-telemetry', version: '0.1.0' } },
  }),
  'check.js': 'if (process.argv[2] === process.env.FAILING_CHECK) process.exitCode = 1;\n',
  'build.js': BUILD,
  'lib/product.ts': "export const VERSION = '0.1.0';\n",
  'CHANGELOG.md':
    '# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- By hand.\n\n## [0.1.0]\n\n- First.\n',
  'changes/README.md': '# Changes\n',
  'changes/new-key.md': '### Added\n\n- The key `x`: [docs](../docs/x.md).\n',
};

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** A repository that can be released. */
async function createProject(): Promise<string> {
  const folder = await mkdtemp(join(inject('folder'), 'release-'));
  runGit(folder, 'init', '--quiet', '--initial-branch=main');
  runGit(folder, 'config', 'user.name', 'Tester');
  runGit(folder, 'config', 'user.email', 'tester@example.com');
  runGit(folder, 'remote', 'add', 'origin', 'https://github.com/example/project.git');
  await write(folder, FILES);
  runGit(folder, 'add', '.');
  runGit(folder, 'commit', '--quiet', '--message', 'first');
  return folder;
}

function release(
  folder: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'],
    HOME: inject('folder'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    ...variables,
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [RELEASE, ...args],
      { cwd: folder, env },
      (_error, stdout, stderr) => resolve({ stdout, stderr, code: child.exitCode ?? -1 }),
    );
  });
}

/** The state that a release may change. */
function stateOf(folder: string) {
  return {
    status: runGit(folder, 'status', '--porcelain'),
    commits: runGit(folder, 'log', '--format=%s'),
    tags: runGit(folder, 'tag', '--list'),
    worktrees: runGit(folder, 'worktree', 'list').trim().split('\n').length,
  };
}

const UNTOUCHED = { status: '', commits: 'first\n', tags: '', worktrees: 1 };

describe('npm run release', () => {
  test('shows with --dry-run what it would publish, and changes nothing', async () => {
    const folder = await createProject();
    const { stdout, stderr, code } = await release(folder, ['--dry-run']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('> npm run --silent test:unit\n')]);
    expect(stdout).toMatch(/^version 0\.2\.0, tag v0\.2\.0\n\n### Upgrade notes\n/);
    expect(stdout).toContain(
      '- The key `x`: [docs](https://github.com/example/project/blob/v0.2.0/docs/x.md).\n',
    );
    const files = [...stdout.matchAll(/^ {2}(\S+) +\d+ kB {2}[0-9a-f]{64}$/gm)];
    expect(files.map(([, name]) => name)).toEqual([
      'send-report.zip',
      'timescaledb-telemetry-0.2.0.cdx.json',
      'timescaledb-telemetry-0.2.0.tgz',
      'SHA256SUMS',
    ]);
    expect(stdout).toMatch(/Dry run: no commit, no tag, nothing was published\.\n$/);
    expect(stateOf(folder)).toEqual(UNTOUCHED);
  });

  test('commits and tags the version, and pushes nothing', async () => {
    const folder = await createProject();
    const { stdout, code } = await release(folder, ['--bump', 'major']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Nothing was pushed\. To publish it:\n {2}git push --atomic origin main v1\.0\.0\n$/,
    );
    expect(stateOf(folder)).toEqual({
      status: '',
      commits: 'release: publish 1.0.0\nfirst\n',
      tags: 'v1.0.0\n',
      worktrees: 1,
    });
    const read = (name: string) => readFile(join(folder, name), 'utf8');
    const lock = JSON.parse(await read('package-lock.json'));
    expect([lock.version, lock.packages[''].version]).toEqual(['1.0.0', '1.0.0']);
    expect(JSON.parse(await read('package.json')).version).toBe('1.0.0');
    expect(await read('lib/product.ts')).toBe("export const VERSION = '1.0.0';\n");
    expect(await read('CHANGELOG.md')).toMatch(/## \[1\.0\.0\] - \d{4}-\d\d-\d\d\n\n### Upgrade/);
    expect(await readdir(join(folder, 'changes'))).toEqual(['README.md']);
    const second = await release(folder, []);
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringMatching(/^Nothing has changed since the last release\.\n/),
    ]);
  });

  test.each<[string, (folder: string) => Promise<unknown> | unknown, RegExp]>([
    [
      'the working tree has changes',
      (folder) => write(folder, { 'new.txt': '' }),
      /^The working tree has changes:\n\?\? new\.txt\nCommit or remove them: /,
    ],
    [
      'the tag exists',
      (folder) => runGit(folder, 'tag', 'v0.2.0'),
      /^The tag v0\.2\.0 exists\.\nRaise another part/,
    ],
    [
      'a change file has no heading of the changelog',
      async (folder) => {
        await write(folder, { 'changes/new-key.md': '- The key `x`.\n' });
        runGit(folder, 'commit', '--quiet', '--all', '--message', 'first');
      },
      /^changes\/new-key\.md begins with text outside of a heading\./,
    ],
  ])('refuses to start if %s', async (_what, change, message) => {
    const folder = await createProject();
    await change(folder);
    const { stdout, stderr, code } = await release(folder, ['--dry-run']);
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(message);
    expect(stateOf(folder).worktrees).toBe(1);
  });

  test('changes nothing if a check fails', async () => {
    const folder = await createProject();
    const { stdout, stderr, code } = await release(folder, [], { FAILING_CHECK: 'lint' });
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(/^npm run --silent lint failed\.\nCorrect what it reports/m);
    expect(stateOf(folder)).toEqual(UNTOUCHED);
  });

  test('fails with --build if the build leaves out a file', async () => {
    const folder = await createProject();
    const { stdout, stderr, code } = await release(folder, ['--build'], { BUILD: 'incomplete' });
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(/^The build has not written sbom\.cdx\.json\.$/m);
  });

  test('lists its options with --help', async () => {
    const { stdout, code } = await release(import.meta.dirname, ['--help']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Usage: npm run release --')]);
  });
});
