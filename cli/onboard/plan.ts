import { join } from 'node:path';
import { generatePassword } from './scram.ts';
import { readPassword, writeSecret } from './secret-files.ts';
import type { OnboardedDatabase, OnboardedServer } from './server.ts';

/** Choices that the statements, the commands and the environment share. */
export interface OnboardChoices {
  /** Name of the environment, and first part of the names of the secrets. */
  readonly environment: string;
  /** The login that reads the reports. */
  readonly role: string;
  /** One login for all databases, in one secret. */
  readonly isShared: boolean;
  /** Folder for files with generated passwords; undefined to generate none. */
  readonly secretsFolder: string | undefined;
  readonly account: string | undefined;
  readonly region: string | undefined;
}

/** A secret to create: its name, and the file with its text. */
export interface PlannedSecret {
  readonly name: string;
  readonly file: string;
  /** The keys beside the password. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Folder in the commands when no passwords are generated. */
const DEFAULT_FOLDER = 'secrets';

/** Returns the secret of a database; with a shared one, the same for all. */
export function secretOf(
  { name, host, port, database }: OnboardedDatabase,
  { environment, role, isShared, secretsFolder = DEFAULT_FOLDER }: OnboardChoices,
): PlannedSecret {
  const file = (base: string): string => join(secretsFolder, `${base}.json`);
  if (isShared) {
    return {
      name: `${environment}/telemetry`,
      file: file('telemetry'),
      fields: { username: role },
    };
  }
  return {
    name: `${environment}/${name}/telemetry`,
    file: file(name),
    fields: { host, port, username: role, dbname: database },
  };
}

/** Returns the secrets of all databases, each once. */
export function secretsOf(
  servers: readonly OnboardedServer[],
  choices: OnboardChoices,
): readonly PlannedSecret[] {
  const secrets = servers.flatMap(({ databases }) =>
    databases.map((database) => secretOf(database, choices)),
  );
  return [...new Map(secrets.map((secret) => [secret.name, secret])).values()];
}

/** Returns the password of the first file that exists, or a new one; writes the files that do not exist. */
async function settle(secrets: readonly PlannedSecret[]): Promise<string> {
  const existing = await Promise.all(
    secrets.map(async (secret) => ({ secret, password: await readPassword(secret.file) })),
  );
  const known = existing.find(({ password }) => password !== undefined)?.password;
  const password = known ?? generatePassword();
  for (const { secret, password: own } of existing) {
    if (own === undefined) await writeSecret(secret.file, { ...secret.fields, password });
  }
  return password;
}

/**
 * Returns the password of each server's login, after the files of its secrets are written. A file that exists keeps its
 * password, so that statements and secrets of several calls belong together.
 *
 * @throws CommandError for a file that is not a secret
 */
export async function settlePasswords(
  servers: readonly OnboardedServer[],
  choices: OnboardChoices,
): Promise<ReadonlyMap<OnboardedServer, string>> {
  const passwords = new Map<OnboardedServer, string>();
  for (const server of servers) {
    passwords.set(server, await settle(secretsOf([server], choices)));
  }
  return passwords;
}
