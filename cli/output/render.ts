import { describePlace } from '../../lib/consent/level-place.ts';
import type {
  CheckReply,
  ConfiguredReply,
  DecisionReply,
  OutcomeReply,
  PreviewReply,
  RuleReply,
  StageReply,
} from '../replies.ts';
import { grouped, type Mark, type Page } from './terminal.ts';

/** What was asked of the database, and what decided. */
function showConsent(
  page: Page,
  { granted, rule, sentence, remedy }: DecisionReply,
  label = 'consent',
): void {
  page.line(
    granted ? '✔' : '–',
    label,
    `${granted ? 'granted' : 'denied'} (rule ${rule}): ${sentence}`,
  );
  if (!granted && remedy !== undefined) page.note(remedy);
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

function showVersion(page: Page, { database, version, message, hint }: OutcomeReply): void {
  if (version === undefined) return;
  const isFine = version.verdicts.includes('up-to-date') || version.verdicts.includes('ahead');
  page.line(isFine ? '✔' : '▲', 'version', `${database}: ${message}`);
  if (hint !== undefined) page.note(hint);
  for (const row of versionTable(version)) page.row(row);
  page.note(version.sentence);
}

/** How large a report is, how it was built, and its hash. */
function describeReport({ source, bytes, sha256 }: NonNullable<OutcomeReply['report']>): string {
  const how = source === 'catalog' ? 'plain SQL' : "the server's own function";
  return `${grouped(bytes)} bytes by ${how}, sha256 ${sha256}`;
}

/** What was asked of the database, what it answered, and what was made of it. */
function showReading(
  page: Page,
  { consent, report, remedy, durationMs, error, warnings = [], notes = [] }: OutcomeReply,
  secretsFrom: string,
): void {
  if (durationMs.database !== undefined) {
    page.line('✔', 'credentials', `from ${secretsFrom}`, durationMs.credentials);
  }
  if (consent !== undefined) {
    showConsent(page, { ...consent, ...(error === undefined && remedy && { remedy }) });
  }
  for (const warning of warnings) page.line('▲', 'warning', warning);
  for (const note of notes) page.line('–', 'schedule', note);
  if (report !== undefined) {
    page.line('✔', 'report', describeReport(report), durationMs.database);
  }
}

/**
 * The run as its outcome tells it.
 *
 * @param secretsFrom where its credentials came from
 * @param remedyFor what helps, where the outcome's own advice is for somebody else
 */
export function showOutcome(
  page: Page,
  outcome: OutcomeReply,
  secretsFrom: string,
  remedyFor: (code: string) => string | undefined = () => undefined,
): void {
  const { receipt, message, durationMs, error, retry } = outcome;
  showReading(page, outcome, secretsFrom);
  if (receipt !== undefined) {
    const answer = `${receipt.endpoint} answered ${receipt.status}`;
    page.line(error === undefined ? '✔' : '✖', 'sent', answer, durationMs.delivery);
  }
  showVersion(page, outcome);
  if (outcome.outcome === 'skipped' && outcome.consent?.granted) page.line('–', 'skipped', message);
  if (error === undefined) return;
  const origin = error.origin === undefined ? '' : ` (${error.origin})`;
  page.line('✖', 'failed', `${error.code}${origin}: ${message}`);
  const remedy = remedyFor(error.code) ?? outcome.remedy;
  if (remedy !== undefined) page.note(remedy);
  if (retry !== undefined) page.line('–', 'retry', `attempt ${retry.attempt} at ${retry.at}`);
}

/** The report for a person's eyes; what is hashed and posted is one line. */
export function showReport(page: Page, text: string): void {
  const formatted = JSON.stringify(JSON.parse(text), null, 2);
  page.block('The report, formatted; the bytes are one line:', formatted.split('\n'));
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
function showRules(page: Page, { rules, remedy: shown }: PreviewReply['consent']): void {
  for (const { rule, decision, sentence, remedy } of rules) {
    page.line(MARK_OF_ANSWER[decision], 'rule', `${rule} ${DECISIONS[decision]}: ${sentence}`);
    if (decision === 'denies' && remedy !== undefined && remedy !== shown) page.note(remedy);
  }
}

function showLevels(page: Page, { levels }: PreviewReply['consent']): void {
  const seen = levels.map(
    ({ level, isInvalid, ...place }) =>
      `${isInvalid ? 'off (invalid)' : level} ${describePlace(place)}`,
  );
  page.line('–', 'levels seen', seen.length === 0 ? 'none' : seen.join(', '));
}

/** What a run would do, and what it would send. */
export function showPreview(page: Page, preview: PreviewReply, ms?: number): void {
  const { consent, nextDue, report, sha256, bytes, source } = preview;
  page.line(
    '✔',
    'database',
    `TimescaleDB ${preview.installedVersion} on PostgreSQL ${preview.postgresqlVersion}`,
    ms,
  );
  showConsent(page, consent);
  if (!consent.granted) showRules(page, consent);
  showLevels(page, consent);
  for (const warning of consent.warnings) page.line('▲', 'warning', warning);
  page.line('–', 'next due', nextDue ?? 'never');
  for (const note of preview.notes) page.line('–', 'note', note);
  if (report === null || sha256 === null || bytes === null || source === null) {
    page.line('–', 'report', 'not shown without consent; --always shows it all the same');
    return;
  }
  page.line('✔', 'report', describeReport({ source, bytes, sha256 }));
  if (!consent.granted) page.note('It is shown because you asked for it; it would not be sent.');
  showReport(page, report);
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
export function showExamination(
  page: Page,
  { stages, ok, consent, sentence }: CheckReply,
  said: readonly string[] = [],
): void {
  for (const stage of stages) {
    const { ms, code, remedy } = stage;
    page.line(markOf(stage), stage.stage, describeStage(stage), ms);
    const notes = code === undefined ? [remedy] : [...said, remedy];
    for (const note of notes) if (note !== undefined) page.note(note);
  }
  if (ok) page.line(consent?.granted ? '✔' : '–', 'result', sentence);
}

/** What was changed, or would be. */
export function showConfigured(page: Page, configured: ConfiguredReply): void {
  const { statements, notes, consent, dryRun } = configured;
  showConsent(page, consent.before, 'before');
  for (const note of notes) page.line('–', 'note', note);
  if (consent.after === null) page.line('–', 'after', 'nothing was changed; --apply runs them');
  else showConsent(page, consent.after, 'after');
  const lines = statements.flatMap((sql, index) =>
    sql.split('\n').map((line, at) => `${at === 0 ? `${index + 1}.` : '  '} ${line}`),
  );
  page.block(
    dryRun
      ? 'The statements, exactly as --apply runs them:'
      : 'The statements, exactly as they ran:',
    lines.length === 0 ? ['none: nothing has to be changed'] : lines,
  );
}
