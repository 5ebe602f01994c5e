import type { ServerResponse } from 'node:http';
import { fromTable, type SecretAnswer } from '../../../emulator/secrets-manager.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import type { Arrange, Faulty } from '../../support/run/faults.ts';
import { SECRET_ID, secretFor } from '../../support/run/world.ts';

/** Arranges a fault without starting anything. */
export const having =
  (faulty: Faulty): Arrange =>
  () =>
    faulty;

/** Answers a report with status 503. */
export function answerUnavailable(response: ServerResponse): void {
  response.writeHead(503).end();
}

/** Returns the answers of a Secrets Manager with the secret of a database. */
export function secretOf(one: TestDatabase, port = one.port): SecretAnswer {
  const SecretString = secretFor(one, { port });
  return fromTable({ [SECRET_ID]: { AWSCURRENT: { VersionId: 'v1', SecretString } } });
}
