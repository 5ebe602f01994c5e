import { RunError } from '../errors.ts';
import type { Credentials } from './parse-secret.ts';

type VersionStage = 'AWSCURRENT' | 'AWSPENDING';

export interface SecretReader {
  /** Reads and parses the secret's version at a stage. */
  read(stage: VersionStage, signal: AbortSignal): Promise<Credentials>;
}

/**
 * Returns the credentials to try after a rejected login: AWSCURRENT when it has changed, else AWSPENDING, because a rotation
 * changes the password before it promotes the version. Undefined without another complete version.
 */
export async function readRotated(
  reader: SecretReader,
  rejected: Credentials,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const current = await reader.read('AWSCURRENT', signal);
  if (current.versionId !== rejected.versionId) return current;
  try {
    const pending = await reader.read('AWSPENDING', signal);
    return pending.versionId === rejected.versionId ? undefined : pending;
  } catch (error) {
    if (error instanceof RunError && !error.retryable) return undefined;
    throw error;
  }
}

/**
 * Passes the credentials to `logIn`. After a rejected login it reads the secret again, which may have been rotated, and tries
 * the other version once.
 *
 * @throws RunError of `logIn`, SECRET_*
 */
export async function withRotation<T>(
  credentials: Credentials,
  secrets: SecretReader,
  signal: AbortSignal,
  logIn: (credentials: Credentials) => Promise<T>,
): Promise<T> {
  try {
    return await logIn(credentials);
  } catch (error) {
    if (!(error instanceof RunError) || error.code !== 'DATABASE_AUTHENTICATION') throw error;
    const rotated = await readRotated(secrets, credentials, signal);
    if (rotated === undefined) throw error;
    return await logIn(rotated);
  }
}
