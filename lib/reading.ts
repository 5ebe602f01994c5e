import { login } from './connection.ts';
import { decideConsent } from './consent.ts';
import type { SecretReader } from './credentials.ts';
import { withSnapshot } from './database.ts';
import { type Facts, readFacts } from './facts.ts';
import type { Story } from './outcome.ts';
import type { Phases } from './phases.ts';
import { buildReport } from './report/report.ts';
import { decideDue, jobSettings } from './schedule.ts';
import type { Target } from './target.ts';

/** What is asked of the half that reads. */
export interface ReadingOptions {
  /** The tick's nominal time, in milliseconds since 1970. */
  readonly time: number;
  /** Build the report also in a tick that is not the job's. */
  readonly ignoreSchedule?: boolean | undefined;
  /** Build the report without consent, too: for showing it, never for sending. */
  readonly always?: boolean | undefined;
}

/** What has no consent is shown at the most: the extension's own function would write. */
function onlyReading(target: Target): Target {
  return { ...target, reportSource: 'catalog' };
}

/** What the facts say of this tick: may it report, and is it to. */
async function decide(
  story: Story,
  facts: Facts,
  target: Target,
  { time, ignoreSchedule = false, always = false }: ReadingOptions,
) {
  const consent = decideConsent(facts, target);
  const due = await decideDue(facts, { time, hours: target.tickHours });
  Object.assign(story, { consent, due });
  return {
    consent,
    due,
    isWanted: always || (consent.granted && (due.isDue || ignoreSchedule)),
  };
}

/**
 * The half that reads: credentials, one snapshot of the database, consent, whether the tick is due, and the report only
 * where both say yes. The connection is closed when this returns. The other half needs nothing of it but the facts and
 * the report.
 */
export async function readDatabase(
  story: Story,
  target: Target,
  secrets: SecretReader,
  phases: Phases,
  options: ReadingOptions,
) {
  const credentials = await phases.run('credentials', (signal) =>
    secrets.read('AWSCURRENT', signal),
  );
  return phases.run('database', async (signal) => {
    const connection = await login(credentials, secrets, target, signal);
    return withSnapshot(connection, phases.remainingMs, async (snapshot) => {
      const facts = await readFacts(snapshot);
      story.facts = facts;
      phases.limitTo(jobSettings(facts).maxRuntimeMs);
      const { consent, due, isWanted } = await decide(story, facts, target, options);
      if (!isWanted) return { facts, consent, due };
      const source = consent.granted ? target : onlyReading(target);
      const report = await buildReport(snapshot, source, consent.level);
      story.report = report;
      return { facts, consent, due, report };
    });
  });
}
