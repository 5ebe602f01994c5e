/** The job's statistics, as the scheduler or alter_job() writes them. */
export interface Statistics {
  readonly lastStart?: string;
  readonly lastFinish?: string;
  readonly nextStart: string;
  readonly interval?: string;
}

const NEVER_RUN = { lastStart: "'-infinity'", lastFinish: "'-infinity'" };

/**
 * Content of `bgw_job_stat`, null for no row, after the scheduler or a person has written it, and whether a run sends. The scheduler itself
 * sets no next start later than 5 intervals and 13 % after the last run.
 */
export const NEXT_STARTS: readonly (readonly [
  what: string,
  statistics: Statistics | null,
  sends: boolean,
])[] = [
  ['no row, for a job that has never run', null, true],
  [
    '-infinity, for a job that is running',
    { lastFinish: "'-infinity'", nextStart: "'-infinity'" },
    true,
  ],
  ['-infinity, for a job that has never run', { ...NEVER_RUN, nextStart: "'-infinity'" }, true],
  ['a time in the past', { nextStart: "now() - interval '1 year'" }, true],
  ['the time of the snapshot', { nextStart: 'now()' }, true],
  ['one interval', { nextStart: "now() + interval '1 day'" }, true],
  ['five intervals plus the jitter', { nextStart: "now() + interval '5 days 15 hours'" }, true],
  [
    'an hour more than five intervals plus the jitter',
    { nextStart: "now() + interval '5 days 16 hours'" },
    false,
  ],
  ['a month', { nextStart: "now() + interval '1 month'" }, false],
  ['a year with five digits', { nextStart: "'12345-01-01'" }, false],
  ['infinity', { nextStart: "'infinity'" }, false],
  [
    'infinity, for a job that is running',
    { lastFinish: "'-infinity'", nextStart: "'infinity'" },
    false,
  ],
  ['infinity, for a job that has never run', { ...NEVER_RUN, nextStart: "'infinity'" }, false],
  [
    'a day, for a job that has never run',
    { ...NEVER_RUN, nextStart: "now() + interval '1 day'" },
    false,
  ],
  [
    'an hour, for a job that runs each minute',
    { interval: '1 minute', nextStart: "now() + interval '59 minutes'" },
    true,
  ],
  [
    'two hours, for a job that runs each minute',
    { interval: '1 minute', nextStart: "now() + interval '2 hours'" },
    false,
  ],
  [
    'five months, for a monthly job',
    { interval: '1 month', nextStart: "now() + interval '5 months'" },
    true,
  ],
  [
    'six months, for a monthly job',
    { interval: '1 month', nextStart: "now() + interval '6 months'" },
    false,
  ],
  [
    'a year, for a job whose interval exceeds the range of timestamps',
    { interval: '178000000 years', nextStart: "now() + interval '1 year'" },
    true,
  ],
  [
    'a year and a day, after a run whose time is a year in the future',
    {
      lastStart: "now() + interval '1 year'",
      lastFinish: "now() + interval '1 year'",
      nextStart: "now() + interval '1 year 1 day'",
    },
    false,
  ],
  [
    'a month, after a run whose finish is infinite',
    { lastFinish: "'infinity'", nextStart: "now() + interval '1 month'" },
    false,
  ],
  [
    'a day, for a job that has never run and has an infinite interval',
    { ...NEVER_RUN, interval: 'infinity', nextStart: "now() + interval '1 day'" },
    false,
  ],
  [
    'an hour, for a job whose last run was a week ago',
    {
      lastStart: "now() - interval '7 days'",
      lastFinish: "now() - interval '7 days'",
      nextStart: "now() + interval '1 hour'",
    },
    false,
  ],
];
