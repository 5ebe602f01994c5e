import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { type Artefact, buildArtefacts, NOTES_FILE, RELEASE_FOLDER } from './artefacts.ts';
import { ChangelogError } from './changelog.ts';
import { BUMPS, type Bump } from './next-version.ts';
import { planRelease, prepareFiles } from './prepare.ts';
import { outputOf, ReleaseError, run } from './processes.ts';

/** Scripts that must pass with the new version. CI runs all of `.ci/run`, before the release and again before it is published. */
const CHECKS = ['typecheck', 'lint', 'test:unit', 'audit'] as const;

interface Options {
  readonly bump?: Bump;
  readonly build?: true;
  readonly dryRun?: true;
}

function parseOptions(): Options {
  return new Command('npm run release --')
    .description(
      'Creates the commit and the tag of the next version, without pushing them. The workflow release.yml publishes a pushed tag.',
    )
    .addOption(
      new Option(
        '--bump <part>',
        'raise this part of the version (default: by the changes)',
      ).choices(BUMPS),
    )
    .option('--build', 'only build what the present version publishes, into dist/release/')
    .option('--dry-run', 'do everything in a temporary folder, and show what would be published')
    .parse()
    .opts<Options>();
}

function write(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

function showArtefacts(artefacts: readonly Artefact[]): void {
  const width = Math.max(...artefacts.map(({ name }) => name.length));
  write(
    ...artefacts.map(
      ({ name, bytes, sha256 }) =>
        `  ${name.padEnd(width)}  ${String(Math.ceil(bytes / 1_000)).padStart(6)} kB  ${sha256}`,
    ),
  );
}

/** The state of the working tree that a release requires. */
async function checkTree(folder: string): Promise<void> {
  const changed = await outputOf(folder, 'git', 'status', '--porcelain');
  if (changed !== '') {
    throw new ReleaseError(
      `The working tree has changes:\n${changed.trimEnd()}`,
      'Commit or remove them: a release is what its commit contains.',
    );
  }
}

async function checkTag(folder: string, tag: string): Promise<void> {
  if ((await outputOf(folder, 'git', 'tag', '--list', tag)) === '') return;
  throw new ReleaseError(
    `The tag ${tag} exists.`,
    'Raise another part of the version with --bump, or delete the tag if it was never pushed.',
  );
}

/** A second working tree of the same repository, in a temporary folder. */
async function addWorktree(folder: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const parent = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-release-'));
  const path = join(parent, 'repository');
  await outputOf(folder, 'git', 'worktree', 'add', '--quiet', '--detach', path, 'HEAD');
  return {
    path,
    async [Symbol.asyncDispose]() {
      await outputOf(folder, 'git', 'worktree', 'remove', '--force', path);
      await rm(parent, { recursive: true, force: true });
    },
  };
}

/** Commits the prepared files and tags the commit, and moves the present branch to it. */
async function commitRelease(folder: string, worktree: string, tag: string): Promise<void> {
  const message = `release: publish ${tag.slice(1)}`;
  await run(worktree, 'git', 'add', '--all');
  await run(worktree, 'git', 'commit', '--quiet', '--message', message);
  await run(worktree, 'git', 'tag', '--annotate', '--message', tag, tag);
  await run(folder, 'git', 'merge', '--quiet', '--ff-only', tag);
}

async function release(folder: string, { bump, dryRun }: Options): Promise<void> {
  await checkTree(folder);
  const plan = await planRelease(folder, bump);
  const tag = `v${plan.version}`;
  await checkTag(folder, tag);
  await using worktree = await addWorktree(folder);
  const { path } = worktree;
  const [date = ''] = new Date().toISOString().split('T');
  await prepareFiles(path, plan, date);
  await run(path, 'npm', 'ci');
  for (const check of CHECKS) await run(path, 'npm', 'run', '--silent', check);
  const artefacts = await buildArtefacts(path);
  write(`version ${plan.version}, tag ${tag}`, '', await notesIn(path), 'files:', '');
  showArtefacts(artefacts);
  if (dryRun) {
    write('', 'Dry run: no commit, no tag, nothing was published.');
    return;
  }
  await commitRelease(folder, path, tag);
  const branch = (await outputOf(folder, 'git', 'branch', '--show-current')).trim();
  write(
    '',
    `Committed and tagged ${tag}. Nothing was pushed. To publish it:`,
    `  git push --atomic origin ${branch} ${tag}`,
  );
}

function notesIn(folder: string): Promise<string> {
  return readFile(join(folder, RELEASE_FOLDER, NOTES_FILE), 'utf8');
}

try {
  const options = parseOptions();
  const folder = process.cwd();
  if (options.build) showArtefacts(await buildArtefacts(folder));
  else await release(folder, options);
} catch (error) {
  if (error instanceof ReleaseError) process.stderr.write(`${error.message}\n${error.remedy}\n`);
  else if (error instanceof ChangelogError) process.stderr.write(`${error.message}\n`);
  else throw error;
  process.exitCode = 1;
}
