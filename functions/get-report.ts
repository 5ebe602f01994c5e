import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createSecretReader, createSecretsClient } from '../lib/credentials/secrets-manager.ts';
import { checkMiddleware } from '../lib/diagnostics/middleware.ts';
import { createLog } from '../lib/observability/logger.ts';
import { SUMMARY_RESERVE_MS } from '../lib/run/deadline.ts';
import { type Preview, preview } from '../lib/run/get-report.ts';

const { logger, write } = createLog();
const client = createSecretsClient();

async function getReport(event: unknown, context: Context): Promise<Preview | undefined> {
  const {
    outcome,
    preview: shown,
    error,
  } = await preview(event, process.env, {
    secretsOf: (target) => createSecretReader(client, target),
    limitMs: context.getRemainingTimeInMillis() - SUMMARY_RESERVE_MS,
    now: Date.now,
  });
  write(outcome, error);
  if (error !== undefined) throw error;
  return shown;
}

/** By hand: one target's report as a run would send it, with the consent and its rules. It cannot send. */
export const handler = middy(getReport, { timeoutEarlyInMillis: 500 })
  .use(injectLambdaContext(logger))
  .use(
    checkMiddleware(process.env, client, write, () => import('../lib/diagnostics/run-check.ts')),
  );
