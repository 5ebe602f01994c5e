import type { RecordSettings } from '../config/record-config.ts';
import type { RetrySettings, RunEvent } from '../config/send-report-config.ts';
import type { Target } from '../config/target.ts';
import type { Consent } from '../consent/decide-consent.ts';
import type { Receipt } from '../delivery/deliver.ts';
import type { RunError } from '../errors.ts';
import type { ConnectionEvent } from '../postgres/socket.ts';
import type { Report } from '../report/build-report.ts';
import type { Due } from '../schedule/due.ts';
import type { Retry } from '../schedule/plan-retry.ts';
import type { Facts } from '../timescaledb/facts.ts';
import type { CheckedVersion } from '../version-check/check-version.ts';
import type { Verdict } from '../version-check/judge-version.ts';
import type { Durations } from './deadline.ts';

/** The state of one run so far. The outcome is a pure function of it. */
export interface RunRecord {
  readonly target?: Target;
  readonly retrySettings?: RetrySettings;
  readonly recordSettings?: RecordSettings;
  readonly event?: RunEvent;
  readonly facts?: Facts;
  readonly consent?: Consent;
  readonly due?: Due;
  readonly report?: Report;
  readonly receipt?: Receipt;
  readonly verdict?: Verdict;
  /** Why the operator's version data was not used. */
  readonly dataWarning?: string;
  readonly error?: RunError;
  /** The retry that follows the error. */
  readonly retry?: Retry;
  /** Why the retry that should follow the error could not be scheduled. */
  readonly retryError?: RunError;
  /** Why the run could not be recorded in the operator's bucket. */
  readonly recordError?: RunError;
  readonly durationMs: Durations;
}

/**
 * The progress of a run, in the order of the run. The record and a check both read this stream. No event holds a secret.
 */
export type RunProgress =
  | {
      readonly type: 'configured';
      readonly target: Target;
      readonly retrySettings?: RetrySettings;
      readonly recordSettings?: RecordSettings;
    }
  | { readonly type: 'event-parsed'; readonly event: RunEvent }
  | { readonly type: 'credentials-read'; readonly versionId: string | undefined }
  | { readonly type: 'worker-answered' }
  | ConnectionEvent
  | { readonly type: 'server-identified' }
  | { readonly type: 'facts-read'; readonly facts: Facts }
  | { readonly type: 'consent-decided'; readonly consent: Consent }
  | { readonly type: 'due-decided'; readonly due: Due }
  | { readonly type: 'report-built'; readonly report: Report }
  | { readonly type: 'report-sent'; readonly receipt: Receipt }
  | ({ readonly type: 'version-judged' } & CheckedVersion)
  | { readonly type: 'failed'; readonly error: RunError }
  | { readonly type: 'retry-scheduled'; readonly retry: Retry }
  | { readonly type: 'retry-failed'; readonly retryError: RunError }
  | { readonly type: 'record-failed'; readonly recordError: RunError };

/** Adds the content of an event to a record, under the same name. Pure. */
function addToRecord(record: RunRecord, event: RunProgress): RunRecord {
  switch (event.type) {
    case 'credentials-read':
    case 'worker-answered':
    case 'connection-started':
    case 'name-resolved':
    case 'connected':
    case 'tls-established':
    case 'logged-in':
    case 'server-identified':
      return record;
    default: {
      const { type: _, ...learned } = event;
      return { ...record, ...learned };
    }
  }
}

/** Receives the events and the durations of one run. */
export interface RunRecorder {
  readonly emit: (event: RunProgress) => void;
  readonly durationMs: Durations;
  /** The record so far. */
  readonly record: RunRecord;
}

/** Starts the empty record of one run. */
export function createRunRecorder(): RunRecorder {
  const durationMs: Durations = {};
  let record: RunRecord = { durationMs };
  return {
    durationMs,
    emit(event) {
      record = addToRecord(record, event);
    },
    get record() {
      return record;
    },
  };
}
