import { escapeUnprintable } from '../../../lib/config/printable.ts';
import type { Fleet, FleetRow } from '../../fleet/row.ts';

type Cell = string | number | boolean | null | undefined;

const COLUMNS: readonly (readonly [name: string, cell: (row: FleetRow) => Cell])[] = [
  ['name', ({ name }) => name],
  ['severity', ({ severity }) => severity],
  ['conditions', ({ conditions }) => conditions.join(' ')],
  ['action', ({ action }) => action],
  ['postgresql', ({ postgresql }) => postgresql],
  ['standby', ({ standby }) => standby],
  ['installed', ({ installed }) => installed],
  ['available', ({ available }) => available],
  ['reachable', ({ reachable }) => reachable],
  ['latest', ({ latest }) => latest],
  ['fix', ({ fix }) => fix],
  ['versions_behind', ({ versionsBehind }) => versionsBehind],
  ['verdicts', ({ verdicts }) => verdicts.join(' ')],
  ['advisories', ({ advisories }) => advisories.join(' ')],
  ['jobs_scheduled', ({ jobs }) => jobs?.scheduled],
  ['jobs_failing', ({ jobs }) => jobs?.failing],
  ['jobs_oldest_failure', ({ jobs }) => jobs?.oldestFailure],
  ['consent_granted', ({ consent }) => consent?.granted],
  ['consent_rule', ({ consent }) => consent?.rule],
  ['consent_where', ({ consent }) => consent?.where],
  ['consent_holder', ({ consent }) => consent?.holder],
  ['sent_at', ({ sent }) => sent?.at],
  ['sent_arrival', ({ sent }) => sent?.arrival],
  ['sent_status', ({ sent }) => sent?.status],
  ['sent_endpoint', ({ sent }) => sent?.endpoint],
  ['sent_bytes', ({ sent }) => sent?.bytes],
  ['sent_sha256', ({ sent }) => sent?.sha256],
  ['next_due', ({ nextDue }) => nextDue],
  ['error_code', ({ error }) => error?.code],
  ['error_message', ({ error }) => error?.message],
  ['error_remedy', ({ error }) => error?.remedy],
  ['last_run', ({ lastRun }) => lastRun],
  ['last_success', ({ lastSuccess }) => lastSuccess],
];

/** Characters with which a spreadsheet begins a formula. A name may begin with one. */
const FORMULA = /^[=+\-@\t\r]/;

function quoted(cell: Cell): string {
  const text = escapeUnprintable(String(cell ?? ''));
  const safe = typeof cell === 'string' && FORMULA.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Formats the fleet as CSV (RFC 4180) with a header. A cell that a spreadsheet would run as a formula begins with `'`. */
export function formatCsv({ rows }: Fleet): string {
  const lines = [
    COLUMNS.map(([name]) => name),
    ...rows.map((row) => COLUMNS.map(([, cell]) => quoted(cell(row)))),
  ];
  return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
}
