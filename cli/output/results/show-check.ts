import type { CheckReply, StageReply } from '../replies.ts';
import type { Mark, TerminalReporter } from '../terminal/terminal.ts';
import { showVerdict, summarizeVersion } from './show-version.ts';

const MARKS: Readonly<Record<string, Mark>> = { ok: '✔', failed: '✖' };

function describeStage({ status, detail = '', code }: StageReply): string {
  if (status === 'skipped') return `skipped: ${detail}`;
  if (status === 'ok' || status === 'failed') {
    return code === undefined ? detail : `${code}: ${detail}`;
  }
  return status.replaceAll('-', ' ');
}

/** Telemetry that is off is not a failure, but nothing is sent: its stage has a mark of its own. */
function markOf({ status, remedy }: StageReply): Mark {
  return status === 'ok' && remedy !== undefined ? '▲' : (MARKS[status] ?? '–');
}

/**
 * Shows every stage of a run with its time, and the remedy of the failed one.
 *
 * @param serverTexts the server's own error text, when the person at the terminal may read it
 */
export function showCheck(
  reporter: TerminalReporter,
  { stages, ok, consent, sentence, version }: CheckReply,
  serverTexts: readonly string[] = [],
): void {
  for (const stage of stages) {
    const { ms, code, remedy } = stage;
    reporter.line(markOf(stage), stage.stage, describeStage(stage), ms);
    const notes = code === undefined ? [remedy] : [...serverTexts, remedy];
    for (const note of notes) if (note !== undefined) reporter.note(note);
  }
  if (version !== undefined) {
    showVerdict(reporter, version, summarizeVersion('the database', version));
  }
  if (ok) reporter.line(consent?.granted ? '✔' : '–', 'result', sentence);
}
