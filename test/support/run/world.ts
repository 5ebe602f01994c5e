import type { ServerResponse } from 'node:http';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { inject } from 'vitest';
import type { ListenOptions } from '../../../emulator/http-server.ts';
import type { InvokeApi } from '../../../emulator/lambda/invoke-api.ts';
import {
  fromTable,
  type SecretAnswer,
  type SecretsManager,
  startSecretsManager,
} from '../../../emulator/secrets-manager.ts';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
  type TelemetryEndpoint,
} from '../../../emulator/telemetry-endpoint.ts';
import type { Target } from '../../../lib/config/target.ts';
import { createSecretReader } from '../../../lib/credentials/secrets-manager.ts';
import type { CheckEnding } from '../../../lib/diagnostics/check-result.ts';
import { runSenderCheck } from '../../../lib/diagnostics/check-sender.ts';
import type { RunError } from '../../../lib/errors.ts';
import { writeRecord } from '../../../lib/record/write-record.ts';
import { getReport, type Preview } from '../../../lib/run/get-report.ts';
import type { Outcome } from '../../../lib/run/outcome.ts';
import { sendReport } from '../../../lib/run/send-report.ts';
import { createSchedule } from '../../../lib/schedule/schedule-retry.ts';
import { chooseReader } from '../../../lib/worker/choose-reader.ts';
import {
  CALLER_VARIABLES,
  startWorkerApi,
  type WorkerOptions,
  workerVariables,
} from '../lambda/worker.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { secret as remember } from '../process/secrets.ts';
import { scaled } from '../vitest/time-limits.ts';
import { withTwin } from './twin.ts';

export const SECRET_ID = 'test/metrics';
export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:send-report-local';

/** Returns a secret in the RDS shape for a database of the test server. */
export function secretFor(
  { name, role, password }: Pick<TestDatabase, 'name' | 'role' | 'password'>,
  overrides: Readonly<Record<string, unknown>> = {},
): string {
  return remember(
    JSON.stringify({
      engine: 'postgres',
      host: '127.0.0.1',
      port: inject('postgres').port,
      username: role,
      password: remember(password),
      dbname: name,
      ...overrides,
    }),
  );
}

/** The ways to reach a database, for tests that look at its connections: a label, and `split` of the world. */
export const MODES = [
  ['by the function itself', false],
  ['by a worker', true],
] as const;

export interface WorldOptions {
  readonly secret?: string;
  readonly secrets?: SecretAnswer;
  /** Options of Secrets Manager. */
  readonly secretsManager?: ListenOptions;
  /** Attempts of a request of the source to Secrets Manager; by default one, which saves time. */
  readonly secretAttempts?: number;
  readonly answer?: (response: ServerResponse) => Promise<void> | void;
  /** Options of the endpoint. */
  readonly endpoint?: ListenOptions;
  /**
   * Whether a worker reaches the database, or its options. By default the source runs twice: in a world of its own with a
   * worker, and then without one, and must end alike.
   */
  readonly split?: boolean | WorkerOptions;
}

export interface Settings {
  readonly target?: Readonly<Record<string, unknown>> | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly limitMs?: number;
  /** The event; `{}` is the event of an invocation by hand. */
  readonly event?: unknown;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The services around a run, on loopback: Secrets Manager for the real SDK, and the endpoint. */
export interface World extends AsyncDisposable {
  readonly secrets: SecretsManager;
  readonly endpoint: TelemetryEndpoint;
  /** The Lambda that runs the worker; undefined without a worker. */
  readonly lambda: InvokeApi | undefined;
  /** Returns the function's environment for a target. */
  environment(settings?: Settings): Record<string, string>;
  /** Runs the source of `send-report`, as its handler does. */
  run(settings?: Settings): Promise<{ outcome: Outcome; error: RunError | undefined }>;
  /** Runs the source of `get-report`, as its handler does. */
  preview(
    settings?: Settings,
  ): Promise<{ outcome: Outcome; preview: Preview | undefined; error: RunError | undefined }>;
  /** Runs the check of `send-report`, as its handler does. */
  check(settings?: Settings): Promise<CheckEnding>;
}

async function startOneWorld({
  secret = '{}',
  secrets: answerSecret = fromTable({
    [SECRET_ID]: { AWSCURRENT: { VersionId: 'v1', SecretString: remember(secret) } },
  }),
  secretsManager: secretsOptions = {},
  secretAttempts: maxAttempts = 1,
  answer = answerWithVersion('2.30.1'),
  endpoint: listenOptions = {},
  split = false,
}: WorldOptions): Promise<World> {
  const secrets = await startSecretsManager(answerSecret, secretsOptions);
  const endpoint = await startTelemetryEndpoint(answer, listenOptions);
  const lambda = split === false ? undefined : await startWorkerApi(split === true ? {} : split);
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: secrets.url,
    credentials: {
      accessKeyId: 'test',
      secretAccessKey: remember('secret-access-key-of-the-tests'),
    },
    maxAttempts,
  });
  const environment = ({
    target = {},
    environment: more = {},
  }: Settings = {}): Record<string, string> => ({
    TARGET: JSON.stringify({
      name: 'metrics',
      environment: 'test',
      secretId: SECRET_ID,
      tls: { mode: 'disable' },
      ...target,
    }),
    DELIVERY: JSON.stringify({ endpoint: endpoint.url + ENDPOINT_PATH }),
    ...(lambda && workerVariables(lambda)),
    ...more,
  });
  const dependencies = (settings: Settings) => ({
    secretsOf: (target: Target) => createSecretReader(client, target),
    reader: chooseReader({ ...CALLER_VARIABLES, ...environment(settings) }),
    limitMs: settings.limitMs ?? scaled(20_000),
    now: settings.now ?? Date.now,
  });
  return {
    secrets,
    endpoint,
    lambda,
    environment,
    async run(settings = {}) {
      const { line, error } = await sendReport(settings.event ?? {}, environment(settings), {
        ...dependencies(settings),
        functionArn: FUNCTION_ARN,
        createSchedule,
        writeRecord: (run, to, now, signal) =>
          writeRecord(run, to, { ...CALLER_VARIABLES, ...environment(settings) }, now, signal),
      });
      return { outcome: line, error };
    },
    async preview(settings = {}) {
      const { line, result, error } = await getReport(
        settings.event ?? {},
        environment(settings),
        dependencies(settings),
      );
      return { outcome: line, preview: result, error };
    },
    check: (settings = {}) =>
      runSenderCheck({ check: true }, environment(settings), dependencies(settings)),
    async [Symbol.asyncDispose]() {
      client.destroy();
      await secrets[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
      await lambda?.[Symbol.asyncDispose]();
    },
  };
}

/** Starts the services around a run. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const world = await startOneWorld(options);
  if (options.split !== undefined) return world;
  return withTwin(world, () => startOneWorld({ ...options, split: true }));
}
