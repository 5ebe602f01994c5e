import type { Target } from '../config/target.ts';
import { type Consent, decideConsent } from '../consent/decide-consent.ts';
import { connectWithRotation } from '../postgres/connect.ts';
import type { Report } from '../report/build-report.ts';
import { type Due, decideDue, loadSchedule, nextDueTick, type Schedule } from '../schedule/due.ts';
import { jobSettings } from '../schedule/job-settings.ts';
import { readFacts } from '../timescaledb/facts.ts';
import { type TimescaledbSnapshot, withTimescaledbSnapshot } from '../timescaledb/server-info.ts';
import type { DatabaseReader, Reading, ReadOptions } from './database-reader.ts';
import type { RunContext } from './run-to-end.ts';

const SUPERSEDED =
  'This retry is too late: a later tick of the job was due meanwhile and has its own attempts.';

/**
 * Decides whether the tick is due. A retry that was planned without an answer of the database can come after the next
 * due tick; that tick has sent the report, or has retries of its own.
 */
function decideDueForRetry(
  schedule: Schedule,
  { time, retriedAt }: ReadOptions,
  { tickHours }: Target,
): Due {
  const tick = { time, hours: tickHours };
  const due = decideDue(schedule, tick);
  const next = nextDueTick(due, tick);
  if (retriedAt === undefined || !due.isDue || next === null || retriedAt < next) return due;
  const { nextDue } = decideDue(schedule, { ...tick, time: retriedAt });
  return { ...due, isDue: false, nextDue, notes: [...due.notes, SUPERSEDED] };
}

function isReportWanted(report: ReadOptions['report'], { granted }: Consent, due: Due): boolean {
  switch (report) {
    case 'never':
      return false;
    case 'when-due':
      return granted && due.isDue;
    case 'when-consented':
      return granted;
    case 'always':
      return true;
  }
}

/**
 * Builds the report. A report without consent is only shown, and is never built by the extension's own function, which
 * writes.
 */
async function build(
  snapshot: TimescaledbSnapshot,
  target: Target,
  { granted, level }: Consent,
): Promise<Report> {
  // Loaded only by a run that has something to report.
  const { buildReport } = await import('../report/build-report.ts');
  return buildReport(snapshot, granted ? target : { ...target, reportSource: 'catalog' }, level);
}

async function readSnapshot(
  snapshot: TimescaledbSnapshot,
  target: Target,
  options: ReadOptions,
  { deadline, emit }: RunContext,
): Promise<Reading> {
  emit({ type: 'server-identified' });
  const facts = await readFacts(snapshot);
  emit({ type: 'facts-read', facts });
  deadline.setRunLimit(jobSettings(facts).maxRuntimeMs);
  const consent = decideConsent(facts, target, options.isUntracked);
  emit({ type: 'consent-decided', consent });
  const due = decideDueForRetry(await loadSchedule(facts), options, target);
  emit({ type: 'due-decided', due });
  if (!isReportWanted(options.report, consent, due)) {
    return { facts, consent, due, report: undefined };
  }
  const report = await build(snapshot, target, consent);
  emit({ type: 'report-built', report });
  return { facts, consent, due, report };
}

/** Reads the database in this process, over a connection of its own. */
export const inProcessReader: DatabaseReader = {
  async read(target, options, context) {
    const { deadline, emit } = context;
    const secrets = context.secretsOf(target);
    const credentials = await deadline.run('credentials', (signal) =>
      secrets.read('AWSCURRENT', signal),
    );
    emit({ type: 'credentials-read', versionId: credentials.versionId });
    const connection = await deadline.run('connection', (signal) =>
      connectWithRotation(credentials, secrets, target, signal, emit),
    );
    return deadline.run(
      'database',
      (signal) =>
        withTimescaledbSnapshot(connection, signal, deadline.remainingMs, (snapshot) =>
          readSnapshot(snapshot, target, options, context),
        ),
      options.reserveMs,
    );
  },
};
