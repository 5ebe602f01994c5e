import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { type Ended, PROGRAM } from '../support/process/commands.ts';
import { ROOT } from '../support/repo/pages.ts';
import { buildFile, createRepository, runGit } from '../support/timescaledb/repository.ts';
import { someVersionData } from '../support/timescaledb/version-data.ts';

const BRANCH = 'versions-update';

/** Answers `gh pr list` with the number of open pull requests, and records its arguments, each in a line. */
const GH = `#!/usr/bin/env bash
printf '%s\\n' "--" "$@" >> "$GH_RECORD"
[[ "$1 $2" != "pr list" ]] || echo "$GH_OPEN"
`;

function folder(name: string): Promise<string> {
  return mkdtemp(join(inject('folder'), `${name}-`));
}

/** A clone of a repository that has the script and version data, and TimescaleDB's repository with a new release. */
async function createWorld() {
  const origin = await folder('origin');
  runGit(origin, 'init', '--quiet', '--bare', '--initial-branch=main');
  const clone = await folder('clone');
  runGit(clone, 'init', '--quiet', '--initial-branch=main');
  runGit(clone, 'remote', 'add', 'origin', origin);
  await mkdir(join(clone, '.ci'));
  await mkdir(join(clone, 'data'));
  for (const script of ['update-versions', 'propose-versions']) {
    await copyFile(join(ROOT, '.ci', script), join(clone, '.ci', script));
  }
  await writeFile(join(clone, 'data', 'timescaledb.json'), JSON.stringify(someVersionData()));
  const script = `${process.execPath} ${PROGRAM} versions update --file data/timescaledb.json`;
  await writeFile(
    join(clone, 'package.json'),
    JSON.stringify({ scripts: { 'versions:update': script } }),
  );
  runGit(clone, 'add', '.');
  runGit(clone, '-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-qm', 'first');
  runGit(clone, 'push', '--quiet', 'origin', 'HEAD:main');
  const versions = ['2.0.0', '2.0.1', '2.1.0', '2.1.1', '2.2.0'];
  const upstream = await createRepository(
    versions.map((name) => ({ name, files: { 'CMakeLists.txt': buildFile('17 and 18') } })),
    {},
  );
  return { origin, clone, upstream };
}

interface Proposed extends Ended {
  /** Arguments of each call of gh. */
  readonly calls: readonly string[];
}

function run(clone: string, script: string, given: readonly string[], env: object) {
  return new Promise<Ended>((resolve) => {
    const child = execFile(
      join(clone, '.ci', script),
      given,
      { env: { PATH: process.env['PATH'], npm_config_update_notifier: 'false', ...env } },
      (_error, stdout, stderr) => resolve({ stdout, stderr, code: child.exitCode ?? -1 }),
    );
  });
}

/** Updates the version data in a clone, and returns the folder with the result. */
async function update(clone: string, upstream: string): Promise<Ended & { readonly into: string }> {
  const into = join(await folder('versions'), 'new');
  const ended = await run(clone, 'update-versions', [upstream, into], { HOME: clone });
  runGit(clone, 'checkout', '--quiet', '--', 'data');
  return { ...ended, into };
}

/** Proposes the version data in a folder. */
async function proposeFrom(clone: string, into: string, openRequests = 0): Promise<Proposed> {
  const bin = await folder('bin');
  await writeFile(join(bin, 'gh'), GH);
  await chmod(join(bin, 'gh'), 0o755);
  const record = join(bin, 'record');
  const ended = await run(clone, 'propose-versions', [into], {
    PATH: [bin, process.env['PATH']].join(delimiter),
    HOME: bin,
    GH_RECORD: record,
    GH_OPEN: String(openRequests),
  });
  const calls = (await readFile(record, 'utf8')).split('--\n').filter((call) => call !== '');
  return { ...ended, calls };
}

async function propose(clone: string, upstream: string, openRequests = 0): Promise<Proposed> {
  const { stderr, code, into } = await update(clone, upstream);
  expect([stderr, code]).toEqual(['', 0]);
  return proposeFrom(clone, into, openRequests);
}

