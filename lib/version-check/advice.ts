import { isNewer, type Version } from '../version.ts';
import type { Situation, VerdictCode } from './judge-version.ts';
import { AS_OF, fixedIn, isBeyondTable, majorsFor, reachable } from './support-table.ts';

function listed(items: readonly string[], word: string): string {
  const [last = '', ...others] = items.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} ${word} ${last}`;
}

function alterSentence({ name, facts, onDisk }: Situation): string {
  const { availableVersion } = facts;
  const isDefault = onDisk?.text === availableVersion;
  const statement = `ALTER EXTENSION timescaledb UPDATE${isDefault ? '' : ` TO '${onDisk?.text}'`}`;
  return `The owner of the extension in ${name} runs ${statement}, as the first statement of a fresh session: ${onDisk?.text} is on the server's disk already.`;
}

function packageSentence({ name, goal, major }: Situation): string {
  const version = goal && reachable(goal, major).text;
  return `The administrator of the server of ${name} installs TimescaleDB ${version}; then the owner of the extension runs ALTER EXTENSION timescaledb UPDATE in each of its databases.`;
}

/** A server changes its PostgreSQL with one and the same TimescaleDB on both sides. */
function upgradePath(goal: Version, best: Version): string {
  const majors = majorsFor(best);
  const isDirect = majorsFor(goal).some((major) => majors.includes(major));
  if (isDirect) return '';
  return ` No PostgreSQL runs both ${best.text} and ${goal.text}, so that it takes more than one step: the next is PostgreSQL ${majors.at(-1)} with ${best.text}.`;
}

function postgresqlSentence({ name, goal, major }: Situation): string {
  if (goal === undefined) return '';
  const best = reachable(goal, major);
  const needed = isBeyondTable(goal)
    ? 'a newer PostgreSQL'
    : `PostgreSQL ${listed(majorsFor(goal), 'or')}`;
  return `TimescaleDB ${goal.text} needs ${needed}, and the server of ${name} runs ${major}, whose newest is ${best.text}: its administrator upgrades PostgreSQL first.${upgradePath(goal, best)}`;
}

/** Where nothing can be said of a database. */
export function unknownAdvice(name: string): string {
  return `How ${name} stands to the newest version is not known.`;
}

const SENTENCES: Readonly<Record<VerdictCode, (situation: Situation) => string>> = {
  'up-to-date': ({ name }) => `Nothing is to be done in ${name}.`,
  ahead: ({ name }) =>
    `Nothing is to be done in ${name}: it runs a development build, or what was named is old.`,
  unknown: ({ name }) => unknownAdvice(name),
  'alter-extension': alterSentence,
  'template1-outdated': ({ installed }) =>
    `It is template1: until then new databases begin with ${installed.text}.`,
  'upgrade-package': packageSentence,
  'upgrade-postgresql-first': postgresqlSentence,
};

/** What is published about the installed version, and whether what fixes it can be had here. */
function advisorySentences({ installed, advisories, major }: Situation): readonly string[] {
  const fix = fixedIn(advisories);
  if (fix === undefined) return [];
  const isOutOfReach = isNewer(fix, reachable(fix, major));
  const reach = isOutOfReach ? `, and PostgreSQL ${major} cannot run ${fix.text}` : '';
  const what = listed(
    advisories.map(({ sentence }) => sentence),
    'and',
  );
  return [`${installed.text} has a published vulnerability: ${what}${reach}.`];
}

/** What else somebody should know who acts on it. */
function additionalNotes({ newest, latest, installed, goal }: Situation): readonly string[] {
  const contradicts =
    newest.says === 'up-to-date' && latest !== undefined && isNewer(latest, installed);
  return [
    ...(contradicts
      ? [
          `The endpoint calls ${installed.text} up to date, and names ${latest.text}, which is newer.`,
        ]
      : []),
    ...(goal !== undefined && isBeyondTable(goal)
      ? [
          `${goal.text} is newer than what is known here of PostgreSQL's support, as of ${AS_OF}, and is judged by what was named alone.`,
        ]
      : []),
  ];
}

/** Who does what about a database, and why. Pure. */
export function adviceFor(situation: Situation, codes: readonly VerdictCode[]): string {
  return [
    ...advisorySentences(situation),
    ...codes.map((code) => SENTENCES[code](situation)),
    ...additionalNotes(situation),
  ].join(' ');
}
