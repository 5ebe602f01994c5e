import type { ErrorFields, RunError } from '../errors.ts';
import { toErrorFields } from '../errors.ts';
import type { FleetCounts } from '../fleet/fleet-state.ts';
import type { Line } from '../run/outcome.ts';
import { formatCounts, formatDatabases } from './publishing/notifications.ts';

/** The result of a report, and the summary line of its log. */
export interface FleetLine extends Line {
  /** `folded`: the record was read and the results were written; `shown`: a widget was rendered. */
  readonly outcome: 'folded' | 'shown' | 'failed';
  readonly environment?: string;
  readonly scheduledTime?: string;
  /** ISO 8601. */
  readonly asOf?: string;
  readonly counts?: FleetCounts;
  /** The first and the last day of the record that were to be read. */
  readonly days?: readonly [first: string, last: string];
  readonly objects?: {
    /** In the listings, those that were read, and those of them that S3 refused. */
    readonly listed: number;
    readonly read: number;
    readonly refused: number;
  };
  /** Objects that could not be used, as the page lists them. */
  readonly problems?: number;
  readonly notifications?: number;
  /** URI of the page. */
  readonly page?: string;
  readonly warnings?: readonly string[];
  readonly remedy?: string;
  readonly error?: ErrorFields;
  readonly durationMs: Readonly<Record<string, number>>;
}

/** What a report has learned so far. */
export type FleetProgress = {
  -readonly [Key in keyof Omit<FleetLine, 'severity' | 'message' | 'outcome'>]: FleetLine[Key];
};

function severityOf({ counts, warnings }: FleetProgress): Line['severity'] {
  const { silent, broken, vulnerable } = counts ?? {};
  const isUrgent = [silent, broken, vulnerable].some((one) => (one?.count ?? 0) > 0);
  return isUrgent || warnings !== undefined ? 'WARN' : 'INFO';
}

/** Makes the line of a report. Pure. */
export function toFleetLine(progress: FleetProgress, error: RunError | undefined): FleetLine {
  if (error !== undefined) {
    return {
      outcome: 'failed',
      severity: 'ERROR',
      message: error.message,
      ...progress,
      remedy: error.remedy,
      error: toErrorFields(error),
    };
  }
  const { counts } = progress;
  return {
    outcome: 'folded',
    severity: severityOf(progress),
    message:
      counts === undefined ? '' : `${formatDatabases(counts.databases)}: ${formatCounts(counts)}.`,
    ...progress,
  };
}
