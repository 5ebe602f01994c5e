import { arch, platform } from 'node:os';
import { DATABASE_WORKER, functionName, PURPOSES } from '../../lib/naming.ts';
import { VERSION } from '../../lib/product.ts';
import { LABELS, PLACES, type SmokeContext } from './context.ts';
import { endpointOf } from './environment/rules.ts';
import type { StepResult } from './step.ts';

/** Shortest name that is replaced wherever it stands as a word. */
const SHORTEST_NAME = 3;

type Replacement = readonly [pattern: RegExp, text: string];

function literal(text: string): RegExp {
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  return new RegExp(`(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`, 'g');
}

/** What a database's settings name, the longest first. */
function namesOf({ environment, databases }: SmokeContext): readonly Replacement[] {
  const { environment: name } = environment.place;
  return PLACES.flatMap((place): Replacement[] => {
    const database = databases[place];
    const { host, database: ofServer } = database.overrides;
    const endpoint = endpointOf(database);
    const label = `‹${LABELS[place]}›`;
    return [
      ...[...PURPOSES, DATABASE_WORKER].map(
        (purpose): Replacement => [
          literal(functionName(name, database.name, purpose)),
          `‹${purpose} of ${LABELS[place]}›`,
        ],
      ),
      [literal(database.secret.id), '‹secret›'],
      ...(endpoint === undefined ? [] : [[literal(new URL(endpoint).host), '‹endpoint›'] as const]),
      ...[host, ofServer, database.serverName, database.name]
        .filter((text) => text !== undefined && text.length >= SHORTEST_NAME)
        .map((text): Replacement => [literal(text ?? ''), label]),
    ];
  });
}

/** Identifiers of AWS and addresses, wherever they come from. */
const IDENTIFIERS: readonly Replacement[] = [
  [/arn:[^\s"',;)]+/g, '‹arn›'],
  [/\b(?:subnet|sg|vpc|eni)-[0-9a-f]{8,17}\b/g, '‹network›'],
  [/\b\d{12}\b/g, '‹account›'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '‹address›'],
];

/** Replaces account ids, identifiers, and the names that the user has chosen. */
function withoutNames(text: string, context: SmokeContext): string {
  const bucket = context.environment.record?.name;
  const replacements = [
    ...(bucket === undefined ? [] : [[literal(bucket), '‹bucket›'] as const]),
    ...namesOf(context),
    ...IDENTIFIERS,
  ];
  return replacements.reduce((changed, [pattern, by]) => changed.replaceAll(pattern, by), text);
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function row({ name, status, ms, detail, remedy }: StepResult): string {
  const text = [detail, ...(remedy === undefined ? [] : [remedy])].join(' ');
  return `| ${name} | ${status} | ${duration(ms)} | ${text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')} |`;
}

/**
 * Writes the report of a trial for an issue, in Markdown.
 *
 * @param hasNames whether it may contain account ids and names
 */
export function toReport(
  results: readonly StepResult[],
  context: SmokeContext,
  hasNames: boolean,
): string {
  const { environment, findings } = context;
  const failed = results.filter(({ status }) => status !== 'passed').length;
  const text = [
    `## Trial of timescaledb-telemetry ${VERSION} in AWS`,
    '',
    `- ${failed === 0 ? 'All steps passed' : `${failed} of ${results.length} steps did not pass`}`,
    `- Region ${environment.place.region}, ${new Date(findings.startedAt).toISOString().slice(0, 10)}`,
    `- Node ${process.versions.node}, ${platform()} ${arch()}`,
    '',
    '| step | status | duration | what was seen |',
    '|---|---|---:|---|',
    ...results.map(row),
    '',
  ].join('\n');
  return hasNames ? text : withoutNames(text, context);
}
