import type { Database, Environment } from './resolved-environment.ts';
import { mayReferToSameSecret } from './rules/secret-reference.ts';

/** A name that ends as the ARN of a secret does: a hyphen and six characters, not all of them small letters. */
const LIKE_AN_ARN = /-(?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{6}$/;
/** An ARN that ends as a name does: AWS adds six small letters to one secret of two hundred. */
const LIKE_A_NAME = /^arn:.*-[a-z]{6}$/;

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(' and ');
}

/** A name of a host has no letter case, and may end in a dot. */
function placeOf({ overrides: { host, port, database } }: Database) {
  return { host: host?.toLowerCase().replace(/\.$/, ''), port, database };
}

/** Whether two databases may be one: what is not written comes from the secret, so that any port may be its port. */
function mayBeOne(one: Database, other: Database): boolean {
  const [place, another] = [placeOf(one), placeOf(other)];
  const isSamePort = [place.port, another.port].includes(undefined) || place.port === another.port;
  if (place.host !== another.host || place.database !== another.database || !isSamePort)
    return false;
  const isNamed = place.host !== undefined && place.database !== undefined;
  return isNamed || mayReferToSameSecret(one.secret, other.secret);
}

/** Databases that would log in to one and the same, by one secret or because they name it in full, and report it twice. */
function sameDatabase(databases: readonly Database[]): readonly string[] {
  const groups: Database[][] = [];
  for (const database of databases) {
    const group = groups.find((members) => members.some((member) => mayBeOne(member, database)));
    if (group === undefined) groups.push([database]);
    else group.push(database);
  }
  return groups
    .filter(({ length }) => length > 1)
    .map(
      (group) =>
        `The databases ${quoted(group.map(({ name }) => name))} have the same secret or host, and no host or database that tells them apart: one database would report more than once.`,
    );
}

function ofDatabase({ name, secret, tlsMode, serverName }: Database): readonly string[] {
  const where = `The database ${JSON.stringify(name)}`;
  return [
    ...(!secret.id.startsWith('arn:') && LIKE_AN_ARN.test(secret.id)
      ? [
          `${where} has a secret whose name ends like an ARN: if the last seven characters are what AWS has added, leave them away, or give the whole ARN.`,
        ]
      : []),
    ...(LIKE_A_NAME.test(secret.id)
      ? [
          `${where} has a secret whose ARN ends in a hyphen and six letters: if they are part of the name, Secrets Manager takes them for the end of a full ARN and does not find the secret, so write the name or the full ARN.`,
        ]
      : []),
    ...(tlsMode === 'verify-ca' && serverName !== undefined
      ? [`${where} has a serverName, which verify-ca does not look at: use verify-full.`]
      : []),
  ];
}

function unused({ databases, networks }: Environment): readonly string[] {
  return [...networks.keys()]
    .filter((name) => databases.every(({ network }) => network !== name))
    .map((name) => `The network ${JSON.stringify(name)} has no database in it.`);
}

/** What can be deployed, and is perhaps not what was meant. */
export function settingWarnings(environment: Environment): readonly string[] {
  const { databases } = environment;
  return [
    ...(databases.length === 0 ? ['The environment has no databases.'] : []),
    ...sameDatabase(databases),
    ...databases.flatMap(ofDatabase),
    ...unused(environment),
  ];
}
