import { randomUUID } from 'node:crypto';
import type { FleetState } from '../fleet/fleet-state.ts';
import type { SentReport } from '../fleet/sent-report.ts';
import type { Bucket } from '../record/put-object.ts';
import { stateConflict } from './errors.ts';
import type { FleetEvent } from './event.ts';
import { type Folded, type FoldOptions, foldRecord } from './fold-record.ts';
import type { FleetProgress } from './line.ts';
import { isDigestDue } from './publishing/notify.ts';
import type { Results } from './publishing/results.ts';
import type { StoredState } from './reading/stored-state.ts';
import type { FleetSettings } from './settings.ts';

/** Attempts to write a state while other reports write theirs. */
const ATTEMPTS = 2;

/** What a page shows beside the state. */
interface PageContent {
  readonly reportsOf: (name: string, count: number) => Promise<readonly SentReport[]>;
  readonly recordedIn: string;
}

/** Dependencies of a report on its function. */
export interface FleetDependencies {
  /** The limit of the invocation, in milliseconds. */
  readonly limitMs: number;
  /** Returns milliseconds since 1970. */
  readonly now: () => number;
  /** Renders the page, in parts. */
  readonly renderPage: (state: FleetState, content: PageContent) => AsyncIterable<string>;
}

/** A report that is being made. */
export interface Report {
  readonly settings: FleetSettings;
  readonly event: FleetEvent;
  readonly bucket: Bucket;
  readonly results: Results;
  readonly dependencies: FleetDependencies;
  readonly signal: AbortSignal;
  readonly progress: FleetProgress;
  /** Runs a step, and notes its duration. */
  readonly timed: <T>(step: string, work: () => Promise<T>) => Promise<T>;
}

/** Writes the state, unless another report has written one since it was read. */
async function writeState(
  state: StoredState,
  etag: string | null,
  { results }: Report,
): Promise<boolean> {
  if (await results.writeState(state, etag)) return true;
  // A first attempt may have written the state, although its answer was lost.
  const { state: present } = await results.readState();
  return present?.writer === state.writer;
}

/** A fold whose state was written. */
export interface Written extends Folded {
  readonly hasDigest: boolean;
}

async function tryToFold(report: Report, options: FoldOptions): Promise<Written | undefined> {
  const { results, settings, event, timed } = report;
  let { state: before, etag } = await timed('state', () => results.readState());
  const { digestDate } = before ?? {};
  const isDamaged = before === undefined && etag !== null;
  const folded = await timed('record', () => {
    const promise = foldRecord(() => before, options);
    before = undefined;
    return promise;
  });
  const date = folded.fleet.asOf.slice(0, 10);
  const hasDigest = isDigestDue(settings, event, date, digestDate);
  const latestDigest = hasDigest ? date : digestDate;
  const state: StoredState = {
    fleet: folded.fleet,
    readUntil: folded.readUntil,
    pending: folded.pending,
    writer: randomUUID(),
    ...(latestDigest !== undefined && { digestDate: latestDigest }),
  };
  if (!(await timed('write', () => writeState(state, etag, report)))) return undefined;
  const damage = isDamaged
    ? [
        'The state of the last report was damaged or of another version, and was replaced. Invoke the function with { "days": 400 } to read the whole record again.',
      ]
    : [];
  return { ...folded, warnings: [...folded.warnings, ...damage], hasDigest };
}

/**
 * Folds the record, and writes the state.
 *
 * @throws RunError FLEET_STATE_CONFLICT, or an error of the S3 client
 */
export async function foldAndWriteState(report: Report, options: FoldOptions): Promise<Written> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const written = await tryToFold(report, options);
    if (written !== undefined) return written;
  }
  throw stateConflict();
}
