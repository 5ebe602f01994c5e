import type { TestDatabase } from '../../support/postgres/databases.ts';

/** Stores settings for the database. */
export async function setForDatabase(
  { admin, name }: TestDatabase,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [setting, value] of Object.entries(settings)) {
    await admin.query(`alter database ${name} set ${setting} = '${value}'`);
  }
}
