import { describePlace } from '../../../lib/consent/level-place.ts';
import type { DecisionReply, PreviewReply, RuleReply } from '../replies.ts';
import type { Mark, TerminalReporter } from '../terminal/terminal.ts';

/** Shows whether a report may be sent, and the rule that decided. */
export function showConsent(
  reporter: TerminalReporter,
  { granted, rule, sentence, remedy }: DecisionReply,
  label = 'consent',
): void {
  const decision = granted ? 'granted' : 'denied';
  reporter.line(granted ? '✔' : '–', label, `${decision} (rule ${rule}): ${sentence}`);
  if (!granted && remedy !== undefined) reporter.note(remedy);
}

/** Marks and texts of the answers of a rule; a function of another version may return other answers. */
const ANSWERS: Readonly<Record<string, readonly [mark: Mark, text: string]>> = {
  grants: ['✔', 'grants'],
  denies: ['✖', 'denies'],
  'no-objection': ['–', 'has no objection'],
};

function showRule(reporter: TerminalReporter, { rule, decision, sentence }: RuleReply): void {
  const [mark, text] = ANSWERS[decision] ?? ['–', decision];
  reporter.line(mark, 'rule', `${rule} ${text}: ${sentence}`);
}

/** Shows the answer of every rule: to turn telemetry on, all that deny have to change. */
export function showRules(
  reporter: TerminalReporter,
  { rules, remedy: shown }: PreviewReply['consent'],
): void {
  for (const rule of rules) {
    showRule(reporter, rule);
    const { decision, remedy } = rule;
    if (decision === 'denies' && remedy !== undefined && remedy !== shown) reporter.note(remedy);
  }
}

export function showLevels(reporter: TerminalReporter, { levels }: PreviewReply['consent']): void {
  const seen = levels.map(
    ({ level, isInvalid, ...place }) =>
      `${isInvalid ? 'off (invalid)' : level} ${describePlace(place)}`,
  );
  reporter.line('–', 'levels seen', seen.length === 0 ? 'none' : seen.join(', '));
}
