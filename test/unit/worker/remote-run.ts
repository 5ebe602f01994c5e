import {
  type Exchange,
  functionResult,
  type InvokeApi,
  type LambdaAnswer,
  startInvokeApi,
} from '../../../emulator/lambda/invoke-api.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../../emulator/telemetry-endpoint.ts';
import type { Credentials } from '../../../lib/credentials/parse-secret.ts';
import { type SendReportEnding, sendReport } from '../../../lib/run/send-report.ts';
import type { OneTimeSchedule } from '../../../lib/schedule/plan-retry.ts';
import { createRemoteReader } from '../../../lib/worker/remote-reader.ts';
import { CALLER_VARIABLES, WORKER_ARN, workerVariables } from '../../support/lambda/worker.ts';
import { TARGET_TEXT, TICK } from './answers.ts';

export const CREDENTIALS: Credentials = {
  versionId: 'v1',
  host: 'db.internal',
  port: 5432,
  user: 'reporter',
  password: 'password-of-the-worker-tests',
  database: 'orders',
  ca: undefined,
};

const RETRY = '{"scheduleGroup":"g","roleArn":"arn:aws:iam::000000000000:role/scheduler"}';

/** How a run deviates from a tick with enough time. */
interface RunChoices {
  readonly target?: string;
  readonly event?: object;
  readonly limitMs?: number;
  readonly secret?: (stage: 'AWSCURRENT' | 'AWSPENDING') => Credentials;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs of `send-report` whose worker is a Lambda on loopback, with an endpoint. */
export interface RemoteRuns extends AsyncDisposable {
  readonly lambda: InvokeApi;
  readonly endpoint: Awaited<ReturnType<typeof startTelemetryEndpoint>>;
  readonly schedules: readonly OneTimeSchedule[];
  run(choices?: RunChoices): Promise<SendReportEnding>;
}

/** @param answer the worker's answer, as an object or as a whole answer of Lambda */
export async function startRemoteRuns(
  answer: (exchange: Exchange) => Promise<LambdaAnswer | object> | LambdaAnswer | object,
): Promise<RemoteRuns> {
  const lambda = await startInvokeApi(
    { [WORKER_ARN]: { invoke: () => Promise.reject(new TypeError('No function is deployed.')) } },
    {
      async interfere(exchange) {
        const answered = await answer(exchange);
        return 'status' in answered ? answered : functionResult(JSON.stringify(answered));
      },
    },
  );
  const endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'));
  const schedules: OneTimeSchedule[] = [];
  return {
    lambda,
    endpoint,
    schedules,
    run({
      target = TARGET_TEXT,
      event = { scheduledTime: TICK },
      limitMs = 60_000,
      secret = () => CREDENTIALS,
      variables = {},
    } = {}) {
      const settings = { ...CALLER_VARIABLES, ...workerVariables(lambda), ...variables };
      return sendReport(
        event,
        {
          ...settings,
          TARGET: target,
          DELIVERY: JSON.stringify({ endpoint: `${endpoint.url}/v1/metrics` }),
          RETRY,
        },
        {
          reader: createRemoteReader(settings),
          secretsOf: () => ({ read: async (stage) => secret(stage) }),
          functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
          createSchedule: async (schedule) => void schedules.push(schedule),
          writeRecord: async () => undefined,
          limitMs,
          now: () => Date.parse(TICK),
        },
      );
    },
    async [Symbol.asyncDispose]() {
      await lambda[Symbol.asyncDispose]();
      await endpoint[Symbol.asyncDispose]();
    },
  };
}
