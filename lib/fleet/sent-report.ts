import type { RunSummary } from './database-state.ts';

/**
 * A report that was posted, as the record keeps it.
 *
 * @property at that of the run's summary, which identifies the run: when it was recorded, and not when the report was posted
 * @property status that of the run's summary; absent if it is not known
 */
export interface SentReport extends Pick<RunSummary, 'at' | 'status'> {
  /** The exact text that was posted. */
  readonly text: string;
}
