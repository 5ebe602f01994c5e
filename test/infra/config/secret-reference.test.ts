import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import type { Environment } from '../../../infra/config/resolved-environment.ts';
import { mayReferToSameSecret } from '../../../infra/config/rules/secret-reference.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { settingWarnings } from '../../../infra/config/warnings.ts';
import { grantsOf, policyOf } from '../../../infra/iam/policies.ts';
import type { Purpose } from '../../../lib/naming.ts';
import { aPerson, isAllowed } from '../../support/aws/policies.ts';
import { ACCOUNT, aDatabase, anEnvironment } from '../../support/aws/synthesis.ts';

const MANAGED = 'rds!db-1a2b3c4d-5e6f-7081-92a3-b4c5d6e7f809';

const REGIONS = [
  ['eu-central-1', 'aws', 'amazonaws.com'],
  ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'],
  ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
] as const;

type Place = (typeof REGIONS)[number];

/** A secret in AWS: its name, its region and the suffix of its ARN. */
interface Secret {
  readonly name: string;
  readonly place: Place;
  readonly suffix: string;
}

function partialArn({ name, place: [region, partition] }: Secret): string {
  return `arn:${partition}:secretsmanager:${region}:${ACCOUNT}:secret:${name}`;
}

function fullArn(secret: Secret): string {
  return `${partialArn(secret)}-${secret.suffix}`;
}

const FORMS = {
  name: ({ name }: Secret) => name,
  'partial ARN': partialArn,
  'full ARN': fullArn,
} as const;

const someForm = fc.constantFrom(...(['name', 'partial ARN', 'full ARN'] as const));
const suffix = fc.stringMatching(/^[A-Za-z0-9]{6}$/);
const someName = fc.oneof(
  fc.constantFrom(MANAGED, 'prod/telemetry-reader', 'prod/telemetry-reader-AbCdEf', 'x', '-abcdef'),
  fc.stringMatching(/^[A-Za-z0-9/_+=.@!-]{1,40}$/),
  fc.stringMatching(/^[a-z!/]{1,10}-[A-Za-z0-9]{6}$/),
);
const someSecret: fc.Arbitrary<Secret> = fc.record({
  name: someName,
  place: fc.constantFrom(...REGIONS),
  suffix,
});

function environmentAt([region]: Place, databases: EnvironmentSettings['databases']): Environment {
  return checkEnvironment('test', anEnvironment({ region, databases }), Date.now());
}

function roleOf(purpose: Purpose, environment: Environment) {
  const [database] = environment.databases;
  if (database === undefined) throw new Error('The environment has no database.');
  return aPerson('role', ACCOUNT, policyOf(grantsOf(purpose, environment, database)));
}

const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';

function readingOf(secret: Secret) {
  return { action: 'secretsmanager:GetSecretValue', resource: fullArn(secret) };
}

function decryptionOf(secret: Secret) {
  const [region, partition, domain] = secret.place;
  return {
    action: 'kms:Decrypt',
    resource: `arn:${partition}:kms:${region}:${ACCOUNT}:key/${KEY_ID}`,
    context: {
      'kms:ViaService': `secretsmanager.${region}.${domain}`,
      'kms:EncryptionContext:SecretARN': fullArn(secret),
    },
  };
}

describe('the role of a function', () => {
  test('can read and decrypt its secret, set as name or ARN, in every partition', async () => {
    await fc.assert(
      fc.asyncProperty(someSecret, someForm, async (secret, form) => {
        const settings = aDatabase('metrics', { secret: FORMS[form](secret), kmsKey: KEY_ID });
        const role = roleOf('send-report', environmentAt(secret.place, [settings]));
        expect(await isAllowed(role, readingOf(secret))).toBe(true);
        expect(await isAllowed(role, decryptionOf(secret))).toBe(true);
      }),
    );
  });

  test('cannot read another secret unless the setting is ambiguous', async () => {
    await fc.assert(
      fc.asyncProperty(someSecret, someForm, someSecret, async (secret, form, other) => {
        fc.pre(!fullArn(other).startsWith(partialArn(secret)));
        const settings = aDatabase('metrics', { secret: FORMS[form](secret) });
        const role = roleOf('send-report', environmentAt(secret.place, [settings]));
        expect(await isAllowed(role, readingOf(other))).toBe(false);
      }),
    );
  });

  test.each(['fleet/orders-ABCDEF', 'fleet/orders2', 'fleet/orders/x', 'fleet/order'])(
    'with the full ARN of fleet/orders cannot read %s',
    async (name) => {
      const [place] = REGIONS;
      const secret = fullArn({ name: 'fleet/orders', place, suffix: 'AbCdEf' });
      const role = roleOf('send-report', environmentAt(place, [aDatabase('orders', { secret })]));
      const request = readingOf({ name, place, suffix: 'Qw3rTy' });
      expect(await isAllowed(role, request)).toBe(false);
    },
  );
});

