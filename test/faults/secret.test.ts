import { freePort } from '../../emulator/http-server.ts';
import type { SecretAnswer, SecretVersion, ServiceError } from '../../emulator/secrets-manager.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { type Arrange, healthy, testFaults, timeFor } from '../support/run/faults.ts';
import { secretFor } from '../support/run/world.ts';
import { SECRET_FAULTS } from './rows/secret.ts';

/** Gives the same answer to every request. */
const answers =
  (answer: ReturnType<SecretAnswer>, environment: Record<string, string> = {}): Arrange =>
  async () => ({
    database: await healthy(),
    world: { secrets: () => answer },
    environment,
  });

const contains = (SecretString: string): Arrange => answers({ VersionId: 'v1', SecretString });

function version(VersionId: string, database: TestDatabase, password?: string): SecretVersion {
  return {
    VersionId,
    SecretString: secretFor({ ...database, ...(password !== undefined && { password }) }),
  };
}

/** Gives one answer after the other, and the last one to all further requests. */
const inTurn =
  (answersOf: (database: TestDatabase) => readonly (SecretVersion | ServiceError)[]): Arrange =>
  async () => {
    const database = await healthy();
    const turns = answersOf(database);
    let requests = 0;
    const secrets: SecretAnswer = () => {
      const answer = turns[Math.min(requests, turns.length - 1)];
      requests += 1;
      if (answer === undefined) throw new TypeError('The test has no answers.');
      return answer;
    };
    return { database, world: { secrets } };
  };

const byStage =
  (answersOf: (database: TestDatabase) => Record<string, SecretVersion | ServiceError>): Arrange =>
  async () => {
    const database = await healthy();
    const stages = answersOf(database);
    return {
      database,
      world: {
        secrets: (_id, stage) =>
          stages[stage] ?? { status: 400, type: 'ResourceNotFoundException' },
      },
    };
  };

const WRONG = 'wrong-password-of-the-faults';

testFaults(SECRET_FAULTS, {
  missing: answers({ status: 400, type: 'ResourceNotFoundException' }),
  denied: answers({ status: 400, type: 'AccessDeniedException' }),
  keyDenied: answers({ status: 400, type: 'AccessDeniedException' }),
  keyDisabled: answers({ status: 400, type: 'DecryptionFailure' }),
  deleted: answers({ status: 400, type: 'InvalidRequestException' }),
  noVersion: byStage((database) => ({ AWSPENDING: version('v1', database) })),
  throttled: answers({ status: 400, type: 'ThrottlingException' }),
  throttledOnce: inTurn((database) => [
    { status: 400, type: 'ThrottlingException' },
    version('v1', database),
  ]),
  broken: answers({ status: 500, type: 'InternalServiceError' }),
  refused: async () => ({
    database: await healthy(),
    environment: { AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${await freePort()}` },
  }),
  // One attempt instead of the SDK's three saves time.
  silent: answers({ silence: true }, { AWS_MAX_ATTEMPTS: '1' }),
  slow: async () => ({
    database: await healthy(),
    world: { secrets: () => ({ silence: true }) },
    timeoutMs: timeFor(500),
  }),
  notJson: contains('{"username": "fault", "password": "not closed'),
  wrongShape: contains('{"username": "fault", "passwort": "misspelt-key-of-the-faults"}'),
  portInHost: contains(
    '{"username": "fault", "password": "unused-password-of-the-faults", "host": "h:5432", "dbname": "d"}',
  ),
  blankParts: async () => {
    const database = await healthy();
    const unusual = { ca: null, port: String(database.port), host: ' 127.0.0.1\n' };
    return { database, world: { secret: secretFor(database, unusual) } };
  },
  binary: answers({ VersionId: 'v1', SecretBinary: 'AAEC' }),
  empty: contains('  '),
  rotatedBetween: inTurn((database) => [version('old', database, WRONG), version('new', database)]),
  stillPending: byStage((database) => ({
    AWSCURRENT: version('old', database, WRONG),
    AWSPENDING: version('new', database),
  })),
  pendingRefused: byStage((database) => ({
    AWSCURRENT: version('old', database, WRONG),
    AWSPENDING: version('new', database, WRONG),
  })),
  deniedOnRotation: byStage((database) => ({
    AWSCURRENT: version('old', database, WRONG),
    AWSPENDING: { status: 400, type: 'AccessDeniedException' },
  })),
});