function branchesOf(origin: string): string {
  return runGit(origin, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').trim();
}

test('pushes a commit of the version data alone, and opens a pull request with the differences', async () => {
  const { origin, clone, upstream } = await createWorld();
  const { stderr, code, calls } = await propose(clone, upstream);
  expect([stderr, code]).toEqual(['', 0]);
  expect(branchesOf(origin)).toBe(`main\n${BRANCH}`);
  expect(runGit(origin, 'diff', '--name-only', 'main', BRANCH)).toBe('data/timescaledb.json\n');
  expect(runGit(origin, 'log', '--format=%an %s', `main..${BRANCH}`)).toBe(
    "github-actions[bot] data: update TimescaleDB's releases\n",
  );
  const data: unknown = JSON.parse(runGit(origin, 'show', `${BRANCH}:data/timescaledb.json`));
  expect(data).toMatchObject({
    releases: expect.arrayContaining([
      { version: '2.2.0', date: '2026-01-01', postgresql: ['17', '18'] },
    ]),
  });
  expect(calls).toHaveLength(2);
  expect(calls[1]).toMatch(
    /^pr\ncreate\n--base\nmain\n--head\nversions-update\n--title\ndata: update TimescaleDB's releases\n--body\n/,
  );
  expect(calls[1]).toMatch(/✔ added +2\.2\.0 \(2026-01-01\): PostgreSQL 17, 18\n/);
});

test('leaves an open pull request as it is', async () => {
  const { origin, clone, upstream } = await createWorld();
  const { stdout, code, calls } = await propose(clone, upstream, 1);
  expect([stdout, code]).toEqual([
    'The pull request of the branch versions-update is open. Merge or close it first.\n',
    0,
  ]);
  expect([branchesOf(origin), calls.length]).toEqual(['main', 1]);
});

test('replaces the branch of a closed pull request', async () => {
  const { origin, clone, upstream } = await createWorld();
  await propose(clone, upstream);
  runGit(clone, 'switch', '--quiet', 'main');
  runGit(origin, 'branch', '--force', BRANCH, `${BRANCH}~1`);
  expect(await propose(clone, upstream)).toMatchObject({ stderr: '', code: 0 });
  expect(runGit(origin, 'rev-list', '--count', `main..${BRANCH}`)).toBe('1\n');
});

test('proposes nothing without a change', async () => {
  const { origin, clone, upstream } = await createWorld();
  await propose(clone, upstream);
  runGit(clone, 'push', '--quiet', 'origin', `${BRANCH}:main`);
  const { stdout, code, calls } = await propose(clone, upstream);
  expect(stdout).toMatch(/The version data is up to date\.\n$/);
  expect([code, calls.length, branchesOf(origin)]).toEqual([0, 1, `main\n${BRANCH}`]);
});

test('writes nothing when the update fails', async () => {
  const { clone } = await createWorld();
  const { stderr, code, into } = await update(clone, join(inject('folder'), 'nowhere'));
  expect(stderr).toMatch(/^git rev-parse failed: /m);
  expect([code, existsSync(into)]).toEqual([1, false]);
});

test('prints the summary where GitHub reads no commands', async () => {
  const { clone, upstream } = await createWorld();
  const { stdout, into } = await update(clone, upstream);
  const [first = '', ...lines] = stdout.trimEnd().split('\n');
  expect(first).toMatch(/^::stop-commands::[0-9a-f]{32}$/);
  expect(lines.at(-1)).toBe(`::${first.split('::').at(-1)}::`);
  expect(`${lines.slice(0, -1).join('\n')}\n`).toBe(
    await readFile(join(into, 'summary.txt'), 'utf8'),
  );
});

test('keeps the summary within its code block in the pull request', async () => {
  const { clone, upstream } = await createWorld();
  const { into } = await update(clone, upstream);
  await writeFile(join(into, 'summary.txt'), 'a\n```\n@company/all \u001b[31m<img>\r\n````\nb\n');
  const { calls } = await proposeFrom(clone, into);
  const body = calls[1]?.split('\n--body\n')[1] ?? '';
  const [, inside, ...others] = body.split(/^```(?:text)?$/m);
  expect(inside).toBe('\na\n\n@company/all [31m<img>\n\nb\n');
  expect(others).toHaveLength(1);
});
