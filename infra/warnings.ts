import type { Database, Environment } from './model.ts';

/** A name that ends as the ARN of a secret does: a hyphen and six characters, not all of them small letters. */
const LIKE_AN_ARN = /-(?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{6}$/;

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(' and ');
}

/** Databases that would log in to one and the same, and report it twice. */
function sameDatabase(databases: readonly Database[]): readonly string[] {
  const groups = Map.groupBy(databases, ({ secret, overrides }) =>
    JSON.stringify([secret.resource, overrides]),
  );
  return [...groups.values()]
    .filter(({ length }) => length > 1)
    .map(
      (group) =>
        `The databases ${quoted(group.map(({ name }) => name))} have the same secret, and no host or database that tells them apart: one database would report more than once.`,
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
