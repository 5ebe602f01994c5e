import { login } from './connection.ts';
import { asksNotToTrack, decideConsent, NOT_TO_BE_TRACKED } from './consent.ts';
import type { SecretReader } from './credentials.ts';
import { withSnapshot } from './database.ts';
import { deliver } from './delivery.ts';
import { type RunError, toRunError } from './errors.ts';
import { readFacts } from './facts.ts';
import { type Outcome, type Story, toOutcome } from './outcome.ts';
import { type Phases, startPhases } from './phases.ts';
import { buildReport } from './report/report.ts';
import { parseEvent, parseSettings, type Settings } from './settings.ts';
import type { Target } from './target.ts';
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
    await execute(story, input, settings, secretsOf, phases);
  } catch (thrown) {
    story.error = toRunError(thrown);
  } finally {
    phases.stop();
  }
  return { outcome: toOutcome(story), ...(story.error && { error: story.error }) };
}

async function execute(
  story: Story,
  input: unknown,
  settings: Settings,
  secretsOf: RunDependencies['secretsOf'],
  phases: Phases,
): Promise<void> {
  const { target, delivery } = parseSettings(settings);
  story.target = target;
  story.event = parseEvent(input);
  if (asksNotToTrack(settings.DO_NOT_TRACK)) {
    story.consent = NOT_TO_BE_TRACKED;
    return;
  }

  const { facts, consent, report } = await readDatabase(story, target, secretsOf(target), phases);
  if (!consent.granted || report === undefined) return;

  const { receipt, readReply } = await phases.run('delivery', (signal) =>
    deliver(report, delivery, signal),
  );
  story.receipt = receipt;
  story.verdict = judge(await readReply(), facts);
}

/** What has no consent is shown at the most: the extension's own function would write. */
function onlyReading(target: Target): Target {
  return { ...target, reportSource: 'catalog' };
}

/**
 * The half that reads: credentials, one snapshot of the database, consent, and the report only where there is consent.
 * The connection is closed when this returns. The other half needs nothing of it but the facts and the report.
 *
 * @param always build the report without consent too: for showing it, never for sending
 */
export async function readDatabase(
  story: Story,
  target: Target,
  secrets: SecretReader,
  phases: Phases,
  { always = false }: { readonly always?: boolean } = {},
) {
  const credentials = await phases.run('credentials', (signal) =>
    secrets.read('AWSCURRENT', signal),
  );
  return phases.run('database', async (signal) => {
    const connection = await login(credentials, secrets, target, signal);
    return withSnapshot(connection, phases.remainingMs, async (snapshot) => {
      const facts = await readFacts(snapshot);
      story.facts = facts;
      const consent = decideConsent(facts, target);
      story.consent = consent;
      const report =
        consent.granted || always
          ? await buildReport(
              snapshot,
              consent.granted ? target : onlyReading(target),
              consent.level,
            )
          : undefined;
      if (report !== undefined) story.report = report;
      return { facts, consent, report };
    });
  });
}
