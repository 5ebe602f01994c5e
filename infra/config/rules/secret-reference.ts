import { arn, type Place, partitionOf } from '../../naming.ts';

/** A secret as the function asks for it, and as its role may. */
export interface SecretReference {
  /** Name or ARN, as written. */
  readonly id: string;
  /** The ARNs, or patterns of ARNs, that the id can stand for; more than one where it can be read in two ways. */
  readonly resources: readonly [string, ...string[]];
  /** Of the customer-managed key, if any. */
  readonly keyArn?: string;
}

/** An exclamation mark is in the names that AWS services give to secrets of their own, such as `rds!db-…`. */
const NAME = /^[\w/+=.@!-]{1,512}$/;
const ARN =
  /^arn:(?<partition>[\w-]+):secretsmanager:(?<region>[a-z0-9-]+):(?<account>\d{12}):secret:(?<name>[\w/+=.@!-]{1,512})$/;
const KEY_ARN = /^arn:(?<partition>[\w-]+):kms:(?<region>[a-z0-9-]+):\d{12}:key\/[\w-]+$/;
const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** Secrets Manager ends every ARN in a hyphen and six characters of its own; the name of a secret can end so, too. */
const SUFFIX = /-[A-Za-z0-9]{6}$/;
const ANY_SUFFIX = '-??????';

function otherPartition(partition: string | undefined, place: Place): string {
  return `its ARN begins with arn:${partition}:, and ${place.region} is in the partition ${partitionOf(place)}; copy the ARN from the console of that region`;
}

function secretProblems(
  secret: string,
  kmsKey: string | undefined,
  place: Place,
): readonly string[] {
  const { partition, region, account } = ARN.exec(secret)?.groups ?? {};
  if (region === undefined) {
    if (NAME.test(secret)) return [];
    // What it is, is not repeated: it may be the secret itself.
    return [
      "secret: is neither the name nor the ARN of a secret; if it is a secret's value, put that into Secrets Manager, write its name here, and change the password, which this file's history has now",
    ];
  }
  if (place.isPlaceholder) return [];
  if (region !== place.region) {
    return [
      `secret: is in ${region}, and the functions read it in ${place.region}; replicate it there, and give that ARN`,
    ];
  }
  if (partition !== partitionOf(place)) return [`secret: ${otherPartition(partition, place)}`];
  // The id alone would be taken for that of a key of this account.
  const hasKeyArn = kmsKey !== undefined && !KEY_ID.test(kmsKey);
  return account !== place.account && !hasKeyArn
    ? [
        "secret: is in another account, where AWS decrypts with a customer-managed key alone; give the key's ARN as kmsKey, and allow the roles in the policies of both",
      ]
    : [];
}

function keyProblems(kmsKey: string | undefined, place: Place): readonly string[] {
  if (kmsKey === undefined || KEY_ID.test(kmsKey)) return [];
  const { partition, region } = KEY_ARN.exec(kmsKey)?.groups ?? {};
  if (region === undefined) {
    return [
      "kmsKey: must be a key's ARN, or the id of a key of this account; an alias means nothing in a policy",
    ];
  }
  if (place.isPlaceholder) return [];
  if (region !== place.region) {
    return [
      `kmsKey: is in ${region}, and Secrets Manager decrypts in ${place.region}; give the key there`,
    ];
  }
  return partition === partitionOf(place) ? [] : [`kmsKey: ${otherPartition(partition, place)}`];
}

/**
 * An ARN that ends like a complete one can also be a partial one, of a secret whose name ends so: `…:secret:db-reader` is
 * either `db` or `db-reader`. The role may read both, because a role that cannot read its secret would be worse.
 */
function resourcesOf(secret: string, place: Place): SecretReference['resources'] {
  if (!secret.startsWith('arn:')) {
    return [arn(place, 'secretsmanager', `secret:${secret}${ANY_SUFFIX}`)];
  }
  const partial = `${secret}${ANY_SUFFIX}`;
  return SUFFIX.test(secret) ? [secret, partial] : [partial];
}

function isSameResource(one: string, other: string): boolean {
  const isPattern = one.endsWith(ANY_SUFFIX) || other.endsWith(ANY_SUFFIX);
  const length = isPattern ? -ANY_SUFFIX.length : undefined;
  return one.slice(0, length) === other.slice(0, length);
}

/** Whether two references can mean one secret, whichever of name, partial ARN and full ARN each of them is. */
export function mayReferToSameSecret(one: SecretReference, other: SecretReference): boolean {
  return one.resources.some((resource) =>
    other.resources.some((another) => isSameResource(resource, another)),
  );
}

/**
 * Resolves a secret and its key to ARNs.
 *
 * @param prefix of the keys in the problems, which are added to `problems`
 */
export function resolveSecret(
  prefix: string,
  { secret, kmsKey }: { readonly secret: string; readonly kmsKey?: string | undefined },
  place: Place,
  problems: string[],
): SecretReference {
  for (const problem of [...secretProblems(secret, kmsKey, place), ...keyProblems(kmsKey, place)]) {
    problems.push(`${prefix}${problem}`);
  }
  return {
    id: secret,
    resources: resourcesOf(secret, place),
    ...(kmsKey !== undefined && {
      keyArn: KEY_ID.test(kmsKey) ? arn(place, 'kms', `key/${kmsKey}`) : kmsKey,
    }),
  };
}
