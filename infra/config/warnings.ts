import { STALE_AFTER_DAYS } from '../../lib/version-check/release-data.ts';
import type { Database, Environment } from './resolved-environment.ts';
import { mayReferToSameSecret } from './rules/secret-reference.ts';

/** A name that ends like the ARN of a secret: a hyphen and six characters, not all of them lower-case letters. */
const LIKE_AN_ARN = /-(?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{6}$/;
/** An ARN that ends like a name: AWS appends six lower-case letters to one secret of two hundred. */
const LIKE_A_NAME = /^arn:.*-[a-z]{6}$/;

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(' and ');
}

/** Host names are not case-sensitive, and may end in a dot. */
function placeOf({ overrides: { host, port, database } }: Database) {
  return { host: host?.toLowerCase().replace(/\.$/, ''), port, database };
}

/** Returns whether two targets may be one database: missing settings come from the secret, which may have any port. */
function mayBeSameDatabase(one: Database, other: Database): boolean {
  const [place, another] = [placeOf(one), placeOf(other)];
  const isSamePort = [place.port, another.port].includes(undefined) || place.port === another.port;
  if (place.host !== another.host || place.database !== another.database || !isSamePort)
    return false;
  const isNamed = place.host !== undefined && place.database !== undefined;
  return isNamed || mayReferToSameSecret(one.secret, other.secret);
}

/** Targets that may be the same database, by their secret or by host and database, and would report it twice. */
function sameDatabase(databases: readonly Database[]): readonly string[] {
  const groups: Database[][] = [];
  for (const database of databases) {
    const group = groups.find((members) =>
      members.some((member) => mayBeSameDatabase(member, database)),
    );
    if (group === undefined) groups.push([database]);
    else group.push(database);
  }
  return groups
    .filter(({ length }) => length > 1)
    .map(
      (group) =>
        `The databases ${quoted(group.map(({ name }) => name))} may be one database, which would report more than once: they have the same secret or host. Set host and database of each, or remove one.`,
    );
}

function ofDatabase({ name, secret, tlsMode, serverName }: Database): readonly string[] {
  const where = `The database ${JSON.stringify(name)}`;
  return [
    ...(!secret.id.startsWith('arn:') && LIKE_AN_ARN.test(secret.id)
      ? [
          `${where} has a secret whose name ends like an ARN. If AWS appended the last seven characters, remove them, or use the whole ARN.`,
        ]
      : []),
    ...(LIKE_A_NAME.test(secret.id)
      ? [
          `${where} has a secret whose ARN ends in a hyphen and six letters. If they are part of the name, Secrets Manager will not find the secret: use the name or the full ARN.`,
        ]
      : []),
    ...(tlsMode === 'verify-ca' && serverName !== undefined
      ? [`${where} has a serverName, which verify-ca ignores. Set mode to verify-full.`]
      : []),
  ];
}

function unused({ databases, networks }: Environment): readonly string[] {
  return [...networks.keys()]
    .filter((name) => databases.every(({ network }) => network !== name))
    .map((name) => `The network ${JSON.stringify(name)} has no database.`);
}

function oldVersionData({ versionData }: Environment): readonly string[] {
  if (versionData === undefined) return [];
  const { path, asOf, ageDays } = versionData;
  return ageDays > STALE_AFTER_DAYS
    ? [`The file of versionData, ${path}, is of ${asOf}, ${ageDays} days ago. Update it.`]
    : [];
}

/** A mute that has ended suppresses nothing. */
function endedMutes({ fleet }: Environment, now: number): readonly string[] {
  const today = new Date(now).toISOString().slice(0, 10);
  return (fleet?.mute ?? [])
    .filter(({ until }) => until < today)
    .map(({ until, reason }) => `The mute ${quoted([reason])} has ended on ${until}. Remove it.`);
}

/** Warnings for settings that can be deployed but may be mistakes. */
export function settingWarnings(
  environment: Environment,
  now: number = Date.now(),
): readonly string[] {
  const { databases } = environment;
  return [
    ...(databases.length === 0 ? ['The environment has no databases.'] : []),
    ...sameDatabase(databases),
    ...databases.flatMap(ofDatabase),
    ...unused(environment),
    ...oldVersionData(environment),
    ...endedMutes(environment, now),
  ];
}
