import type { Database, Environment } from '../../infra/config/resolved-environment.ts';
import { functionName } from '../../lib/naming.ts';
import type { Bucket } from '../../lib/record/put-object.ts';
import { openBucket } from './aws/bucket.ts';
import type { AwsClient } from './aws/client.ts';
import type { Clock } from './clock.ts';
import { SmokeError } from './step.ts';

/** The two databases of a trial, by the place of their functions. */
export const PLACES = ['outside', 'vpc'] as const;
export type Place = (typeof PLACES)[number];

/** How the texts name each database: the report contains no names of the user. */
export const LABELS: Readonly<Record<Place, string>> = {
  outside: 'the database without a VPC',
  vpc: 'the database in a VPC',
};

/** What later steps need to know of earlier ones. */
interface Findings {
  /** When the trial started, in milliseconds since 1970. */
  startedAt: number;
  /** The hash of each report that was sent. */
  readonly sent: Map<Place, string>;
  /** The tick whose run was made to fail, in milliseconds since 1970. */
  failedTick?: number;
  /** Names of what is left in the account. */
  left?: readonly string[];
}

/** Everything that the steps work with. */
export interface SmokeContext {
  readonly environment: Environment;
  readonly databases: Readonly<Record<Place, Database>>;
  readonly aws: AwsClient;
  readonly clock: Clock;
  /** Runs a CDK command for the environment, and returns its exit status. */
  readonly runCdk: (
    command: 'deploy' | 'destroy',
    options: readonly string[],
    signal: AbortSignal,
  ) => Promise<number>;
  /**
   * Invokes `send-report` of a database, and returns its result.
   *
   * @throws CommandError when there is no result
   */
  readonly invoke: (place: Place, event: unknown) => Promise<unknown>;
  readonly findings: Findings;
}

/** Returns the name of `send-report` of a database. */
export function senderOf({ environment, databases }: SmokeContext, place: Place): string {
  return functionName(environment.place.environment, databases[place].name, 'send-report');
}

/**
 * Opens the bucket of the record.
 *
 * @throws SmokeError for an environment without one
 */
export function recordBucket({ environment, aws }: SmokeContext): Promise<Bucket> {
  const { record } = environment;
  if (record !== undefined) return openBucket(aws, record.name);
  throw new SmokeError('The environment has no record.', 'Remove record from the environment.');
}
