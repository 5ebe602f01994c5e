import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createSecretReader, createSecretsClient } from '../lib/credentials.ts';
import { answerChecks } from '../lib/doctor/answer-checks.ts';
import { createLog } from '../lib/log.ts';
import { createMetrics } from '../lib/metrics.ts';
import type { Outcome } from '../lib/outcome.ts';
import { SUMMARY_RESERVE_MS } from '../lib/phases.ts';
import { run } from '../lib/run.ts';

// As in lib/transport.ts, for the endpoint.
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

const { logger, write } = createLog();
const metrics = createMetrics();
const client = createSecretsClient();

async function sendReport(event: unknown, context: Context): Promise<Outcome> {
  const { outcome, error, retryError } = await run(event, process.env, {
    secretsOf: (target) => createSecretReader(client, target),
    functionArn: context.invokedFunctionArn,
    createSchedule: async (schedule, signal) =>
      (await import('../lib/scheduler.ts')).createSchedule(schedule, signal),
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
  .use(answerChecks(process.env, client, write, () => import('../lib/doctor/sending.ts')));
