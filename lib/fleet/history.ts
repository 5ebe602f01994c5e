/**
 * History of one database: one point for each day with a run, in columns, because ten thousand databases have four million
 * points. Read it with `pointsOf()`. All columns have the same length; -1 is an unknown value.
 *
 * @property days days since 1970-01-01, ascending
 * @property versions installed version, as an index into `names`
 * @property flags see `history.ts`
 * @property dataVolumes in bytes
 * @property ratios uncompressed divided by compressed size, times 10
 * @property orders for open days only: the order of the run that each column of the day comes from
 */
export interface History {
  readonly names: readonly string[];
  readonly days: readonly number[];
  readonly versions: readonly number[];
  readonly flags: readonly number[];
  readonly dataVolumes: readonly number[];
  readonly chunks: readonly number[];
  readonly ratios: readonly number[];
  readonly orders: Readonly<Record<string, DayOrders>>;
}

/** Orders of the runs that a day's values come from; -1 for a value that no run of the day had. */
export interface DayOrders {
  readonly run: number;
  readonly version: number;
  readonly consent: number;
  readonly jobs: number;
  readonly figures: number;
}
