import { execFile } from 'node:child_process';
import { CommandError } from '../command.ts';

/** Limit of what git prints: the build files of all releases have a few megabytes. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;

/** Variables that would replace the repository, its objects or its references. */
const REPOSITORY_VARIABLES: readonly string[] = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_INDEX_FILE',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
];

function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !REPOSITORY_VARIABLES.includes(name),
  );
  // Messages are in English, and a missing login is an error instead of a question.
  return { ...Object.fromEntries(inherited), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
}

function toCommandError(args: readonly string[], code: unknown, stderr: string): CommandError {
  if (code === 'ENOENT') {
    return new CommandError('git was not found.', 'Install git, or add its folder to PATH.');
  }
  const subcommand = args.find((arg) => /^[a-z]+(-[a-z]+)*$/.test(arg));
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.find((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1) ?? String(code);
  return new CommandError(
    `git ${subcommand} failed: ${reason}`,
    'Give --repository a clone of https://github.com/timescale/timescaledb, or that URL.',
  );
}

/**
 * Runs git in a folder.
 *
 * @returns the bytes of its stdout
 * @throws CommandError with git's own message
 */
export function git(folder: string, args: readonly string[], input = ''): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'git',
      ['-C', folder, ...args],
      { env: environment(), encoding: 'buffer', maxBuffer: MAX_OUTPUT_BYTES },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(toCommandError(args, error.code, stderr.toString()));
      },
    );
    // git may end without reading its input.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Asks for the objects by their hashes, whatever commits this repository has: as git itself does. */
const NO_NEGOTIATION = ['-c', 'fetch.negotiationAlgorithm=noop'];

async function isPartial(folder: string): Promise<boolean> {
  const config = await git(folder, ['config', '--list']);
  return /^remote\..*\.promisor=true$/m.test(config.toString());
}

/** Fetches contents of files, all at once: git itself would ask for each when it is read. */
async function fetchFiles(folder: string, names: readonly string[]): Promise<void> {
  // The output ends with the first file that does not exist.
  const hashes = await git(folder, ['rev-parse', '--revs-only', ...names]);
  const unique = [...new Set(hashes.toString().split('\n'))].filter((hash) => hash !== '');
  if (unique.length === 0) return;
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--filter=blob:none'];
  await git(folder, [...NO_NEGOTIATION, 'fetch', ...options, 'origin', ...unique]);
}

const HEADER_END = 0x0a;

/**
 * Reads the texts of files: `refs/tags/2.28.3:CMakeLists.txt`. A file that does not exist is absent from the result.
 *
 * @throws CommandError
 */
export async function readFiles(
  folder: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (await isPartial(folder)) await fetchFiles(folder, names);
  const lines = names.map((name) => `${name}\n`).join('');
  const output = await git(folder, ['cat-file', '--batch'], lines);
  const texts = new Map<string, string>();
  let offset = 0;
  for (const name of names) {
    const end = output.indexOf(HEADER_END, offset);
    const [, type, size] = output.toString('utf8', offset, end).split(' ');
    offset = end + 1;
    if (size === undefined) continue;
    if (type === 'blob') texts.set(name, output.toString('utf8', offset, offset + Number(size)));
    offset += Number(size) + 1;
  }
  return texts;
}
