import { describe, expect, test } from 'vitest';
import { fromTable, type SecretVersion } from '../../../emulator/secrets-manager.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { pgBouncerVersion, startPgBouncer } from '../../support/postgres/pgbouncer.ts';
import { startPooler } from '../../support/postgres/pooler.ts';
import { LOGIN_METHODS, type LoginMethod } from '../../support/postgres/pooler-login.ts';
import { MODES, SECRET_ID, secretFor, startWorld } from '../../support/run/world.ts';

const version = pgBouncerVersion();

/** The pooler of the tests, and the real PgBouncer where it is installed. */
const POOLERS = [
  {
    name:
      version === undefined
        ? 'the pooler of the tests alone, because PgBouncer is not installed (apt-get install pgbouncer)'
        : 'the pooler of the tests',
    start: (database: TestDatabase, method: LoginMethod) => startPooler({ database, method }),
  },
  ...(version === undefined ? [] : [{ name: `PgBouncer ${version}`, start: startPgBouncer }]),
];

function secretVersion(
  VersionId: string,
  database: TestDatabase,
  password: string,
  port: number,
): SecretVersion {
  return { VersionId, SecretString: secretFor({ ...database, password }, { port }) };
}

describe.each(POOLERS)('$name', ({ start }) => {
  describe.each(LOGIN_METHODS)('with %s', (method) => {
    test('accepts the right password', async () => {
      await using database = await createDatabase({ release: '2.28.3' });
      await using pooler = await start(database, method);
      await using world = await startWorld({ secret: secretFor(database, { port: pooler.port }) });

      expect((await world.run()).outcome).toMatchObject({ outcome: 'skipped' });
    });

    test('rejects a wrong password, and then the other versions of the secret are read', async () => {
      await using database = await createDatabase({ release: '2.28.3' });
      await using pooler = await start(database, method);
      await using world = await startWorld({
        secrets: fromTable({
          [SECRET_ID]: {
            AWSCURRENT: secretVersion('old', database, 'wrong', pooler.port),
            AWSPENDING: secretVersion('new', database, 'wrong as well', pooler.port),
          },
        }),
      });

      const { outcome } = await world.run();

      expect(outcome).toMatchObject({
        outcome: 'failed',
        error: { code: 'DATABASE_AUTHENTICATION', origin: '08P01', retryable: false },
        remedy: expect.stringContaining('userlist.txt or auth_query'),
      });
      expect(world.secrets.requests).toHaveLength(3);
    });

    test('accepts the password of AWSPENDING after it has rejected that of AWSCURRENT', async () => {
      await using database = await createDatabase({ release: '2.28.3' });
      await using pooler = await start(database, method);
      await using world = await startWorld({
        secrets: fromTable({
          [SECRET_ID]: {
            AWSCURRENT: secretVersion('old', database, 'old', pooler.port),
            AWSPENDING: secretVersion('new', database, database.password, pooler.port),
          },
        }),
      });

      expect((await world.run()).outcome).toMatchObject({ outcome: 'skipped' });
      expect(world.secrets.requests.map(({ stage }) => stage)).toEqual([
        'AWSCURRENT',
        'AWSCURRENT',
        'AWSPENDING',
      ]);
    });

    test.each(MODES)(
      'the password of an AWSCURRENT that was promoted in the meantime is accepted %s',
      async (_how, split) => {
        await using database = await createDatabase({ release: '2.28.3' });
        await using pooler = await start(database, method);
        let reads = 0;
        await using world = await startWorld({
          secrets() {
            reads += 1;
            return reads === 1
              ? secretVersion('old', database, 'old', pooler.port)
              : secretVersion('new', database, database.password, pooler.port);
          },
          split,
        });

        expect((await world.run()).outcome).toMatchObject({ outcome: 'skipped' });
        expect(reads).toBe(2);
      },
    );
  });
});
