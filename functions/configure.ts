import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type Configured, configure } from '../lib/configure/configure.ts';
import { createSecretReader, createSecretsClient } from '../lib/credentials/secrets-manager.ts';
import { createLog } from '../lib/observability/logger.ts';
import { SUMMARY_RESERVE_MS } from '../lib/run/deadline.ts';

const { logger, write } = createLog();
const client = createSecretsClient();

async function configureTelemetry(
  event: unknown,
  context: Context,
): Promise<Configured | undefined> {
  const { line, configured, error } = await configure(event, process.env, {
    secretsOf: (target) => createSecretReader(client, target),
    limitMs: context.getRemainingTimeInMillis() - SUMMARY_RESERVE_MS,
  });
  write(line, error);
  if (error !== undefined) throw error;
  return configured;
}

/** By hand, with an administrator's secret: turns one target's telemetry on or off. */
export const handler = middy(configureTelemetry, { timeoutEarlyInMillis: 500 }).use(
  injectLambdaContext(logger),
);
