import { describe, expect, test } from 'vitest';
import { allowedOf, isAllowed } from '../../support/aws/policies.ts';
import { decrypting, VIA_SECRETS_MANAGER } from '../../support/aws/requests.ts';
import {
  ADMINISTRATOR_KEY,
  at,
  DATABASES_WITH_KEY,
  FOREIGN_KEY,
  FOREIGN_SECRET,
  fleet,
  inProd,
  KEY,
  KEY_ID,
  orders,
  prod,
  SECRETS,
  secretArn,
} from '../../support/aws/role-fixtures.ts';
import { REGION } from '../../support/aws/synthesis.ts';

const ORDERS_SECRET = at('secretsmanager', 'secret:fleet/orders-AbCdEf');
const KEYS = [KEY, ADMINISTRATOR_KEY, FOREIGN_KEY];

describe('a function may decrypt its secret with its key:', () => {
  test.each([
    ['orders', 'send-report', KEY, ORDERS_SECRET],
    ['orders', 'get-report', KEY, ORDERS_SECRET],
    ['orders', 'configure', ADMINISTRATOR_KEY, secretArn('fleet/orders/administrator')],
    ['vault', 'send-report', KEY, secretArn('fleet/vault')],
    ['vault', 'get-report', KEY, secretArn('fleet/vault')],
    ['abroad', 'send-report', FOREIGN_KEY, FOREIGN_SECRET],
  ] as const)('%s %s uses only %s, and only for %s', async (database, purpose, key, own) => {
    const { role } = fleet.of(database, purpose);
    expect(await allowedOf(role, KEYS, decrypting(own))).toEqual([key]);
    const verdicts = SECRETS.map((secret) => allowedOf(role, KEYS, decrypting(secret)));
    const decrypted = (await Promise.all(verdicts)).map((keys) => keys.length > 0);
    expect(SECRETS.filter((_, index) => decrypted[index])).toEqual([own]);
  });

  test.each(fleet.functions.filter(({ database }) => !DATABASES_WITH_KEY.includes(database)))(
    '$title, without a key, decrypts nothing',
    async ({ role }) => {
      for (const secret of SECRETS) {
        expect(await allowedOf(role, KEYS, decrypting(secret))).toEqual([]);
      }
    },
  );

  test('orders send-report of prod uses the key only for its own secret', async () => {
    const { role } = prod.of('orders', 'send-report');
    const key = `arn:aws:kms:${REGION}:333333333333:key/${KEY_ID}`;
    const own = inProd('orders/telemetry-AbCdEf');
    expect(await isAllowed(role, { ...decrypting(own), resource: key })).toBe(true);
    const other = inProd('orders/administrator-Qw3rTy');
    expect(await isAllowed(role, { ...decrypting(other), resource: key })).toBe(false);
  });
});

describe('a function may not use its key', () => {
  test.each([
    ['to decrypt without Secrets Manager', { 'kms:EncryptionContext:SecretARN': ORDERS_SECRET }],
    ['to decrypt through S3', decrypting(ORDERS_SECRET, `s3.${REGION}.amazonaws.com`).context],
    [
      'to decrypt through Secrets Manager of another region',
      decrypting(ORDERS_SECRET, 'secretsmanager.us-east-1.amazonaws.com').context,
    ],
    [
      'for the secret of another database with the same key',
      decrypting(secretArn('fleet/vault')).context,
    ],
    ['for a recreated secret', decrypting(secretArn('fleet/orders')).context],
    ['for data without the ARN of a secret', { 'kms:ViaService': VIA_SECRETS_MANAGER }],
    ['for data without any context', {}],
  ])('%s', async (_, context) => {
    const request = { action: 'kms:Decrypt', resource: KEY, context };
    expect(await isAllowed(orders.role, request)).toBe(false);
  });

  test.each([
    'kms:Encrypt',
    'kms:GenerateDataKey',
    'kms:ReEncryptFrom',
    'kms:CreateGrant',
    'kms:DescribeKey',
    'kms:PutKeyPolicy',
    'kms:ScheduleKeyDeletion',
  ])('for %s', async (action) => {
    const context = { 'kms:ViaService': VIA_SECRETS_MANAGER };
    expect(await isAllowed(orders.role, { action, resource: KEY, context })).toBe(false);
  });
});
