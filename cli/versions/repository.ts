import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from './git.ts';

const URL_SCHEME = /^(?:https?|ssh|git|file):\/\//;

/** `git@github.com:timescale/timescaledb` */
const SSH_FORM = /^[\w.-]+@[\w.-]+:/;

function hasLogin(repository: string): boolean {
  const url = URL.parse(repository);
  if (url === null) return false;
  // The name before an ssh:// host is no secret; a token can stand there in an https:// URL.
  return url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:');
}

/** Returns the problem of a value of `--repository`; undefined for a valid one. */
export function repositoryProblem(repository: string): string | undefined {
  if (repository === '') return '--repository must not be empty';
  return hasLogin(repository)
    ? "--repository must not contain a password or token: git's credential helpers provide them"
    : undefined;
}

/** The default branch of the remote, also in a clone that has another branch checked out. */
export const REMOTE_HEAD = 'refs/remotes/origin/HEAD';

/** A repository on this machine. A copy is deleted when it is disposed of. */
export interface Repository extends AsyncDisposable {
  readonly folder: string;
}

/**
 * Opens a clone, or copies the tags and the default branch of a URL to a temporary folder: without history and, if the
 * server can filter, without contents of files, which `readFiles` fetches.
 *
 * @throws CommandError
 */
export async function openRepository(repository: string): Promise<Repository> {
  if (!URL_SCHEME.test(repository) && !SSH_FORM.test(repository)) {
    await git(repository, ['rev-parse', '--git-dir']);
    return { folder: repository, [Symbol.asyncDispose]: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-releases-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await git(folder, ['init', '--quiet', '--bare']);
    await git(folder, ['remote', 'add', 'origin', repository]);
    const references = ['+refs/tags/*:refs/tags/*', `+HEAD:${REMOTE_HEAD}`];
    const options = ['--quiet', '--depth=1', '--filter=blob:none', '--no-tags'];
    await git(folder, ['fetch', ...options, 'origin', ...references]);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}
