import { arn, type DeployPlace, partitionOf } from '../../naming.ts';

/** A secret as the function requests it, and as its role may read it. */
export interface SecretReference {
  /** Name or ARN, as written. */
  readonly id: string;
  /** The ARNs, or patterns of ARNs, that the id can refer to; two when it is ambiguous. */
  readonly resources: readonly [string, ...string[]];
  /** ARN of the customer-managed key, if any. */
  readonly keyArn?: string;
}

/** AWS services put an exclamation mark into the names of their own secrets, such as `rds!db-…`. */
const NAME = /^[\w/+=.@!-]{1,512}$/;
const ARN =
  /^arn:(?<partition>[\w-]+):secretsmanager:(?<region>[a-z0-9-]+):(?<account>\d{12}):secret:(?<name>[\w/+=.@!-]{1,512})$/;
const KEY_ARN = /^arn:(?<partition>[\w-]+):kms:(?<region>[a-z0-9-]+):\d{12}:key\/[\w-]+$/;
const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** Secrets Manager appends a hyphen and six characters to every ARN; the name of a secret can end like that, too. */
const SUFFIX = /-[A-Za-z0-9]{6}$/;
const ANY_SUFFIX = '-??????';

function otherPartition(partition: string | undefined, place: DeployPlace): string {
  return `its ARN begins with arn:${partition}:, but ${place.region} is in the partition ${partitionOf(place)}; copy the ARN from the console of that region`;
}

function secretProblems(
  secret: string,
  kmsKey: string | undefined,
  place: DeployPlace,
): readonly string[] {
  const { partition, region, account } = ARN.exec(secret)?.groups ?? {};
  if (region === undefined) {
    if (NAME.test(secret)) return [];
    // The text is not quoted: it may be the secret itself.
    return [
      "secret: must be the name or the ARN of a secret; if it is a secret's value, store the value in Secrets Manager, write its name here, and change the password, which is in this file's history now",
    ];
  }
  if (place.isPlaceholder) return [];
  if (region !== place.region) {
    return [
      `secret: is in ${region}, but the functions read it in ${place.region}; replicate it to that region, and use the ARN of the replica`,
    ];
  }
  if (partition !== partitionOf(place)) return [`secret: ${otherPartition(partition, place)}`];
  // An id alone refers to a key of this account.
  const hasKeyArn = kmsKey !== undefined && !KEY_ID.test(kmsKey);
  return account !== place.account && !hasKeyArn
    ? [
        "secret: is in another account, which requires a customer-managed key; set kmsKey to the key's ARN, and allow the roles in the policies of secret and key",
      ]
    : [];
}

function keyProblems(
  kmsKey: string | undefined,
  place: DeployPlace,
  use = 'Secrets Manager decrypts',
): readonly string[] {
  if (kmsKey === undefined || KEY_ID.test(kmsKey)) return [];
  const { partition, region } = KEY_ARN.exec(kmsKey)?.groups ?? {};
  if (region === undefined) {
    return [
      'kmsKey: must be the ARN of a key, or the id of a key of this account (policies do not accept aliases)',
    ];
  }
  if (place.isPlaceholder) return [];
  if (region !== place.region) {
    return [`kmsKey: is in ${region}, but ${use} in ${place.region}; use the key in that region`];
  }
  return partition === partitionOf(place) ? [] : [`kmsKey: ${otherPartition(partition, place)}`];
}

function keyArnOf(kmsKey: string, place: DeployPlace): string {
  return KEY_ID.test(kmsKey) ? arn(place, 'kms', `key/${kmsKey}`) : kmsKey;
}

/**
 * Resolves the key of a bucket to its ARN.
 *
 * @param problems receives the problems, each of which begins with `kmsKey`
 */
export function resolveBucketKey(kmsKey: string, place: DeployPlace, problems: string[]): string {
  problems.push(...keyProblems(kmsKey, place, 'the bucket is'));
  return keyArnOf(kmsKey, place);
}

/**
 * Returns the ARNs that a name or ARN can refer to. An ARN that ends like a complete one can be a partial one: of
 * `…:secret:db-reader` the name is `db` or `db-reader`. The role may read both, so that it can read its own in either case.
 */
function resourcesOf(secret: string, place: DeployPlace): SecretReference['resources'] {
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

/** Returns whether two references may refer to the same secret; each is a name, a partial ARN or a full ARN. */
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
  place: DeployPlace,
  problems: string[],
): SecretReference {
  for (const problem of [...secretProblems(secret, kmsKey, place), ...keyProblems(kmsKey, place)]) {
    problems.push(`${prefix}${problem}`);
  }
  return {
    id: secret,
    resources: resourcesOf(secret, place),
    ...(kmsKey !== undefined && { keyArn: keyArnOf(kmsKey, place) }),
  };
}