function problemsIn(place: Place, databases: EnvironmentSettings['databases']): readonly string[] {
  try {
    environmentAt(place, databases);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

describe('one secret, set in two forms,', () => {
  const someForms = [someSecret, someForm, someForm] as const;

  test('is rejected for both reports and configure', () => {
    fc.assert(
      fc.property(...someForms, (secret, one, other) => {
        const configure = { secret: FORMS[other](secret) };
        const settings = aDatabase('metrics', { secret: FORMS[one](secret), configure });
        expect(problemsIn(secret.place, [settings])).toEqual([
          expect.stringMatching(/configure\.secret: is also the secret for reporting/),
        ]);
      }),
    );
  });

  test('is rejected for the reports of one database and configure of another', () => {
    fc.assert(
      fc.property(...someForms, (secret, one, other) => {
        const databases = [
          aDatabase('one', { secret: FORMS[one](secret) }),
          aDatabase('two', { configure: { secret: FORMS[other](secret) } }),
        ];
        expect(problemsIn(secret.place, databases)).toEqual([
          expect.stringMatching(
            /"two" configure\.secret: is also the secret for reporting of database "one"/,
          ),
        ]);
      }),
    );
  });

  test('causes a warning when two databases have it', () => {
    fc.assert(
      fc.property(...someForms, (secret, one, other) => {
        const environment = environmentAt(secret.place, [
          aDatabase('one', { secret: FORMS[one](secret) }),
          aDatabase('two', { secret: FORMS[other](secret) }),
        ]);
        expect(settingWarnings(environment)).toContainEqual(
          expect.stringMatching(/"one" and "two" may be one database/),
        );
      }),
    );
  });
});

test('secrets with different names are recognised as different in every form', () => {
  const plain = fc.stringMatching(/^[a-z0-9/!]{1,20}$/);
  fc.assert(
    fc.property(plain, plain, suffix, someForm, someForm, (name, other, ending, one, two) => {
      fc.pre(name !== other);
      const [place] = REGIONS;
      const { databases } = environmentAt(place, [
        aDatabase('one', { secret: FORMS[one]({ name, place, suffix: ending }) }),
        aDatabase('two', { secret: FORMS[two]({ name: other, place, suffix: ending }) }),
      ]);
      const [first, second] = databases.map(({ secret }) => secret);
      expect(first && second && mayReferToSameSecret(first, second)).toBe(false);
    }),
  );
});

test.each([
  [
    'a replica in another region',
    { secret: 'arn:aws-cn:secretsmanager:cn-northwest-1:123456789012:secret:x-AbCd3f' },
    /secret: is in cn-northwest-1, but the functions read it in cn-north-1; replicate it to that region/,
  ],
  [
    'a secret of another partition',
    { secret: 'arn:aws:secretsmanager:cn-north-1:123456789012:secret:x-AbCd3f' },
    /secret: its ARN begins with arn:aws:, but cn-north-1 is in the partition aws-cn; copy the ARN/,
  ],
  [
    'a key of another partition',
    { secret: 'x', kmsKey: `arn:aws:kms:cn-north-1:123456789012:key/${KEY_ID}` },
    /kmsKey: its ARN begins with arn:aws:, but cn-north-1 is in the partition aws-cn; copy the ARN/,
  ],
])('%s is rejected', (_what, changes, problem) => {
  expect(problemsIn(REGIONS[1], [aDatabase('metrics', changes)])).toEqual([
    expect.stringMatching(problem),
  ]);
});
