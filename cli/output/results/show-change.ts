import type { ConfiguredReply } from '../replies.ts';
import type { TerminalReporter } from '../terminal/terminal.ts';
import { showConsent } from './show-consent.ts';

/** Shows the statements of a change, and the consent before and after it. */
export function showChange(reporter: TerminalReporter, configured: ConfiguredReply): void {
  const { statements, notes, consent, dryRun } = configured;
  showConsent(reporter, consent.before, 'before');
  for (const note of notes) reporter.line('–', 'note', note);
  if (consent.after === null) {
    reporter.line('–', 'after', 'nothing was changed; --apply runs the statements');
  } else {
    showConsent(reporter, consent.after, 'after');
  }
  const lines = statements.flatMap((sql, index) =>
    sql.split('\n').map((line, at) => `${at === 0 ? `${index + 1}.` : '  '} ${line}`),
  );
  reporter.block(
    dryRun ? 'The statements that --apply would run:' : 'The statements that ran:',
    lines.length === 0 ? ['none: no change is needed'] : lines,
  );
}
