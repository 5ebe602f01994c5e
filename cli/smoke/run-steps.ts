import { CREDENTIALS_REMEDY } from '../../infra/credentials.ts';
import { AwsError } from '../../lib/aws/aws-request.ts';
import { errorCodeOf } from '../../lib/errors.ts';
import { CommandError } from '../command.ts';
import type { Clock } from './clock.ts';
import { hasPassed, SmokeError, type Step, type StepResult } from './step.ts';

const MINUTE_MS = 60_000;

export interface RunOptions {
  readonly clock: Clock;
  /** Ends the step that is running; the steps after it are not run. */
  readonly signal: AbortSignal;
  /** Results of the steps before. */
  readonly before?: readonly StepResult[];
  readonly onStart?: (step: Step) => void;
  readonly onResult?: (result: StepResult) => void;
}

/** Codes of AWS and its SDK for credentials that are missing, unknown or expired. */
const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

function explain(thrown: unknown): Pick<StepResult, 'detail' | 'remedy'> {
  if (thrown instanceof SmokeError || thrown instanceof CommandError) {
    return { detail: thrown.message, remedy: thrown.remedy };
  }
  const code = errorCodeOf(thrown);
  if (code !== undefined && CREDENTIAL_ERRORS.has(code)) {
    const detail = `AWS rejects the credentials, or there are none (${code}).`;
    return { detail, remedy: CREDENTIALS_REMEDY };
  }
  if (thrown instanceof AwsError) {
    return {
      detail: `AWS answered ${thrown.status} (${thrown.name}).`,
      remedy:
        'Compare the permissions of your credentials with those that docs/deploying.md lists.',
    };
  }
  if (code === undefined) throw thrown;
  return {
    detail: `A request to AWS failed (${code}).`,
    remedy: "Check this machine's network connection to AWS, and start again.",
  };
}

/** Runs a step until it ends or the signal is aborted. A step that does not heed the signal is left running. */
async function runUntilAborted(step: Step, signal: AbortSignal): Promise<string> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([step.run(signal), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function runStep(step: Step, { clock, signal }: RunOptions): Promise<StepResult> {
  const startedAt = clock.now();
  const { name, doing, limitMinutes, limitRemedy } = step;
  const limit = clock.timeout(limitMinutes * MINUTE_MS);
  const end = (rest: Pick<StepResult, 'status' | 'detail' | 'remedy'>): StepResult => ({
    name,
    ms: clock.now() - startedAt,
    ...rest,
  });
  try {
    const detail = await runUntilAborted(step, AbortSignal.any([signal, limit]));
    return end({ status: 'passed', detail });
  } catch (error) {
    if (signal.aborted) return end({ status: 'failed', detail: 'Interrupted.' });
    if (!limit.aborted) return end({ status: 'failed', ...explain(error) });
    const detail = `Time limit of ${limitMinutes} minutes exceeded: ${doing}.`;
    return end({ status: 'failed', detail, remedy: limitRemedy });
  }
}

/** Runs steps in order. A step is left out if one that it needs has not passed. Never throws what a step throws. */
export async function runSteps(
  steps: readonly Step[],
  options: RunOptions,
): Promise<readonly StepResult[]> {
  const { signal, before = [], onStart, onResult } = options;
  const results: StepResult[] = [];
  for (const step of steps) {
    const missing = step.needs.find((name) => !hasPassed([...before, ...results], name));
    const reason = signal.aborted ? 'Interrupted.' : missing && `It needs ${missing}.`;
    if (reason === undefined) onStart?.(step);
    const result =
      reason === undefined
        ? await runStep(step, options)
        : ({ name: step.name, status: 'not-run', ms: 0, detail: reason } as const);
    results.push(result);
    onResult?.(result);
  }
  return results;
}
