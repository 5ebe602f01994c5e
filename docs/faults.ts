import { type Fault, type FaultGroup, isRetried } from '../test/faults/fault.ts';
import { FAULT_GROUPS } from '../test/faults/groups.ts';

const INTRODUCTION = `# The faults

What happens when something is wrong, fault by fault. Each row is a test of the same words in \`test/faults/\`: the bundle that
ships, in a process with Lambda's environment, against real servers on loopback. Beside what is here, each test sees that there is
exactly one summary line (but where the process was killed), that a retry is scheduled exactly once or not at all, that nothing was
sent but what the row says, that no session and no transaction is left on the database, and that neither names nor credentials of
the database are in the log.

*Retry* says that the run schedules its next attempt, logs a WARN and returns. A failure without one is an ERROR, and the function
throws: Lambda counts an error, and the on-failure queue has it. \`…\` stands for a figure.

Written by \`npm run docs\`.
`;

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function row(fault: Fault): string {
  const { code, message, remedy } = fault.says;
  const cells = [
    fault.fault,
    fault.outcome,
    code === undefined ? '' : `\`${code}\``,
    isRetried(fault) ? 'yes' : '',
    message,
    remedy ?? 'nothing',
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

function section({ title, faults }: FaultGroup): string {
  return [
    `## ${title}`,
    '',
    '| fault | outcome | code | retry | what the operator sees | what to do |',
    '|---|---|---|---|---|---|',
    ...Object.values(faults).map(row),
    '',
  ].join('\n');
}

/** docs/faults.md, from the tables of the tests. */
export function faultsPage(): string {
  return [INTRODUCTION, ...FAULT_GROUPS.map(section)].join('\n');
}
