import { createHash } from 'node:crypto';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import type { RecordedLine } from '../../../lib/record/recorded-run.ts';
import { writeRecord } from '../../../lib/record/write-record.ts';
import type { Account, Call, Result } from './account.ts';

const REPORT = '{"report":true}';
const SHA256 = createHash('sha256').update(REPORT).digest('hex');

const CONSENT = {
  granted: true,
  level: 'basic',
  rule: 'level-set',
  where: 'database',
  sentence: 'Telemetry is on.',
} as const;

export const CHECKED = {
  ok: true,
  sentence: 'Every stage passed.',
  consent: CONSENT,
  stages: [
    { stage: 'secret', status: 'ok', ms: 1 },
    { stage: 'job', status: 'skipped', ms: 0 },
  ],
};

/** The result of a run that was sent. */
export const SENT = {
  outcome: 'sent',
  message: 'the "timescaledb" extension is up-to-date',
  consent: CONSENT,
  report: { source: 'catalog', bytes: REPORT.length, sha256: SHA256 },
  receipt: { endpoint: 'telemetry.example.com', status: 200, at: '2026-11-29T00:00:00.000Z' },
  durationMs: { total: 1 },
} as const;

/** The result of a run whose endpoint cannot be reached. */
export const FAILED = {
  outcome: 'failed',
  message: 'The telemetry endpoint cannot be reached.',
  remedy: 'Check the name.',
  error: { code: 'ENDPOINT_UNREACHABLE', retryable: true },
  retry: { attempt: 1, at: '2026-11-29T00:01:00Z' },
  durationMs: { total: 1 },
} as const;

/** Writes a run into the record, as the function does. */
export async function record(
  { database, event, variables }: Call,
  { s3 }: Account,
  result: typeof SENT | typeof FAILED,
): Promise<void> {
  const { TARGET = '', RECORD = '' } = variables;
  const { scheduledTime, attempt } = event;
  const line: RecordedLine = {
    severity: 'INFO',
    environment: JSON.parse(TARGET).environment,
    database: database.name,
    ...(typeof scheduledTime === 'string' && { scheduledTime }),
    ...(typeof attempt === 'number' && { attempt }),
    ...result,
  };
  const run = { line, report: result === SENT ? REPORT : null, startedAt: Date.now() };
  const to = { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_S3: s3.url, ...LOCAL_CREDENTIALS };
  await writeRecord(run, JSON.parse(RECORD), to, Date.now(), AbortSignal.timeout(10_000));
}

/** Results of calls that differ from the usual ones. */
export type Differently = (
  call: Call,
  account: Account,
) => Promise<Result | undefined> | Result | undefined;

/** Answers as `send-report` does, and writes its record and its schedules, without running it. */
export function simulate(differently: Differently = () => undefined) {
  return async (call: Call, account: Account): Promise<Result> => {
    const other = await differently(call, account);
    if (other !== undefined) return other;
    if (call.variables['NODE_OPTIONS'] !== undefined) {
      const message = `RequestId: 1 Error: Task timed out after ${call.timeoutSeconds}.00 seconds`;
      return { error: { name: 'Sandbox.Timedout', message } };
    }
    if (call.event['check'] === true) return { value: CHECKED };
    const fails = call.variables['DELIVERY']?.includes('.invalid') === true;
    if (fails) account.schedules.push({ ...call.event, attempt: 1 });
    const result = fails ? FAILED : SENT;
    await record(call, account, result);
    return { value: result };
  };
}
