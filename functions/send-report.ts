import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { createSecretReaders } from '../lib/credentials/secrets-manager.ts';
import { createLog } from '../lib/observability/logger.ts';
import { createMetrics } from '../lib/observability/metrics.ts';
import { sendReport } from '../lib/run/send-report.ts';
import { chooseReader } from '../lib/worker/choose-reader.ts';
import { createHandler } from './create-handler.ts';

// Applies to the endpoint; lib/postgres/socket.ts has the reason.
setDefaultAutoSelectFamilyAttemptTimeout(2_500);

const secretsOf = createSecretReaders();
const reader = chooseReader(process.env);
const metrics = createMetrics(process.env);

/** Invoked by the schedule: sends the report of one target if the database consents, and checks its version. */
export const handler = createHandler({
  log: createLog(),
  run: (event, invocation, { invokedFunctionArn }) =>
    sendReport(event, process.env, {
      ...invocation,
      secretsOf,
      reader,
      functionArn: invokedFunctionArn,
      createSchedule: async (schedule, signal) =>
        (await import('../lib/schedule/schedule-retry.ts')).createSchedule(schedule, signal),
      writeRecord: async (run, settings, now, signal) =>
        (await import('../lib/record/write-record.ts')).writeRecord(
          run,
          settings,
          process.env,
          now,
          signal,
        ),
    }),
  async check(event, invocation) {
    const { runSenderCheck } = await import('../lib/diagnostics/check-sender.ts');
    return runSenderCheck(event, process.env, { ...invocation, secretsOf, reader });
  },
  writeMetrics: (outcome) => metrics.write(outcome),
});
