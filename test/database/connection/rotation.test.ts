import { expect, test } from 'vitest';
import { fromTable, type SecretVersion } from '../../../emulator/secrets-manager.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres/databases.ts';
import { MODES, SECRET_ID, secretFor, startWorld } from '../../support/run/world.ts';

function version(VersionId: string, database: TestDatabase, password: string): SecretVersion {
  return { VersionId, SecretString: secretFor({ ...database, password }) };
}

const REPORTS_NOTHING = { outcome: 'skipped' };

test.each(MODES)(
  'a secret that was rotated between reading and login %s is read again',
  async (_how, split) => {
    await using database = await createDatabase({ release: '2.28.3' });
    let reads = 0;
    await using world = await startWorld({
      secrets(_id, _stage) {
        reads += 1;
        return reads === 1
          ? version('old', database, 'old')
          : version('new', database, database.password);
      },
      split,
    });

    const { outcome } = await world.run();

    expect(outcome).toMatchObject(REPORTS_NOTHING);
    expect(world.secrets.requests.map(({ stage }) => stage)).toEqual(['AWSCURRENT', 'AWSCURRENT']);
  },
);

test('finds a password that is set and not yet promoted at AWSPENDING', async () => {
  await using database = await createDatabase({ release: '2.28.3' });
  await using world = await startWorld({
    secrets: fromTable({
      [SECRET_ID]: {
        AWSCURRENT: version('old', database, 'old'),
        AWSPENDING: version('new', database, database.password),
      },
    }),
  });

  const { outcome } = await world.run();

  expect(outcome).toMatchObject(REPORTS_NOTHING);
  expect(world.secrets.requests.map(({ stage }) => stage)).toEqual([
    'AWSCURRENT',
    'AWSCURRENT',
    'AWSPENDING',
  ]);
});

test.each([
  ['no other version', {}],
  ['a pending version that is also rejected', { AWSPENDING: 'wrong as well' }],
])(
  'fails after at most one more login when the password is wrong, with %s',
  async (_case, { AWSPENDING }: { AWSPENDING?: string }) => {
    await using database = await createDatabase({ release: '2.28.3' });
    await using world = await startWorld({
      secrets: fromTable({
        [SECRET_ID]: {
          AWSCURRENT: version('current', database, 'wrong'),
          ...(AWSPENDING !== undefined && { AWSPENDING: version('pending', database, AWSPENDING) }),
        },
      }),
    });

    const { outcome, error } = await world.run();

    expect(outcome.error).toEqual({
      code: 'DATABASE_AUTHENTICATION',
      origin: '28P01',
      retryable: false,
    });
    expect(error?.message).not.toContain(database.role);
    expect(world.secrets.requests).toHaveLength(3);
  },
);
