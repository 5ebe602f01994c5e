import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createSecretReader, createSecretsClient } from '../lib/credentials/secrets-manager.ts';
import { checkMiddleware } from '../lib/diagnostics/middleware.ts';
import { createLog } from '../lib/observability/logger.ts';
import { createMetrics } from '../lib/observability/metrics.ts';
import { SUMMARY_RESERVE_MS } from '../lib/run/deadline.ts';
import type { Outcome } from '../lib/run/outcome.ts';
import { run } from '../lib/run/send-report.ts';

// As in lib/postgres/socket.ts, for the endpoint.
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

const { logger, write } = createLog();
const metrics = createMetrics();
const client = createSecretsClient();

async function sendReport(event: unknown, context: Context): Promise<Outcome> {
  const { outcome, error, retryError } = await run(event, process.env, {
    secretsOf: (target) => createSecretReader(client, target),
    functionArn: context.invokedFunctionArn,
    createSchedule: async (schedule, signal) =>
      (await import('../lib/schedule/schedule-retry.ts')).createSchedule(schedule, signal),
    limitMs: context.getRemainingTimeInMillis() - SUMMARY_RESERVE_MS,
    now: Date.now,
  });
  write(outcome, error, retryError);
  metrics.write(outcome);
  if (error !== undefined && outcome.retry === undefined) throw error;
  return outcome;
}

/** Scheduled: sends one target's report, where the database consents, and judges its version. */
export const handler = middy(sendReport, { timeoutEarlyInMillis: 500 })
  .use(injectLambdaContext(logger))
  .use(
    checkMiddleware(process.env, client, write, () => import('../lib/diagnostics/check-sender.ts')),
  );
