import type { ReadingTarget } from '../config/target.ts';
import { type Consent, decideConsent } from '../consent/decide-consent.ts';
import { type Connection, connectWithRotation } from '../postgres/connect.ts';
import type { Report } from '../report/build-report.ts';
import { jobSettings } from '../schedule/job-settings.ts';
import { readFacts } from '../timescaledb/facts.ts';
import { type TimescaledbSnapshot, withTimescaledbSnapshot } from '../timescaledb/server-info.ts';
import type { DatabaseReader, Reading, ReadOptions } from './database-reader.ts';
import { decideDueTick, isReportWanted } from './decisions.ts';
import type { DatabaseContext } from './run-to-end.ts';

/**
 * Builds the report. A report without consent is only shown, and is never built by the extension's own function, which
 * writes.
 */
async function build(
  snapshot: TimescaledbSnapshot,
  target: ReadingTarget,
  { granted, level }: Consent,
): Promise<Report> {
  // Loaded only by a run that has something to report.
  const { buildReport } = await import('../report/build-report.ts');
  return buildReport(snapshot, granted ? target : { ...target, reportSource: 'catalog' }, level);
}

async function readSnapshot(
  snapshot: TimescaledbSnapshot,
  target: ReadingTarget,
  options: ReadOptions,
  { deadline, emit }: DatabaseContext,
): Promise<Reading> {
  emit({ type: 'server-identified' });
  const facts = await readFacts(snapshot);
  emit({ type: 'facts-read', facts });
  deadline.setRunLimit(jobSettings(facts).maxRuntimeMs);
  const consent = decideConsent(facts, target, options.isUntracked);
  emit({ type: 'consent-decided', consent });
  const due = await decideDueTick(facts, options, target);
  emit({ type: 'due-decided', due });
  if (!isReportWanted(options.report, consent, due)) {
    return { facts, consent, due, report: undefined };
  }
  const report = await build(snapshot, target, consent);
  emit({ type: 'report-built', report });
  return { facts, consent, due, report };
}

/**
 * Reads one snapshot over one connection, which is closed when this returns.
 *
 * @param connect opens the connection, and logs in
 */
export async function readDatabase(
  connect: (signal: AbortSignal) => Promise<Connection>,
  target: ReadingTarget,
  options: ReadOptions,
  context: DatabaseContext,
): Promise<Reading> {
  const { deadline } = context;
  const connection = await deadline.run('connection', connect);
  return deadline.run(
    'database',
    (signal) =>
      withTimescaledbSnapshot(connection, signal, deadline.remainingMs, (snapshot) =>
        readSnapshot(snapshot, target, options, context),
      ),
    options.reserveMs,
  );
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
    return readDatabase(
      (signal) => connectWithRotation(credentials, secrets, target, signal, emit),
      target,
      options,
      context,
    );
  },
};
