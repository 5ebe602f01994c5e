import type { ServerResponse } from 'node:http';
import type { SecretVersion, ServiceError, Stage } from '../../emulator/secrets-manager.ts';
import type { ErrorCode } from '../../lib/errors.ts';
import type { Outcome } from '../../lib/run/outcome.ts';
import type { TestDatabase } from '../../test/support/postgres/databases.ts';
import type { HandmadeRelease } from '../../test/support/timescaledb/catalogs.ts';

/** The keys of a secret in the RDS shape. */
export type SecretKeys = Readonly<Record<string, unknown>>;
export type SecretStages = Partial<Record<Stage, SecretVersion>>;

/** The result that a run for a target of one kind must have. */
export interface Expected {
  readonly outcome: Outcome['outcome'];
  /** The consent rule that decided, for a skipped run. */
  readonly rule?: string;
  readonly code?: ErrorCode;
  /** Whether another attempt is scheduled. A failure without one throws. */
  readonly isRetried?: true;
  /** Number of reports that arrive at the endpoint. */
  readonly reports: 0 | 1;
  /**
   * The last stage that the run reaches on the server:
   * - `no-connection`;
   * - `login-rejected`: PostgreSQL rejects the login and counts no session;
   * - `database-rejected`: the role may not connect to this database; PostgreSQL counts a session that ended with an error;
   * - `rolled-back`: the run ends its transaction before the report is read;
   * - `read`: the run reads the report and commits.
   */
  readonly database:
    | 'no-connection'
    | 'login-rejected'
    | 'database-rejected'
    | 'rolled-back'
    | 'read';
}

/**
 * The properties that distinguish some of the targets. Defaults: a database with TimescaleDB 2.28.3 and level basic, a valid
 * secret, an endpoint that answers, and the event of a schedule.
 */
export interface Kind {
  readonly name: string;
  /** Number of its targets in one round of all kinds. */
  readonly share: number;
  /** Null for a database without TimescaleDB. */
  readonly release?: HandmadeRelease | null;
  /** Executed in the kind's database by its superuser. */
  readonly sql?: (database: Pick<TestDatabase, 'name' | 'role'>) => string;
  readonly secret?: (valid: SecretKeys) => SecretStages | ServiceError;
  readonly target?: Readonly<Record<string, unknown>>;
  /** DELIVERY, instead of the endpoint's address. */
  readonly delivery?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Keys in addition to the scheduled time; null for an invocation by hand, which has no scheduled time. */
  readonly event?: Readonly<Record<string, unknown>> | null;
  readonly answer?: (response: ServerResponse) => void;
  /** Whether its runs wait for retries of the AWS SDK; the table of durations excludes them. */
  readonly isSlow?: true;
  readonly expected: Expected;
}
