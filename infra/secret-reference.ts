import { arn, type Place } from './names.ts';

/** A secret as the function asks for it, and as its role may. */
export interface SecretReference {
  /** Name or ARN, as written. */
  readonly id: string;
  /** The ARN, or a pattern that no other secret's ARN fits. */
  readonly resource: string;
  /** Of the customer-managed key, if any. */
  readonly keyArn?: string;
}

const NAME = /^[\w/+=.@-]{1,512}$/;
const ARN =
  /^arn:[\w-]+:secretsmanager:(?<region>[a-z0-9-]+):(?<account>\d{12}):secret:(?<name>[\w/+=.@-]{1,512})$/;
const KEY_ARN = /^arn:[\w-]+:kms:(?<region>[a-z0-9-]+):\d{12}:key\/[\w-]+$/;
const KEY_ID = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
/** Secrets Manager ends every ARN in a hyphen and six characters of its own. */
const COMPLETE = /-[A-Za-z0-9]{6}$/;
const ANY_SUFFIX = '-??????';

function secretProblems(
  secret: string,
  kmsKey: string | undefined,
  place: Place,
): readonly string[] {
  const { region, account } = ARN.exec(secret)?.groups ?? {};
  if (region === undefined) {
    if (NAME.test(secret)) return [];
    // What it is, is not repeated: it may be the secret itself.
    return [
      "secret: is neither the name nor the ARN of a secret; if it is a secret's value, put that into Secrets Manager, write its name here, and change the password, which this file's history has now",
    ];
  }
  if (place.isGuess) return [];
  if (region !== place.region) {
    return [
      `secret: is in ${region}, and the functions read it in ${place.region}; replicate it there, and give that ARN`,
    ];
  }
  // The id alone would be taken for that of a key of this account.
  const hasKeyArn = kmsKey !== undefined && !KEY_ID.test(kmsKey);
  return account !== place.account && !hasKeyArn
    ? [
        "secret: is in another account, where AWS decrypts with a customer-managed key alone; give the key's ARN as kmsKey, and allow the roles in the policies of both",
      ]
    : [];
}

function keyProblems(kmsKey: string | undefined, { region, isGuess }: Place): readonly string[] {
  if (kmsKey === undefined || KEY_ID.test(kmsKey)) return [];
  const keyRegion = KEY_ARN.exec(kmsKey)?.groups?.['region'];
  if (keyRegion === undefined) {
    return [
      "kmsKey: must be a key's ARN, or the id of a key of this account; an alias means nothing in a policy",
    ];
  }
  return isGuess || keyRegion === region
    ? []
    : [`kmsKey: is in ${keyRegion}, and Secrets Manager decrypts in ${region}; give the key there`];
}

function resourceOf(secret: string, place: Place): string {
  if (!secret.startsWith('arn:')) {
    return arn(place, 'secretsmanager', `secret:${secret}${ANY_SUFFIX}`);
  }
  return COMPLETE.test(secret) ? secret : `${secret}${ANY_SUFFIX}`;
}

function withoutSuffix({ resource }: SecretReference): string {
  return resource.slice(0, -ANY_SUFFIX.length);
}

/** Whether two references may be of one secret, of which one has the name and the other the ARN. */
export function mayBeSame(one: SecretReference, other: SecretReference): boolean {
  const isPattern = [one, other].some(({ resource }) => resource.endsWith(ANY_SUFFIX));
  return isPattern ? withoutSuffix(one) === withoutSuffix(other) : one.resource === other.resource;
}

/** A secret and its key, checked; what is wrong goes into `problems`. */
export function referTo(
  where: string,
  { secret, kmsKey }: { readonly secret: string; readonly kmsKey?: string | undefined },
  place: Place,
  problems: string[],
): SecretReference {
  for (const problem of [...secretProblems(secret, kmsKey, place), ...keyProblems(kmsKey, place)]) {
    problems.push(`${where} ${problem}`);
  }
  return {
    id: secret,
    resource: resourceOf(secret, place),
    ...(kmsKey !== undefined && {
      keyArn: KEY_ID.test(kmsKey) ? arn(place, 'kms', `key/${kmsKey}`) : kmsKey,
    }),
  };
}
