/** A result that was not expected, with its remedy. Neither contains a secret. */
export class SmokeError extends Error {
  override readonly name = 'SmokeError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** One step of the trial. */
export interface Step {
  /** A token, at most 13 characters. */
  readonly name: string;
  /** What is done, as a present participle, such as `invoking the check`. */
  readonly doing: string;
  /** Names of the steps that must have passed. */
  readonly needs: readonly string[];
  readonly limitMinutes: number;
  /** The remedy if the time limit is exceeded. */
  readonly limitRemedy: string;
  /**
   * @returns a sentence on what was seen, without a full stop
   * @throws SmokeError, CommandError, or an error of a request; the signal's reason
   */
  run(signal: AbortSignal): Promise<string>;
}

export interface StepResult {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'not-run';
  /** Duration in milliseconds; 0 for a step that was not run. */
  readonly ms: number;
  /** What was seen, or the error. */
  readonly detail: string;
  readonly remedy?: string;
}

export function hasPassed(results: readonly StepResult[], name: string): boolean {
  return results.some((result) => result.name === name && result.status === 'passed');
}
