import { bundleOnce } from '../infra/bundle.ts';
import { asksNotToTrack, type Consent, NOT_TO_BE_TRACKED } from '../lib/consent.ts';
import type { Story } from '../lib/outcome.ts';
import { startPhases } from '../lib/phases.ts';
import { readDatabase } from '../lib/reading.ts';
import { parseSecret } from '../lib/secret.ts';
import { parseTarget } from '../lib/target.ts';
import { type Finished, runBundle, type TargetChoices, targetText } from './job.ts';
import { isOnLoopback, type OwnServer } from './options.ts';
import { describeReport, type Page, showConsent, showOutcome, showReport } from './page.ts';

const PREVIEW_LIMIT_MS = 100_000;

/** TLS as the URL's sslmode asks for it; without one, plain text only where nobody can listen. */
function tlsFor({ databaseUrl, tlsServerName }: OwnServer): TargetChoices['tls'] {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  const sslmode = url?.searchParams.get('sslmode') ?? 'disable';
  if (isOnLoopback(databaseUrl) && sslmode === 'disable' && tlsServerName === undefined)
    return { mode: 'disable' };
  return {
    mode: sslmode === 'verify-ca' ? 'verify-ca' : 'verify-full',
    ...(tlsServerName !== undefined && { serverName: tlsServerName }),
  };
}

function choicesFor(server: OwnServer): TargetChoices {
  const { level, reportSource, sizes } = server;
  return { name: 'own-server', level, tls: tlsFor(server), reportSource, sizes };
}

export interface Preview {
  readonly consent: Consent;
  /** The exact text, null when consent is denied and it was not asked for. */
  readonly report: string | null;
  readonly sha256: string | null;
  readonly bytes: number | null;
}

/** The reading half of the run alone. There is nothing here that could send. */
export async function preview(page: Page, server: OwnServer, always: boolean): Promise<Preview> {
  page.title('timescaledb-telemetry · what your server would report; nothing is sent');
  const isTracked = !asksNotToTrack(process.env['DO_NOT_TRACK']);
  const choices = choicesFor(server);
  // The server's own function would write, which is for those who may be tracked.
  const target = parseTarget({
    TARGET: targetText(isTracked ? choices : { ...choices, reportSource: 'catalog' }),
  });
  const credentials = parseSecret({ SecretString: server.databaseUrl }, target);
  page.line('–', 'server', `${credentials.host}, port ${credentials.port}, tls ${target.tls.mode}`);
  const story: Story = { durationMs: {} };
  const phases = startPhases(story.durationMs, PREVIEW_LIMIT_MS);
  const secrets = { read: async () => credentials };
  const { facts, consent, report } = await readDatabase(story, target, secrets, phases, {
    always,
    time: Date.now(),
    ignoreSchedule: true,
  }).finally(() => phases.stop());
  page.line(
    '✔',
    'database',
    `TimescaleDB ${facts.installedVersion} on PostgreSQL ${facts.postgresqlVersion}`,
    story.durationMs.database,
  );
  const decision = isTracked ? consent : NOT_TO_BE_TRACKED;
  showConsent(page, decision, decision.remedy);
  if (report === undefined || (!decision.granted && !always)) {
    if (!decision.granted) page.note('--always shows what the report would be all the same.');
    return { consent: decision, report: null, sha256: null, bytes: null };
  }
  const bytes = report.body.byteLength;
  const text = new TextDecoder().decode(report.body);
  page.line('✔', 'report', describeReport({ ...report, bytes }));
  if (report.fallback !== undefined)
    page.note(`Not by the server's own function: ${report.fallback}.`);
  if (!decision.granted) page.note('It is shown because you asked for it; it would not be sent.');
  showReport(page, text);
  return { consent: decision, report: text, sha256: report.sha256, bytes };
}

/** The whole run on a server of the caller's, to an endpoint of the caller's. */
export async function send(page: Page, server: OwnServer, endpoint: string): Promise<Finished> {
  page.title('timescaledb-telemetry · send-report on your server');
  await using built = await bundleOnce('send-report');
  const finished = await runBundle(built.file, server.databaseUrl, choicesFor(server), endpoint);
  showOutcome(page, finished.outcome);
  page.block('The log, as CloudWatch gets it:', finished.log);
  return finished;
}
