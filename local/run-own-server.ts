import { bundle } from '../infra/bundle.ts';
import type { Consent } from '../lib/consent.ts';
import { parseSecret } from '../lib/credentials.ts';
import type { Story } from '../lib/outcome.ts';
import { startPhases } from '../lib/phases.ts';
import { readDatabase } from '../lib/run.ts';
import { type Level, parseTarget } from '../lib/target.ts';
import { type Finished, runBundle, type TargetChoices, targetText } from './job.ts';
import { grouped, type Page, showConsent, showOutcome, showReport } from './page.ts';

const PREVIEW_LIMIT_MS = 100_000;

/** Plain text only where nobody can listen. */
function choicesFor(databaseUrl: string, level: Level): TargetChoices {
  const host = URL.canParse(databaseUrl) ? new URL(databaseUrl).hostname : '';
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);
  return { level, tls: isLoopback ? 'disable' : 'verify-full' };
}

export interface Preview {
  readonly consent: Consent;
  /** The exact text, null when consent is denied. */
  readonly report: string | null;
  readonly sha256: string | null;
  readonly bytes: number | null;
}

/** The reading half of the run alone. There is nothing here that could send. */
export async function preview(page: Page, databaseUrl: string, level: Level): Promise<Preview> {
  page.title('timescaledb-telemetry · what would be sent; nothing is');
  const target = parseTarget(targetText(choicesFor(databaseUrl, level)));
  const secrets = { read: async () => parseSecret({ SecretString: databaseUrl }, target) };
  const story: Story = { durationMs: {} };
  const phases = startPhases(story.durationMs, PREVIEW_LIMIT_MS);
  const { facts, consent, report } = await readDatabase(
    story,
    target,
    process.env['DO_NOT_TRACK'],
    secrets,
    phases,
  ).finally(() => phases.stop());
  page.line(
    '✔',
    'database',
    `TimescaleDB ${facts.installedVersion} on PostgreSQL ${facts.postgresqlVersion}`,
    story.durationMs.database,
  );
  showConsent(page, consent, consent.remedy);
  if (report === undefined) return { consent, report: null, sha256: null, bytes: null };

  const bytes = report.body.byteLength;
  const text = new TextDecoder().decode(report.body);
  page.line('✔', 'report', `${grouped(bytes)} bytes by plain SQL, sha256 ${report.sha256}`);
  showReport(page, text);
  return { consent, report: text, sha256: report.sha256, bytes };
}

/** The whole job on a server of the caller's, to an endpoint of the caller's. */
export async function send(
  page: Page,
  databaseUrl: string,
  level: Level,
  endpoint: string,
): Promise<Finished> {
  page.title('timescaledb-telemetry · the main job on your server');
  const { file } = await bundle('send-report');
  const finished = await runBundle(file, databaseUrl, choicesFor(databaseUrl, level), endpoint);
  showOutcome(page, finished.outcome);
  page.block('The log, as CloudWatch gets it:', finished.log);
  return finished;
}
