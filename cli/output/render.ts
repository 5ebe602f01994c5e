import { describePlace } from '../../lib/consent/level-place.ts';
import type {
  CheckReply,
  ConfiguredReply,
  DecisionReply,
  OutcomeReply,
  PreviewReply,
  RuleReply,
  StageReply,
} from './replies.ts';
import { grouped, type Mark, type TerminalReporter } from './terminal.ts';

/** What was asked of the database, and what decided. */
function showConsent(
  reporter: TerminalReporter,
  { granted, rule, sentence, remedy }: DecisionReply,
  label = 'consent',
): void {
  reporter.line(
    granted ? '✔' : '–',
    label,
    `${granted ? 'granted' : 'denied'} (rule ${rule}): ${sentence}`,
  );
  if (!granted && remedy !== undefined) reporter.note(remedy);
}

/** The four versions that a verdict is made from, one below the other. */
function versionTable({
  installed,
  available,
  reachable,
  latest,
}: NonNullable<OutcomeReply['version']>): readonly string[] {
  const rows = [
    ['installed', installed],
    ['on the disk', available ?? 'not listed'],
    ['newest here', reachable ?? '–'],
    ['newest', latest ?? '–'],
  ] as const;
  return rows.map(([what, version]) => `${what.padEnd(15)}${version}`);
}

function showVersion(
  reporter: TerminalReporter,
  { database, version, message, hint }: OutcomeReply,
): void {
  if (version === undefined) return;
  const isFine = version.verdicts.includes('up-to-date') || version.verdicts.includes('ahead');
  reporter.line(isFine ? '✔' : '▲', 'version', `${database}: ${message}`);
  if (hint !== undefined) reporter.note(hint);
  for (const row of versionTable(version)) reporter.row(row);
  reporter.note(version.sentence);
}

/** How large a report is, how it was built, and its hash. */
function describeReport({ source, bytes, sha256 }: NonNullable<OutcomeReply['report']>): string {
  const how = source === 'catalog' ? 'plain SQL' : "the server's own function";
  return `${grouped(bytes)} bytes by ${how}, sha256 ${sha256}`;
}

/** What was asked of the database, what it answered, and what was made of it. */
function showReading(
  reporter: TerminalReporter,
  { consent, report, remedy, durationMs, error, warnings = [], notes = [] }: OutcomeReply,
  secretsFrom: string,
): void {
  if (durationMs.database !== undefined) {
    reporter.line('✔', 'credentials', `from ${secretsFrom}`, durationMs.credentials);
  }
  if (consent !== undefined) {
    showConsent(reporter, { ...consent, ...(error === undefined && remedy && { remedy }) });
  }
  for (const warning of warnings) reporter.line('▲', 'warning', warning);
  for (const note of notes) reporter.line('–', 'schedule', note);
  if (report !== undefined) {
    reporter.line('✔', 'report', describeReport(report), durationMs.database);
  }
}

/**
 * The run as its outcome tells it.
 *
 * @param secretsFrom where its credentials came from
 * @param remedyFor what helps, where the outcome's own advice is for somebody else
 */
export function showOutcome(
  reporter: TerminalReporter,
  outcome: OutcomeReply,
  secretsFrom: string,
  remedyFor: (code: string) => string | undefined = () => undefined,
): void {
  const { receipt, message, durationMs, error, retry } = outcome;
  showReading(reporter, outcome, secretsFrom);
  if (receipt !== undefined) {
    const answer = `${receipt.endpoint} answered ${receipt.status}`;
    reporter.line(error === undefined ? '✔' : '✖', 'sent', answer, durationMs.delivery);
  }
  showVersion(reporter, outcome);
  if (outcome.outcome === 'skipped' && outcome.consent?.granted)
    reporter.line('–', 'skipped', message);
  if (error === undefined) return;
  const origin = error.origin === undefined ? '' : ` (${error.origin})`;
  reporter.line('✖', 'failed', `${error.code}${origin}: ${message}`);
  const remedy = remedyFor(error.code) ?? outcome.remedy;
  if (remedy !== undefined) reporter.note(remedy);
  if (retry !== undefined) reporter.line('–', 'retry', `attempt ${retry.attempt} at ${retry.at}`);
}

/** The report for a person's eyes; what is hashed and posted is one line. */
export function showReport(reporter: TerminalReporter, text: string): void {
  const formatted = JSON.stringify(JSON.parse(text), null, 2);
  reporter.block('The report, formatted; the bytes are one line:', formatted.split('\n'));
}

