import { type ErrorCode, RETRYABLE_BY_CODE } from '../../../lib/errors.ts';

/** Expected content of a run's summary line. In `message`, `…` stands for a number of this run. */
export interface ExpectedMessage {
  /** Present for a failure. */
  readonly code?: ErrorCode;
  readonly message: string;
  /** Absent when no action is needed. */
  readonly remedy?: string;
}

/** One fault in the environment of a run, and the end of the run: a row of docs/faults.md, and a test. */
export interface Fault {
  /** Description of the fault. */
  readonly fault: string;
  /** `killed`: the process ended before it could write a line; `folded`: `fleet-report` has written its results. */
  readonly outcome: 'sent' | 'skipped' | 'failed' | 'killed' | 'folded';
  readonly expected: ExpectedMessage;
  /** PostgreSQL's SQLSTATE, or the error code of Node.js or AWS. */
  readonly origin?: string;
  /** An error that does not end the run: one text in the line's `warnings`. */
  readonly warning?: { readonly expected: ExpectedMessage; readonly origin: string };
  /**
   * Whether exactly one retry is scheduled; by default, whether the code is retryable. A failed run without a retry throws,
   * so that Lambda's on-failure queue receives the event.
   */
  readonly retry?: boolean;
  /** Number of reports that arrive at the endpoint; by default 1 for `sent`, else 0. */
  readonly arrive?: number;
  /** A connection to the endpoint is opened although no report arrives. */
  readonly touchesEndpoint?: true;
  /** How the tests also run this fault with a worker; by default as the group says. */
  readonly split?: Arrangement;
}

/** Whether a further run of a fault has an arrangement of its own or, where the fault lasts, the same. */
export type Arrangement = 'own' | 'same';

/** Returns the text of a fault's warning. */
export function warningText({ warning }: Fault): string | undefined {
  if (warning === undefined) return undefined;
  const { code, message, remedy } = warning.expected;
  return `${message} (${code}, ${warning.origin}) ${remedy}`;
}

/** Whether a retry is scheduled. */
export function isRetried({ outcome, expected: { code }, retry }: Fault): boolean {
  return outcome === 'failed' && (retry ?? (code !== undefined && RETRYABLE_BY_CODE[code]));
}

export interface FaultGroup<Id extends string = string> {
  /** Heading of a section of docs/faults.md. */
  readonly title: string;
  /** How the tests also run each fault with a worker that reads the database. */
  readonly split?: Arrangement;
  /** How the tests also run the command `run` with each fault. */
  readonly command?: Arrangement;
  readonly faults: Readonly<Record<Id, Fault>>;
}
