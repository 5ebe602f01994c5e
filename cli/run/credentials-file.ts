import type { Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Target } from '../../lib/config/target.ts';
import { type Credentials, parseSecret } from '../../lib/credentials/parse-secret.ts';
import { errorCodeOf, RunError } from '../../lib/errors.ts';

/** A URL, or JSON with the certificates of an authority. In bytes. */
const MAX_BYTES = 100_000;

/** Permissions of others, and of the group: to read, and to write or execute. */
const OTHERS = 0o007;
const GROUP = 0o070;
const GROUP_CHANGES = 0o030;

function unreadable(message: string, remedy: string, original?: unknown): RunError {
  const origin = original === undefined ? undefined : errorCodeOf(original);
  return new RunError('SECRET_UNREADABLE', message, { remedy, origin, original });
}

/** Returns the error of a file that cannot be opened. */
function notOpened(original: unknown): RunError {
  const origin = errorCodeOf(original);
  if (origin === 'ENOENT') {
    return new RunError('SECRET_NOT_FOUND', 'The credentials file does not exist.', {
      remedy:
        'Check credentialsFile, which is relative to the folder of the target file, and that its volume is mounted.',
      origin,
      original,
    });
  }
  return unreadable(
    'The credentials file cannot be read.',
    'Check its owner and its permissions, and those of its folder.',
    original,
  );
}

/** Whether others can read the file. As for libpq's key files, the group may read a file of root. */
function isExposed({ mode, uid }: Stats): boolean {
  if (process.platform === 'win32') return false;
  return (mode & (OTHERS | (uid === 0 ? GROUP_CHANGES : GROUP))) !== 0;
}

async function readText(file: FileHandle, status: Stats): Promise<string> {
  if (!status.isFile() || status.size > MAX_BYTES) {
    throw unreadable(
      `The credentials file is not a regular file of at most ${MAX_BYTES / 1_000} kB.`,
      'Name a file that contains JSON or a postgres:// URL.',
    );
  }
  if (isExposed(status)) {
    throw unreadable(
      'Other users can read or change the credentials file.',
      'Set its mode to 0600, or to 0640 (0440 for a volume of Kubernetes) if it belongs to root.',
    );
  }
  return file.readFile('utf8');
}

/**
 * Reads the credentials of a target from a file with one of the forms of a secret. After a rejected login it is read again.
 *
 * @throws RunError SECRET_NOT_FOUND, SECRET_UNREADABLE, SECRET_INVALID
 */
export async function readCredentialsFile(path: string, target: Target): Promise<Credentials> {
  await using file = await open(path).catch((error: unknown) => {
    throw notOpened(error);
  });
  const status = await file.stat();
  const text = await readText(file, status);
  // Another file, or another content: the credentials were rotated.
  const versionId = [status.dev, status.ino, status.size, status.mtimeMs].join('-');
  return parseSecret({ SecretString: text, VersionId: versionId }, target);
}
