import { createInterface } from 'node:readline/promises';
import { EXIT, type ExitStatus } from '../command.ts';
import { createTerminalReporter } from '../output/terminal/terminal.ts';
import { CLOCK } from './clock.ts';
import { openTrial, type TrialSource } from './environment/open-trial.ts';
import { followInterrupts } from './interrupts.ts';
import { toReport } from './report.ts';
import { showPlan, showRest, showResult } from './show.ts';
import { runTrial } from './smoke.ts';
import { hasPassed } from './step.ts';

/** What a person has chosen for a trial. */
export interface TrialChoices extends TrialSource {
  /** Whether the deployment needs no question. */
  readonly isConfirmed: boolean;
  /** Whether the report may contain account ids and names. */
  readonly hasNames: boolean;
}

async function ask(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question('\n  Deploy it? Type yes: ')).trim() === 'yes';
  } finally {
    terminal.close();
  }
}

/**
 * Runs a trial, writes its progress to standard error, and prints its report.
 *
 * @returns the exit status
 * @throws CommandError if the environment does not fit
 */
export async function tryInAccount(choices: TrialChoices): Promise<ExitStatus> {
  using context = await openTrial(choices);
  const reporter = createTerminalReporter(false, process.stderr);
  showPlan(reporter, context);
  using interrupts = followInterrupts(() =>
    reporter.line(
      '▲',
      'interrupted',
      'Everything is removed now. Press Ctrl-C again to end that, too.',
    ),
  );
  const results = await runTrial(context, {
    clock: CLOCK,
    interrupt: interrupts.first,
    secondInterrupt: interrupts.second,
    confirm: async () => choices.isConfirmed || ask(),
    onStart: ({ doing }) => reporter.entry(' ', `${doing} …`),
    onResult: (result) => showResult(reporter, result),
  });
  if (!results.some(({ name, status }) => name === 'deploy' && status !== 'not-run')) {
    reporter.line('–', 'nothing', 'was deployed');
    return EXIT.failed;
  }
  showRest(reporter, context);
  process.stdout.write(toReport(results, context, choices.hasNames));
  return results.every(({ name }) => hasPassed(results, name)) ? EXIT.done : EXIT.failed;
}
