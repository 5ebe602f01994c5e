import type { Target } from '../config/target.ts';
import { decideConsent } from '../consent/decide-consent.ts';
import type { SecretReader } from '../credentials/secrets-manager.ts';
import { login } from '../postgres/connect.ts';
import type { Milestone, Observer } from '../postgres/socket.ts';
import { type Due, decideDue, nextDueTick, type Tick } from '../schedule/due.ts';
import { jobSettings } from '../schedule/job-settings.ts';
import { type Facts, readFacts } from '../timescaledb/facts.ts';
import { withTimescaledbSnapshot } from '../timescaledb/server-info.ts';
import type { Deadline } from './deadline.ts';
import type { RunRecord } from './outcome.ts';

/** How far the reading has come, after the login. */
export type ReadingMilestone = Milestone | 'identified' | 'factsRead' | 'decided';

/** What is asked of the half that reads. */
export interface ReadingOptions {
  /** The tick's nominal time, in milliseconds since 1970. */
  readonly time: number;
  /** Of a retry, when it is made, in milliseconds since 1970. */
  readonly retriedAt?: number | undefined;
  /** Build the report also in a tick that is not the job's. */
  readonly ignoreSchedule?: boolean | undefined;
  /** Build no report at all: where nothing is sent, only the facts count. */
  readonly withoutReport?: boolean;
  /** Of the run's time, what the sending needs; nothing where nothing is sent. */
  readonly reserveMs?: number;
  /** Build the report without consent, too: for showing it, never for sending. */
  readonly always?: boolean | undefined;
  /** DO_NOT_TRACK is set: there is no consent, whatever the database says. */
  readonly isUntracked?: boolean;
  /** Told of every milestone when it is reached. */
  readonly observe?: (milestone: ReadingMilestone, secured?: Parameters<Observer>[1]) => void;
}

/** What has no consent is shown at the most: the extension's own function would write. */
function withCatalogSource(target: Target): Target {
  return { ...target, reportSource: 'catalog' };
}

const SUPERSEDED =
  'This is a retry of a tick after which another was due already; that one is an attempt of its own.';

/**
 * A retry that was planned while the database could not be asked may come when the next due tick has been: that one has
 * sent the report, or is tried again itself.
 */
async function decideDueForRetry(
  facts: Facts,
  tick: Tick,
  retriedAt: number | undefined,
): Promise<Due> {
  const due = await decideDue(facts, tick);
  const next = nextDueTick(due, tick);
  if (retriedAt === undefined || !due.isDue || next === null || retriedAt < next) return due;
  const { nextDue } = await decideDue(facts, { ...tick, time: retriedAt });
  return { ...due, isDue: false, nextDue, notes: [...due.notes, SUPERSEDED] };
}

/** What the facts say of this tick: may it report, and is it to. */
async function decide(
  story: RunRecord,
  facts: Facts,
  target: Target,
  {
    time,
    retriedAt,
    ignoreSchedule = false,
    always = false,
    withoutReport = false,
    isUntracked = false,
  }: ReadingOptions,
) {
  const consent = decideConsent(facts, target, isUntracked);
  const due = await decideDueForRetry(facts, { time, hours: target.tickHours }, retriedAt);
  Object.assign(story, { consent, due });
  return {
    consent,
    due,
    isWanted: !withoutReport && (always || (consent.granted && (due.isDue || ignoreSchedule))),
  };
}

/**
 * The half that reads: credentials, one snapshot of the database, consent, whether the tick is due, and the report only
 * where both say yes. The connection is closed when this returns. The other half needs nothing of it but the facts and
 * the report.
 */
export async function readDatabase(
  story: RunRecord,
  target: Target,
  secrets: SecretReader,
  phases: Deadline,
  options: ReadingOptions,
) {
  const { observe = () => undefined } = options;
  const credentials = await phases.run('credentials', (signal) =>
    secrets.read('AWSCURRENT', signal),
  );
  const connection = await phases.run('connection', (signal) =>
    login(credentials, secrets, target, signal, observe),
  );
  return phases.run(
    'database',
    (signal) =>
      withTimescaledbSnapshot(connection, signal, phases.remainingMs, async (snapshot) => {
        observe('identified');
        const facts = await readFacts(snapshot);
        story.facts = facts;
        observe('factsRead');
        phases.setRunLimit(jobSettings(facts).maxRuntimeMs);
        const { consent, due, isWanted } = await decide(story, facts, target, options);
        observe('decided');
        if (!isWanted) return { facts, consent, due };
        const source = consent.granted ? target : withCatalogSource(target);
        // Not loaded by a run that has nothing to report.
        const { buildReport } = await import('../report/build-report.ts');
        const report = await buildReport(snapshot, source, consent.level);
        story.report = report;
        return { facts, consent, due, report };
      }),
    options.reserveMs,
  );
}
