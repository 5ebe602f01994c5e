import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createSecretReader } from '../lib/credentials.ts';
import { createObservability } from '../lib/observability.ts';
import type { Outcome } from '../lib/outcome.ts';
import { run } from '../lib/run.ts';

/** TimescaleDB's own limit for its telemetry job (`max_runtime`). */
const RUN_LIMIT_MS = 100_000;
/** Left of Lambda's time for the summary line and the metrics. */
const RESERVE_MS = 1_500;

/** Node's 250 ms per address fail on healthy but distant hosts (nodejs/node#54359). */
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

const { logger, metrics, record } = createObservability();
const client = new SecretsManagerClient({
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000 },
});

async function sendReport(event: unknown, context: Context): Promise<Outcome> {
  const { outcome, error } = await run(event, process.env, {
    secretsOf: (target) => createSecretReader(client, target),
    limitMs: Math.min(RUN_LIMIT_MS, context.getRemainingTimeInMillis() - RESERVE_MS),
  });
  record(outcome, error);
  if (error !== undefined) throw error;
  return outcome;
}

/** Scheduled: sends one target's report, where the database consents, and judges its version. */
export const handler = middy(sendReport, { timeoutEarlyInMillis: 500 })
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics));
