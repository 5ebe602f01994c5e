import { afterAll, beforeAll } from 'vitest';
import type { Configured, ConfigureLine } from '../../../lib/configure/change-outcome.ts';
import { configure } from '../../../lib/configure/configure.ts';
import { type DatabaseChanger, inProcessChanger } from '../../../lib/configure/database-changer.ts';
import { type Consent, decideConsent } from '../../../lib/consent/decide-consent.ts';
import { parseSecret } from '../../../lib/credentials/parse-secret.ts';
import type { Ending } from '../../../lib/run/run-to-end.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import { chooseChanger } from '../../../lib/worker/choose-changer.ts';
import { CALLER_VARIABLES, startWorkerApi, workerVariables } from '../lambda/worker.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from '../postgres/postgres.ts';
import { aTarget, loginTo, snapshotOf } from '../postgres/snapshots.ts';
import { scaled } from '../vitest/time-limits.ts';
import { secretFor } from './world.ts';

export interface Administrator {
  readonly role: string;
  readonly password: string;
}

const SUPERUSER_LOGIN: Administrator = { role: SUPERUSER, password: SUPERUSER_PASSWORD };

let changer: DatabaseChanger = inProcessChanger;

/** Lets a worker make all changes in the tests of a block, or leaves them to `configure` itself. */
export function useChanger(isSplit: boolean): void {
  const stack = new AsyncDisposableStack();
  beforeAll(async () => {
    if (!isSplit) return;
    const lambda = stack.use(await startWorkerApi({}));
    changer = chooseChanger({ ...CALLER_VARIABLES, ...workerVariables(lambda) });
  });
  afterAll(async () => {
    changer = inProcessChanger;
    await stack.disposeAsync();
  });
}

/** Invokes `configure` for a database of the tests, as its superuser or as another administrator. */
export async function configureAs(
  database: Pick<TestDatabase, 'name' | 'port'>,
  event: unknown,
  {
    administrator = SUPERUSER_LOGIN,
    target = {},
  }: { administrator?: Administrator; target?: Readonly<Record<string, unknown>> } = {},
): Promise<Ending<ConfigureLine, Configured>> {
  const credentials = parseSecret(
    {
      SecretString: secretFor({ name: database.name, ...administrator }, { port: database.port }),
    },
    aTarget(),
  );
  return configure(
    event,
    {
      TARGET: JSON.stringify({
        name: 'metrics',
        environment: 'test',
        secretId: 'test/administrator',
        tls: { mode: 'disable' },
        ...target,
      }),
    },
    {
      secretsOf: () => ({ read: async () => credentials }),
      limitMs: scaled(20_000),
      now: Date.now,
      changer,
    },
  );
}

/** Invokes `configure` as `configureAs` does, and throws the error of a failure. */
export async function configured(...args: Parameters<typeof configureAs>) {
  const { result: done, error } = await configureAs(...args);
  if (error !== undefined) throw error;
  if (done === undefined) throw new Error('configure returned no result.');
  return done;
}

/** Returns the fields of a consent without its sentences. */
export function decisionOf(
  consent: Pick<Consent, 'granted' | 'level' | 'rule' | 'where' | 'holder'> | null | undefined,
) {
  if (consent === null || consent === undefined) return null;
  const { granted, level, rule, where, holder } = consent;
  return { granted, level, rule, where, ...(holder !== undefined && { holder }) };
}

/** Decides consent from the facts that the reporting role reads. */
export async function consentOf(database: TestDatabase) {
  const facts = await snapshotOf(await loginTo(database), (snapshot) => readFacts(snapshot));
  return decisionOf(decideConsent(facts, aTarget()));
}
