import type { Clock } from './clock.ts';
import type { SmokeContext } from './context.ts';
import { type RunOptions, runSteps } from './run-steps.ts';
import type { Step, StepResult } from './step.ts';
import { deployStep } from './steps/deploy.ts';
import { failureSteps } from './steps/failure.ts';
import { preparationSteps } from './steps/prepare.ts';
import { removalSteps } from './steps/remove.ts';
import { reportSteps } from './steps/reports.ts';
import { timeoutSteps } from './steps/timeout.ts';

/** How a trial is followed and ended. */
export interface TrialOptions {
  readonly clock: Clock;
  /** Ends the trial; everything that it has created is removed. */
  readonly interrupt: AbortSignal;
  /** Also ends the removal. */
  readonly secondInterrupt: AbortSignal;
  /** Asks whether to deploy, after the preparation. */
  readonly confirm: () => Promise<boolean>;
  readonly onStart: (step: Step) => void;
  readonly onResult: (result: StepResult) => void;
}

/** Returns the steps from the deployment to the alarm. The waits overlap: the retry and the alarm need several minutes each. */
function trialSteps(context: SmokeContext): readonly Step[] {
  const { failure, retry } = failureSteps(context);
  const { timeout, queue, alarm } = timeoutSteps(context);
  return [deployStep(context), ...reportSteps(context), failure, timeout, queue, retry, alarm];
}

/**
 * Runs a trial. What the deployment has created is always removed, also after a failure or an interruption.
 *
 * @returns the results of all steps; those of the preparation alone if one of them failed, or if the deployment was not confirmed
 */
export async function runTrial(
  context: SmokeContext,
  { clock, interrupt, secondInterrupt, confirm, onStart, onResult }: TrialOptions,
): Promise<readonly StepResult[]> {
  const follow = { clock, onStart, onResult };
  const run = (steps: readonly Step[], options: Pick<RunOptions, 'signal' | 'before'>) =>
    runSteps(steps, { ...follow, ...options });
  const prepared = await run(preparationSteps(context), { signal: interrupt });
  if (prepared.some(({ status }) => status !== 'passed') || !(await confirm())) return prepared;
  context.findings.startedAt = clock.now();
  const tried = await run(trialSteps(context), { signal: interrupt, before: prepared });
  const [deployed] = tried;
  if (deployed?.status === 'not-run') return [...prepared, ...tried];
  const removed = await run(removalSteps(context), { signal: secondInterrupt });
  return [...prepared, ...tried, ...removed];
}
