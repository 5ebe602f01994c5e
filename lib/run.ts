import { decideConsent } from './consent.ts';
import type { SecretReader } from './credentials.ts';
import { login, withSnapshot } from './database.ts';
import { deliver } from './delivery.ts';
import { type RunError, toRunError } from './errors.ts';
import { readFacts } from './facts.ts';
import { type Outcome, type Story, toOutcome } from './outcome.ts';
import { type Phases, startPhases } from './phases.ts';
import { buildReport } from './report/report.ts';
import { parseEvent, parseSettings, type Settings, type Target } from './target.ts';
import { judge } from './versions.ts';

export interface RunDependencies {
  /** Gives the reader of a target's secret. */
  readonly secretsOf: (target: Target) => SecretReader;
  /** How long the run may take, in milliseconds. */
  readonly limitMs: number;
}

/** The error is there when the outcome is `failed`; whoever called throws it once the outcome is logged. */
export interface RunResult {
  readonly outcome: Outcome;
  readonly error?: RunError;
}

/** One run for one target, from event to outcome. Never throws: how it ended is in the result. */
export async function run(
  input: unknown,
  settings: Settings,
  { secretsOf, limitMs }: RunDependencies,
): Promise<RunResult> {
  const story: Story = { durationMs: {} };
  const phases = startPhases(story.durationMs, limitMs);
  try {
    const { target, delivery } = parseSettings(settings);
    story.target = target;
    story.event = parseEvent(input);

    const { facts, report } = await readDatabase(
      story,
      target,
      settings.DO_NOT_TRACK,
      secretsOf(target),
      phases,
    );

    if (report !== undefined) {
      const { receipt, reply } = await phases.run('delivery', (signal) =>
        deliver(report, delivery, signal),
      );
      story.receipt = receipt;
      story.verdict = judge(reply, facts);
    }
  } catch (thrown) {
    story.error = toRunError(thrown);
  } finally {
    phases.stop();
  }
  return { outcome: toOutcome(story), ...(story.error && { error: story.error }) };
}

/**
 * The half that reads: credentials, one snapshot of the database, consent, and the report only where there is consent.
 * The connection is closed when this returns. The other half needs nothing of it but the facts and the report.
 */
export async function readDatabase(
  story: Story,
  target: Target,
  doNotTrack: string | undefined,
  secrets: SecretReader,
  phases: Phases,
) {
  const credentials = await phases.run('credentials', (signal) =>
    secrets.read('AWSCURRENT', signal),
  );
  return phases.run('database', async (signal) => {
    const connection = await login(credentials, secrets, target, signal);
    return withSnapshot(connection, phases.remainingMs(), async (snapshot) => {
      const facts = await readFacts(snapshot);
      story.facts = facts;
      const consent = decideConsent(facts, target, doNotTrack);
      story.consent = consent;
      const report = consent.granted ? await buildReport(snapshot, target) : undefined;
      if (report !== undefined) story.report = report;
      return { facts, consent, report };
    });
  });
}
