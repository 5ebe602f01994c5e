import { variablesOf } from '../../../infra/function-environment.ts';
import { recordKey } from '../../../lib/record/record-key.ts';
import type { RecordedLine } from '../../../lib/record/recorded-run.ts';
import { outcomeSchema } from '../../output/replies.ts';
import { recordedRun } from '../aws/bucket.ts';
import { configureFunction } from '../aws/functions.ts';
import { lookUntilFound } from '../clock.ts';
import { recordBucket, type SmokeContext, senderOf } from '../context.ts';
import { SmokeError, type Step } from '../step.ts';
import { parseReply } from './reports.ts';

/** No name below `.invalid` exists (RFC 2606): nothing is sent. */
const NO_ENDPOINT = 'https://timescaledb-telemetry-smoke.invalid/';
/**
 * The tick that is made to fail was so long ago: its retry, at the tick's time and the job's `retry_period`, is then due at once. The
 * next tick, after 24 h, is still to come; otherwise there would be no retry.
 */
const TICK_AGE_MS = 12 * 3_600_000;
const POLL_MS = 10_000;

/**
 * Invokes a run with an endpoint that does not exist, as the schedule would.
 *
 * @throws SmokeError unless the run failed and scheduled its retry
 */
async function failOnce(context: SmokeContext, tick: number, signal: AbortSignal) {
  const { environment, databases, aws, clock, invoke } = context;
  const name = senderOf(context, 'outside');
  const variables = variablesOf('send-report', environment, databases.outside);
  const broken = { ...variables, DELIVERY: JSON.stringify({ endpoint: NO_ENDPOINT }) };
  await configureFunction(aws, name, { variables: broken }, { clock, signal });
  try {
    const event = { scheduledTime: new Date(tick).toISOString() };
    return parseReply(outcomeSchema, await invoke('outside', event));
  } finally {
    // The retry is to succeed.
    if (!signal.aborted) await configureFunction(aws, name, { variables }, { clock, signal });
  }
}

function failureStep(context: SmokeContext): Step {
  return {
    name: 'failure',
    doing: 'making a run fail, with an endpoint that does not exist',
    needs: ['send-outside'],
    limitMinutes: 6,
    limitRemedy: 'Read the log of the function, and report it.',
    async run(signal) {
      const tick = Math.floor((context.clock.now() - TICK_AGE_MS) / 1_000) * 1_000;
      const {
        outcome,
        error,
        retry,
        message,
        warnings = [],
      } = await failOnce(context, tick, signal);
      if (outcome !== 'failed') {
        throw new SmokeError(
          `The run ended as ${outcome} instead of failed: ${message}`,
          'The telemetry job must be due at least every 24 hours (schedule_interval), and its initial_start must be earlier than 12 hours ago.',
        );
      }
      if (retry === undefined) {
        throw new SmokeError(
          `The run failed with ${error?.code}, but scheduled no retry. ${warnings.join(' ')}`.trim(),
          'Set max_retries of the telemetry job to -1 and its retry_period to at most 12 hours. Otherwise report this.',
        );
      }
      context.findings.failedTick = tick;
      return `${error?.code}, retry ${retry.attempt} at ${retry.at}`;
    },
  };
}

function describeRetry({ outcome, error, message }: RecordedLine, waitedMs: number): string {
  if (outcome === 'sent') {
    return `EventBridge Scheduler invoked it, the report was sent; waited ${Math.round(waitedMs / 1_000)} s`;
  }
  throw new SmokeError(
    `The retry ended as ${outcome}: ${error?.code ?? ''} ${message}`.replace('  ', ' '),
    'Read the log line of the retry.',
  );
}

function retryStep(context: SmokeContext): Step {
  const { environment, databases, clock, findings } = context;
  return {
    name: 'retry',
    doing: 'waiting for the retry of the failed run, in the record',
    needs: ['failure'],
    limitMinutes: 15,
    limitRemedy:
      'Look for the one-time schedule in the schedule group of the environment, and for messages in the queue undelivered.',
    async run(signal) {
      const startedAt = clock.now();
      const { failedTick: time = 0 } = findings;
      const key = recordKey({
        environment: environment.place.environment,
        database: databases.outside.name,
        time,
        attempt: 1,
      });
      const look = async () => recordedRun(await recordBucket(context), key, signal);
      const { line } = await lookUntilFound(look, POLL_MS, { clock, signal });
      return describeRetry(line, clock.now() - startedAt);
    },
  };
}

/** Creates the steps that make a run fail and wait for its retry. */
export function failureSteps(context: SmokeContext): {
  readonly failure: Step;
  readonly retry: Step;
} {
  return { failure: failureStep(context), retry: retryStep(context) };
}
