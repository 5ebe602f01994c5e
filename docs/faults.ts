import { OUT_OF_DATE } from '../test/faults/expected-messages.ts';
import { type Fault, type FaultGroup, isRetried } from '../test/faults/rows/fault.ts';
import { FAULT_GROUPS } from '../test/faults/rows/groups.ts';

const INTRODUCTION = `# The faults

What happens when something is wrong, fault by fault. Each row is a test of the same words in \`test/faults/\`: the bundle that
ships, in a process with Lambda's environment, against real servers on loopback. Beside what is here, each test sees that there is
exactly one summary line (but where the process was killed), that a retry is scheduled exactly once or not at all, that nothing was
sent but what the row says, that no session and no transaction is left on the database, and that neither names nor credentials of
the database are in the log (at the level \`DEBUG\` names may be). Not here: what a person does by hand, \`CHANGE_DENIED\` and
\`CHANGE_FAILED\` of \`configure\`; and \`INTERNAL\`, a defect of ours. What each code means is in the [README](../README.md#troubleshooting).

*Retry* says that the run schedules its next attempt, logs a WARN and returns. A failure without one is an ERROR, and the function
throws: Lambda counts an error, and the on-failure queue has it. \`…\` stands for a figure.

Written by \`npm run docs\`.
`;

/** The endpoint of the tests names a newer version, so that this is what an undisturbed run says. */
const USUAL = 'what it always sees: the report was sent, and the version judged';

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function line(...cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

function codeOf({ says: { code } }: Fault): string {
  return code === undefined ? '' : `\`${code}\``;
}

/** What ends a run: with the words of its log line, and what to do. */
function broken(faults: readonly Fault[]): readonly string[] {
  return [
    '| fault | outcome | code | retry | what the operator sees | what to do |',
    '|---|---|---|---|---|---|',
    ...faults.map((fault) => {
      const { message, remedy = '' } = fault.says;
      const retry = isRetried(fault) ? 'yes' : '';
      return line(fault.fault, fault.outcome, codeOf(fault), retry, message, remedy);
    }),
  ];
}

/** What a run survives, or has no need to survive. */
function survived(faults: readonly Fault[]): readonly string[] {
  return [
    '| a run goes on when | outcome | what the operator sees |',
    '|---|---|---|',
    ...faults.map(({ fault, outcome, says: { message } }) =>
      line(fault, outcome, message === OUT_OF_DATE.message ? USUAL : message),
    ),
  ];
}

function section({ title, faults }: FaultGroup): string {
  const all = Object.values(faults);
  const ends = all.filter(({ outcome }) => outcome === 'failed' || outcome === 'killed');
  const goesOn = all.filter((fault) => !ends.includes(fault));
  const tables = [
    ...(ends.length > 0 ? [broken(ends)] : []),
    ...(goesOn.length > 0 ? [survived(goesOn)] : []),
  ];
  return [`## ${title}`, ...tables.map((table) => table.join('\n'))].join('\n\n').concat('\n');
}

/** Which faults end with a code, by section. */
function index(): string {
  const codes = FAULT_GROUPS.flatMap(({ title, faults }) =>
    Object.values(faults).flatMap((fault) => {
      const code = codeOf(fault);
      return code === '' ? [] : [{ code, title, fault: fault.fault }];
    }),
  );
  const rows = [...Map.groupBy(codes, ({ code }) => code)]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([code, all]) => {
      const bySection = [...Map.groupBy(all, ({ title }) => title)].map(
        ([title, some]) => `*${title}*: ${some.map(({ fault }) => fault).join('; ')}`,
      );
      return line(code, bySection.join('. '));
    });
  return ['## By code', '', '| code | faults |', '|---|---|', ...rows, ''].join('\n');
}

/** docs/faults.md, from the tables of the tests. */
export function faultsPage(): string {
  return [INTRODUCTION, index(), ...FAULT_GROUPS.map(section)].join('\n');
}
