import { expect, test } from 'vitest';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { configured, consentOf, decisionOf } from '../../support/run/configuring.ts';
import type { HandmadeRelease } from '../../support/timescaledb/catalogs.ts';
import { LEVEL } from './change-state.ts';

/**
 * Defines the tests of levels of roles, for the server of the calling test file.
 *
 * @param consenting creates a database that consents
 */
export function defineRoleLevelTests(
  consenting: (release: HandmadeRelease) => Promise<TestDatabase>,
): void {
  test('sets the level of a role, and of a role in one database, with any name', async () => {
    await using database = await consenting('2.10.3');
    const role = `o'ne "role"; drop table x; --\\ ${database.name} é`;
    const quoted = `"${role.replaceAll('"', '""')}"`;
    await database.admin.query(`create role ${quoted}`);
    const settings = async () =>
      (
        await database.admin.query<{ role: string; config: string[] }>(
          `select rolname as role, setconfig as config, coalesce(datname, '') as database
             from pg_db_role_setting s join pg_roles r on r.oid = setrole left join pg_database d on d.oid = setdatabase
            where rolname = $1 order by 3`,
          [role],
        )
      ).rows;

    await configured(database, { action: 'disable', scope: { role } });
    await configured(database, {
      action: 'enable',
      scope: { role, inDatabase: database.name },
      level: 'no_functions',
    });
    expect(await settings()).toStrictEqual([
      { role, config: [`${LEVEL}=off`], database: '' },
      { role, config: [`${LEVEL}=no_functions`], database: database.name },
    ]);
    await configured(database, { action: 'enable', scope: { role } });
    const back = await configured(database, {
      action: 'enable',
      scope: { role, inDatabase: database.name },
    });
    expect(back.statements).toStrictEqual([
      `ALTER ROLE ${quoted} IN DATABASE ${database.name} RESET ${LEVEL}`,
    ]);
    expect(await settings()).toStrictEqual([]);
    await database.admin.query(`drop role ${quoted}`);
  });

  test("includes the reporting role's level in the consent after the change", async () => {
    await using database = await consenting('2.10.3');
    const { consent } = await configured(database, {
      action: 'disable',
      scope: { role: database.role },
    });
    expect(decisionOf(consent.before)).toMatchObject({ granted: true });
    expect(decisionOf(consent.after)).toStrictEqual({
      granted: false,
      level: 'off',
      rule: 'level-off',
      where: 'role',
      holder: 'reporting-role',
    });
    await configured(database, { action: 'enable', scope: { role: database.role } });
    expect(await consentOf(database)).toMatchObject({ granted: true });
  });
}
