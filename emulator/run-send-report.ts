import type { Level, Target } from '../lib/config/target.ts';
import type { Outcome } from '../lib/run/outcome.ts';
import { createFunctionPool } from './lambda/function-pool.ts';
import { type Invocation, invoke } from './lambda/invoke.ts';
import { startInvokeApi } from './lambda/invoke-api.ts';
import { startS3 } from './s3.ts';
import { fromTable, startSecretsManager } from './secrets-manager.ts';

const SECRET_ID = 'local/metrics';
const RECORD_BUCKET = 'local-record';
const WORKER_NAME = 'database-worker-local';
const WORKER_ARN = `arn:aws:lambda:us-east-1:000000000000:function:${WORKER_NAME}`;
/** The origin of a local run's credentials. */
export const SECRETS_FROM = 'the Secrets Manager on loopback';

/** The settings of a target that the local commands choose. */
export interface TargetChoices extends Partial<Pick<Target, 'reportSource' | 'sizes'>> {
  /** The name of the database in log lines. */
  readonly name: string;
  readonly level: Level;
  readonly tls: Partial<Target['tls']>;
}

/** Returns the value of TARGET, as a deployment sets it. */
export function targetText({ level, ...choices }: TargetChoices): string {
  return JSON.stringify({
    ...choices,
    environment: 'local',
    secretId: SECRET_ID,
    levelWhenUnset: level,
  });
}

/** The outcome and the log of one run of the bundle. */
export interface Finished {
  readonly outcome: Outcome;
  readonly log: readonly string[];
  /** The log of the worker; empty without one. */
  readonly workerLog: readonly string[];
}

/** Returns the caller's variables for consent and proxies. */
function inheritedEnvironment(): Record<string, string> {
  const names = [
    'DO_NOT_TRACK',
    // Node reads both spellings, and prefers the lower case.
    ...['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'],
    'NODE_USE_ENV_PROXY',
    'NODE_EXTRA_CA_CERTS',
  ];
  const found = names.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(
    found.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && 'outcome' in value && 'durationMs' in value;
}

/** The endpoint of a run, and optional deviations. */
export interface RunChoices {
  readonly endpoint: string;
  readonly ignoreSchedule?: boolean;
  /** Folder in which the run is recorded. */
  readonly recordFolder?: string | undefined;
  /** The bundle of the worker, which reaches the database in a process of its own. */
  readonly workerFile?: string | undefined;
  /** More environment variables of the function. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Returns the outcome of an invocation. A failed run throws; its outcome is in the summary line. */
function outcomeOf(invocation: Invocation): Outcome {
  if ('value' in invocation && isOutcome(invocation.value)) return invocation.value;
  for (const line of invocation.log) {
    const parsed: unknown = line.startsWith('{') ? JSON.parse(line) : undefined;
    if (isOutcome(parsed)) return parsed;
  }
  throw new Error(`The function ended without a summary line:\n${invocation.log.join('\n')}`);
}

/** Invokes the bundle for one target, whose secret is in a Secrets Manager on loopback. */
export async function runBundle(
  bundleFile: string,
  secret: string,
  choices: TargetChoices,
  { endpoint, ignoreSchedule = false, recordFolder, workerFile, environment = {} }: RunChoices,
): Promise<Finished> {
  await using secrets = await startSecretsManager(
    fromTable({ [SECRET_ID]: { AWSCURRENT: { VersionId: 'first', SecretString: secret } } }),
  );
  await using s3 =
    recordFolder === undefined
      ? undefined
      : await startS3({ bucket: RECORD_BUCKET, folder: recordFolder });
  await using pool =
    workerFile === undefined
      ? undefined
      : createFunctionPool(workerFile, { AWS_LAMBDA_FUNCTION_NAME: WORKER_NAME });
  await using lambda = pool && (await startInvokeApi({ [WORKER_ARN]: pool }));
  const invocation = await invoke(
    bundleFile,
    { ignoreSchedule },
    {
      ...inheritedEnvironment(),
      ...environment,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      TARGET: targetText(choices),
      DELIVERY: JSON.stringify({ endpoint }),
      ...(s3 && {
        AWS_ENDPOINT_URL_S3: s3.url,
        RECORD: JSON.stringify({ bucket: RECORD_BUCKET }),
      }),
      ...(lambda && {
        AWS_ENDPOINT_URL_LAMBDA: lambda.url,
        WORKER: JSON.stringify({ functionArn: WORKER_ARN }),
      }),
    },
  );
  const outcome = outcomeOf(invocation);
  return { outcome, log: invocation.log, workerLog: lambda?.log ?? [] };
}
