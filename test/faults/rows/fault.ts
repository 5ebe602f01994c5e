import { type ErrorCode, RETRYABLE_BY_CODE } from '../../../lib/errors.ts';

/** What the one summary line of a run says. In `message`, `…` stands for a figure of the run's own. */
export interface Saying {
  /** Of a failure. */
  readonly code?: ErrorCode;
  readonly message: string;
  /** What to do; where there is none, nothing is to be done. */
  readonly remedy?: string;
}

/** One fault of the world around a run, and what the run makes of it: a row of docs/faults.md, and a test. */
export interface Fault {
  /** What is wrong. */
  readonly fault: string;
  /** `killed`: the process did not live to say anything. */
  readonly outcome: 'sent' | 'skipped' | 'failed' | 'killed';
  readonly says: Saying;
  /** PostgreSQL's SQLSTATE, Node's or AWS's name of the error. */
  readonly origin?: string;
  /**
   * Whether exactly one retry is scheduled; where it is not said, whether the code is one that trying again can help. A run
   * without one throws, so that Lambda's on-failure queue has it.
   */
  readonly retry?: boolean;
  /** How many reports arrive at the endpoint; where it is not said, 1 with `sent` and none without. */
  readonly arrive?: number;
  /** The endpoint is asked for a connection although no report arrives. */
  readonly touchesEndpoint?: true;
}

/** Whether a retry is scheduled. */
export function isRetried({ outcome, says: { code }, retry }: Fault): boolean {
  return outcome === 'failed' && (retry ?? (code !== undefined && RETRYABLE_BY_CODE[code]));
}

export interface FaultGroup<Id extends string = string> {
  /** A heading. */
  readonly title: string;
  readonly faults: Readonly<Record<Id, Fault>>;
}
