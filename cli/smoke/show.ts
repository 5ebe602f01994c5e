import { estimateMonthlyCost } from '../../infra/config/cost.ts';
import { commandLine } from '../command-line.ts';
import type { TerminalReporter } from '../output/terminal/terminal.ts';
import { LABELS, PLACES, type SmokeContext } from './context.ts';
import { endpointOf } from './environment/rules.ts';
import type { StepResult } from './step.ts';
import { stacksOf } from './steps/prepare.ts';

const DAYS_PER_MONTH = 30;

/** Shows what the trial will do, how long it takes and what it costs. */
export function showPlan(reporter: TerminalReporter, context: SmokeContext): void {
  const { environment, databases } = context;
  const { environment: name, account, region } = environment.place;
  const { total } = estimateMonthlyCost(environment);
  reporter.title(`timescaledb-telemetry · trial of ${name} in account ${account}, ${region}`);
  reporter.line(
    '–',
    'deploys',
    stacksOf(context)
      .map((stack) => `stack ${stack}`)
      .join(', '),
  );
  for (const place of PLACES) {
    const host = new URL(endpointOf(databases[place]) ?? '').host;
    reporter.line('–', 'sends', `${databases[place].name}, ${LABELS[place]}, to ${host}`);
  }
  reporter.line(
    '–',
    'changes',
    'the variables and the time limit of two functions, to make runs fail',
  );
  reporter.line('–', 'deletes', 'all of it, with the bucket of the record and the log groups');
  reporter.line(
    '–',
    'takes',
    '30 to 90 minutes, most of it for the alarm and for the network interfaces of the VPC',
  );
  reporter.line(
    '–',
    'costs',
    `about ${(total / DAYS_PER_MONTH).toFixed(2)} USD, as much as a day of the environment; without secrets and networks`,
  );
}

export function showResult(reporter: TerminalReporter, result: StepResult): void {
  const { name, status, ms, detail, remedy } = result;
  const mark = { passed: '✔', failed: '✖', 'not-run': '–' } as const;
  reporter.line(mark[status], name, detail, status === 'not-run' ? undefined : ms);
  if (remedy !== undefined) reporter.note(remedy);
}

/** Names what may be left if the removal did not end, and how to remove it. */
export function showRest(reporter: TerminalReporter, context: SmokeContext): void {
  const { environment, findings } = context;
  const { environment: name } = environment.place;
  reporter.heading('What is left');
  for (const one of findings.left ?? stacksOf(context).map((stack) => `perhaps stack ${stack}`)) {
    reporter.entry('✖', one);
  }
  if (findings.left?.length !== 0) {
    reporter.entry(' ', `Run: ${commandLine('destroy', `${name} --force`)}`);
    reporter.entry(' ', 'Then delete log groups and bucket: docs/deploying.md, "Remove".');
  }
  reporter.entry(
    '–',
    "Not part of the trial: CDK's bootstrap and the code in its bucket, the policies, the secrets and roles",
  );
  reporter.entry(
    '–',
    'Metrics cannot be deleted. CloudWatch keeps them for 15 months, without cost.',
  );
}
