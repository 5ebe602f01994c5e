import { randomUUID } from 'node:crypto';
import type { FleetState } from '../fleet/fleet-state.ts';
import type { SentReport } from '../fleet/sent-report.ts';
import type { Bucket } from '../record/put-object.ts';
import { stateConflict } from './errors.ts';
import type { FleetEvent } from './event.ts';
import { type Folded, type FoldOptions, foldRecord } from './fold-record.ts';
import type { FleetProgress } from './line.ts';
import type { Notification } from './publishing/notifications.ts';
import { isDigestDue, notificationsOf } from './publishing/notify.ts';
import { takeMessages, warnOfLost } from './publishing/outbox.ts';
import type { Results, StateObject } from './publishing/results.ts';
import { fleetKey } from './reading/keys.ts';
import { encodeState, type StoredState } from './reading/stored-state.ts';
import type { FleetSettings } from './settings.ts';

/** Attempts to write a state while other reports write theirs, each twice. */
const ATTEMPTS = 3;

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
  replaces: string | null,
  { results }: Report,
): Promise<StateObject | undefined> {
  const body = await encodeState(state);
  const etag = await results.replaceState(body, replaces);
  if (etag !== undefined) return { body, etag };
  // A first attempt may have written the state, although its answer was lost.
  const present = await results.readState();
  return present.state?.writer === state.writer && present.etag !== null
    ? { body, etag: present.etag }
    : undefined;
}

/** A fold whose state was written. */
export interface Written extends Folded, Pick<StoredState, 'writer' | 'outbox'> {
  readonly object: StateObject;
}

/** Makes the messages of a report. Those that earlier reports have not published follow from the state before. */
function messagesOf(
  { fleet, transitions }: Folded,
  hasDigest: boolean,
  { settings }: Report,
): readonly Notification[] {
  const { bucket, environment, prefix, topic } = settings;
  const page = `s3://${bucket}/${fleetKey('page', environment, prefix)}`;
  return topic === undefined ? [] : notificationsOf(fleet, transitions, settings, hasDigest, page);
}

async function tryToFold(report: Report, options: FoldOptions): Promise<Written | undefined> {
  const { results, settings, event, dependencies, timed } = report;
  let { state: before, etag } = await timed('state', () => results.readState());
  const { digestDate, outbox: earlier = [] } = before ?? {};
  const isDamaged = before === undefined && etag !== null;
  const folded = await timed('record', () => {
    const promise = foldRecord(() => before, options);
    before = undefined;
    return promise;
  });
  const date = folded.fleet.asOf.slice(0, 10);
  const hasDigest = isDigestDue(settings, event, date, digestDate);
  const latestDigest = hasDigest ? date : digestDate;
  const writer = randomUUID();
  const messages = messagesOf(folded, hasDigest, report);
  const outbox =
    settings.topic === undefined ? [] : takeMessages(earlier, messages, writer, dependencies.now());
  const state: StoredState = {
    fleet: folded.fleet,
    readUntil: folded.readUntil,
    pending: folded.pending,
    writer,
    outbox,
    ...(latestDigest !== undefined && { digestDate: latestDigest }),
  };
  const object = await timed('write', () => writeState(state, etag, report));
  if (object === undefined) return undefined;
  const damage = isDamaged
    ? [
        'The state of the last report was damaged or of another version, and was replaced. Invoke the function with { "days": 400 } to read the whole record again.',
      ]
    : [];
  const warnings = [...folded.warnings, ...damage, ...warnOfLost(earlier, messages)];
  return { ...folded, warnings, writer, outbox, object };
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