const MARK_OF_ANSWER: Readonly<Record<RuleReply['decision'], Mark>> = {
  grants: '✔',
  denies: '✖',
  'no-objection': '–',
};

const DECISIONS: Readonly<Record<RuleReply['decision'], string>> = {
  grants: 'grants',
  denies: 'denies',
  'no-objection': 'has no objection',
};

/** The rules' own answers: whoever wants to turn telemetry on has to see everything that is in the way. */
function showRules(
  reporter: TerminalReporter,
  { rules, remedy: shown }: PreviewReply['consent'],
): void {
  for (const { rule, decision, sentence, remedy } of rules) {
    reporter.line(MARK_OF_ANSWER[decision], 'rule', `${rule} ${DECISIONS[decision]}: ${sentence}`);
    if (decision === 'denies' && remedy !== undefined && remedy !== shown) reporter.note(remedy);
  }
}

function showLevels(reporter: TerminalReporter, { levels }: PreviewReply['consent']): void {
  const seen = levels.map(
    ({ level, isInvalid, ...place }) =>
      `${isInvalid ? 'off (invalid)' : level} ${describePlace(place)}`,
  );
  reporter.line('–', 'levels seen', seen.length === 0 ? 'none' : seen.join(', '));
}

/** What a run would do, and what it would send. */
export function showPreview(reporter: TerminalReporter, preview: PreviewReply, ms?: number): void {
  const { consent, nextDue, report, sha256, bytes, source } = preview;
  reporter.line(
    '✔',
    'database',
    `TimescaleDB ${preview.installedVersion} on PostgreSQL ${preview.postgresqlVersion}`,
    ms,
  );
  showConsent(reporter, consent);
  if (!consent.granted) showRules(reporter, consent);
  showLevels(reporter, consent);
  for (const warning of consent.warnings) reporter.line('▲', 'warning', warning);
  reporter.line('–', 'next due', nextDue ?? 'never');
  for (const note of preview.notes) reporter.line('–', 'note', note);
  if (report === null || sha256 === null || bytes === null || source === null) {
    reporter.line('–', 'report', 'not shown without consent; --always shows it all the same');
    return;
  }
  reporter.line('✔', 'report', describeReport({ source, bytes, sha256 }));
  if (!consent.granted)
    reporter.note('It is shown because you asked for it; it would not be sent.');
  showReport(reporter, report);
}

const MARK_OF_STAGE: Readonly<Record<StageReply['status'], Mark>> = {
  ok: '✔',
  failed: '✖',
  skipped: '–',
  'not-reached': '–',
};

function describeStage({ status, detail = '', code }: StageReply): string {
  if (status === 'not-reached') return 'not reached';
  if (status === 'skipped') return `skipped: ${detail}`;
  return code === undefined ? detail : `${code}: ${detail}`;
}

/** A level or a job that denies is as it should be, and yet nothing leaves: it is not marked as the others are. */
function markOf({ status, remedy }: StageReply): Mark {
  return status === 'ok' && remedy !== undefined ? '▲' : MARK_OF_STAGE[status];
}

/**
 * Every stage of a run with its time, and what to do about the broken one.
 *
 * @param said what the other side said, where the person at the terminal may read it
 */
export function showCheck(
  reporter: TerminalReporter,
  { stages, ok, consent, sentence }: CheckReply,
  said: readonly string[] = [],
): void {
  for (const stage of stages) {
    const { ms, code, remedy } = stage;
    reporter.line(markOf(stage), stage.stage, describeStage(stage), ms);
    const notes = code === undefined ? [remedy] : [...said, remedy];
    for (const note of notes) if (note !== undefined) reporter.note(note);
  }
  if (ok) reporter.line(consent?.granted ? '✔' : '–', 'result', sentence);
}

/** What was changed, or would be. */
export function showConfigured(reporter: TerminalReporter, configured: ConfiguredReply): void {
  const { statements, notes, consent, dryRun } = configured;
  showConsent(reporter, consent.before, 'before');
  for (const note of notes) reporter.line('–', 'note', note);
  if (consent.after === null) reporter.line('–', 'after', 'nothing was changed; --apply runs them');
  else showConsent(reporter, consent.after, 'after');
  const lines = statements.flatMap((sql, index) =>
    sql.split('\n').map((line, at) => `${at === 0 ? `${index + 1}.` : '  '} ${line}`),
  );
  reporter.block(
    dryRun
      ? 'The statements, exactly as --apply runs them:'
      : 'The statements, exactly as they ran:',
    lines.length === 0 ? ['none: nothing has to be changed'] : lines,
  );
}
