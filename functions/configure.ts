import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { type Configured, configure } from '../lib/configure/configure.ts';
import { createSecretReader } from '../lib/credentials.ts';
import { createLog } from '../lib/log.ts';

/** Left of Lambda's time for the summary line. */
const RESERVE_MS = 1_500;

const { logger, write } = createLog();
const client = new SecretsManagerClient({
  // Without the third the second is only a warning.
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});

async function configureTelemetry(
  event: unknown,
  context: Context,
): Promise<Configured | undefined> {
  const { line, configured, error } = await configure(event, process.env, {
    secretsOf: (target) => createSecretReader(client, target),
    limitMs: context.getRemainingTimeInMillis() - RESERVE_MS,
  });
  write(line, error);
  if (error !== undefined) throw error;
  return configured;
}

/** By hand, with an administrator's secret: turns one target's telemetry on or off. */
export const handler = middy(configureTelemetry, { timeoutEarlyInMillis: 500 }).use(
  injectLambdaContext(logger),
);
