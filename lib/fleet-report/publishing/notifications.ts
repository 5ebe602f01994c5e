import { cutText, escapeUnprintable } from '../../config/printable.ts';
import { worstFirst } from '../../fleet/conditions.ts';
import { CONDITIONS, type Condition, type DatabaseState } from '../../fleet/database-state.ts';
import type { FleetCounts, FleetState } from '../../fleet/fleet-state.ts';
import { isMuted } from '../../fleet/mutes.ts';
import { NOTIFIED, type Transition } from '../../fleet/transitions.ts';
import { widespreadSilence } from '../../fleet/widespread-silence.ts';

/** A message to a topic of SNS. */
export interface Notification {
  /** ASCII, at most 100 characters. */
  readonly subject: string;
  readonly body: string;
}

const MAX_SUBJECT = 100;
/** SNS accepts 262,144 bytes, with the subject. */
const MAX_BODY_BYTES = 250_000;
const MAX_CHANGES = 200;
const MAX_ROWS = 100;
const MAX_SENTENCE = 1_500;

const PLACES = [...NOTIFIED, 'behind'] as const satisfies readonly (keyof FleetCounts)[];

function formatTime(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

function printable(text: string): string {
  return escapeUnprintable(cutText(text, MAX_SENTENCE));
}

/** Formats the number of databases. */
export function formatDatabases(count: number): string {
  return `${count} ${count === 1 ? 'database' : 'databases'}`;
}

/** Formats the five counts: `vulnerable 2 of 40`. */
export function formatCounts(counts: FleetCounts): string {
  return PLACES.map((place) => `${place} ${counts[place].count} of ${counts[place].of}`).join(', ');
}

function toSubject(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MAX_SUBJECT);
}

/** Joins lines, of which the last ones are left out if the body would be too long. */
function toBody(lines: readonly string[], end: readonly string[]): string {
  const tail = `\n${end.join('\n')}\n`;
  let body = '';
  for (const line of lines) {
    const next = `${body}${line}\n`;
    if (Buffer.byteLength(next) + Buffer.byteLength(tail) > MAX_BODY_BYTES) break;
    body = next;
  }
  return `${body}${tail}`;
}

function limited(lines: readonly string[], limit: number, unit: string): readonly string[] {
  const more = lines.length - limit;
  return more > 0 ? [...lines.slice(0, limit), `- and ${more} more ${unit}`] : lines;
}

function endOf({ counts }: FleetState, page: string): readonly string[] {
  return [`All databases: ${formatCounts(counts)}.`, `Page of the fleet: ${page}`];
}

/** Returns the changes of one condition in a few words: `2 vulnerable`, `1 no longer silent`. */
function summarize(transitions: readonly Transition[]): string {
  const parts = (['began', 'ended'] as const).flatMap((change) =>
    NOTIFIED.flatMap((condition) => {
      const count = transitions.filter(
        (one) => one.condition === condition && one.change === change,
      ).length;
      if (count === 0) return [];
      return [`${count} ${change === 'began' ? '' : 'no longer '}${condition}`];
    }),
  );
  return parts.join(', ');
}

/** Replaces the transitions of databases that fall silent together, or recover together, by one. */
function joinSilent(
  transitions: readonly Transition[],
  change: Transition['change'],
  { silent }: FleetCounts,
): readonly Pick<Transition, 'condition' | 'change' | 'sentence'>[] {
  const isJoined = (one: Transition) => one.condition === 'silent' && one.change === change;
  const count = transitions.filter(isJoined).length;
  const cause =
    change === 'began'
      ? widespreadSilence({ silent })
      : widespreadSilence({ silent: { count, of: silent.of } }) && 'runs are recorded again.';
  if (count <= 1 || cause === undefined) return transitions;
  const sentence = `${formatDatabases(count)}: ${cause}`;
  return [
    ...transitions.filter((one) => !isJoined(one)),
    { condition: 'silent', change, sentence },
  ];
}

/** Makes the message about the conditions that have begun or ended; undefined if there are none. Pure. */
export function changeNotification(
  transitions: readonly Transition[],
  fleet: FleetState,
  page: string,
): Notification | undefined {
  if (transitions.length === 0) return undefined;
  const sentences = (change: Transition['change']) =>
    joinSilent(transitions, change, fleet.counts)
      .filter((one) => one.change === change)
      .toSorted((one, other) => NOTIFIED.indexOf(one.condition) - NOTIFIED.indexOf(other.condition))
      .map(({ condition, sentence }) => `- [${condition}] ${printable(sentence)}`);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', title, ...limited(lines, MAX_CHANGES, 'changes')];
  return {
    subject: toSubject(`TimescaleDB fleet ${fleet.environment}: ${summarize(transitions)}`),
    body: toBody(
      [
        `TimescaleDB fleet ${fleet.environment}, as of ${formatTime(fleet.asOf)}`,
        ...section('Began:', sentences('began')),
        ...section('Ended:', sentences('ended')),
      ],
      endOf(fleet, page),
    ),
  };
}

/** Returns the conditions of a database that are not muted, the worst first. */
function openConditions(database: DatabaseState): readonly Condition[] {
  return database.conditions.filter((condition) => !isMuted(database, condition));
}

function rowOf(database: DatabaseState): string {
  const conditions = openConditions(database).join(', ');
  return `- ${database.name}: ${conditions}. ${printable(database.action)}`;
}

function reasonsOf(databases: readonly DatabaseState[]): readonly string[] {
  return databases.flatMap(({ name, mutes }) =>
    mutes.map(({ advisory, until, reason }) => {
      const what = advisory === undefined ? 'all conditions' : advisory;
      const end = until === undefined ? '' : ` until ${until}`;
      return `- ${name}: ${printable(what)}${end}: ${printable(reason)}`;
    }),
  );
}

/** Makes the digest: the counts, and one line for each database with a condition that is not muted. Pure. */
export function digestNotification(
  fleet: FleetState,
  cadence: 'daily' | 'weekly',
  page: string,
): Notification {
  const databases = worstFirst(fleet).filter(({ configured }) => configured);
  const open = databases.filter((database) => openConditions(database).length > 0);
  const muted = databases.filter(
    (database) =>
      database.mutes.length > 0 && CONDITIONS.some((one) => database.conditions.includes(one)),
  );
  const silence = widespreadSilence(fleet.counts);
  const title = `${cadence === 'daily' ? 'Daily' : 'Weekly'} digest`;
  const headline =
    open.length === 0
      ? 'no condition holds'
      : `${open.length} of ${formatDatabases(databases.length)} with a condition`;
  return {
    subject: toSubject(
      `TimescaleDB fleet ${fleet.environment}: ${title.toLowerCase()}, ${headline}`,
    ),
    body: toBody(
      [
        `${title} of the TimescaleDB fleet ${fleet.environment}, as of ${formatTime(fleet.asOf)}`,
        '',
        `${formatDatabases(databases.length)}: ${formatCounts(fleet.counts)}.`,
        ...(silence === undefined ? [] : ['', silence]),
        ...(open.length === 0
          ? ['', 'No action needed.']
          : ['', 'Worst first:', ...limited(open.map(rowOf), MAX_ROWS, 'databases')]),
        ...(muted.length === 0
          ? []
          : ['', 'Muted:', ...limited(reasonsOf(muted), MAX_ROWS, 'mutes')]),
      ],
      [`Page of the fleet: ${page}`],
    ),
  };
}
