import { describe, expect, test } from 'vitest';
import type { Purpose } from '../../../lib/naming.ts';
import { allowedOf, isAllowed } from '../../support/aws/policies.ts';
import { READ } from '../../support/aws/requests.ts';
import {
  archive,
  at,
  FOREIGN_SECRET,
  fleet,
  inProd,
  metrics,
  OTHER_ACCOUNT,
  orders,
  prod,
  SECRETS,
  secretArn,
} from '../../support/aws/role-fixtures.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

const PROD_SECRETS = [
  'metrics/telemetry-Qw3rTy',
  'metrics/telemetry-old-Qw3rTy',
  'metrics-archive/telemetry-Qw3rTy',
  'orders/telemetry-Qw3rTy',
  'orders/telemetry-AbCdEf',
  'orders/administrator-Qw3rTy',
  'warehouse/telemetry-Qw3rTy',
  'vendor/telemetry-Qw3rTy',
].map(inProd);

const ORDERS_SECRET = at('secretsmanager', 'secret:fleet/orders-AbCdEf');

describe('a function may read one secret:', () => {
  test.each<readonly [string, Purpose, string, string]>([
    ['metrics', 'send-report', secretArn('fleet/metrics'), 'set by name'],
    ['metrics', 'get-report', secretArn('fleet/metrics'), 'set by name'],
    ['metrics-archive', 'send-report', secretArn('fleet/metrics-archive'), 'set by name'],
    ['orders', 'send-report', ORDERS_SECRET, 'set by its full ARN'],
    ['orders', 'get-report', ORDERS_SECRET, 'set by its full ARN'],
    ['orders', 'configure', secretArn('fleet/orders/administrator'), 'the administrator’s'],
    ['ledger', 'send-report', secretArn('fleet/ledger'), 'set by its ARN without suffix'],
    ['vault', 'send-report', secretArn('fleet/vault'), 'set by name, with a key'],
    ['abroad', 'send-report', FOREIGN_SECRET, 'in another account'],
    ['events', 'send-report', secretArn('fleet/events'), 'set by name'],
    ['events', 'configure', secretArn('fleet/events/administrator'), 'the administrator’s'],
  ])('%s %s reads only %s (%s)', async (database, purpose, own, _) => {
    const { role } = fleet.of(database, purpose);
    expect(await allowedOf(role, SECRETS, READ)).toEqual([own]);
  });

  test.each([
    ['metrics', 'send-report', inProd('metrics/telemetry-Qw3rTy')],
    ['metrics-archive', 'send-report', inProd('metrics-archive/telemetry-Qw3rTy')],
    ['orders', 'send-report', inProd('orders/telemetry-AbCdEf')],
    ['orders', 'get-report', inProd('orders/telemetry-AbCdEf')],
    ['orders', 'configure', inProd('orders/administrator-Qw3rTy')],
    ['warehouse', 'send-report', inProd('warehouse/telemetry-Qw3rTy')],
    ['vendor', 'get-report', inProd('vendor/telemetry-Qw3rTy')],
  ] as const)('%s %s of prod reads only %s', async (database, purpose, own) => {
    expect(await allowedOf(prod.of(database, purpose).role, PROD_SECRETS, READ)).toEqual([own]);
  });
});

describe('a function may not read', () => {
  test.each([
    ['the secret of another database', metrics, secretArn('fleet/vault')],
    [
      'a secret whose name begins with that of its own',
      metrics,
      secretArn('fleet/metrics-archive'),
    ],
    ['a secret named as its own with six more letters', metrics, secretArn('fleet/metrics-abcdef')],
    ['a secret in a path named as its own', metrics, secretArn('fleet/metrics/telemetry')],
    ['a secret whose name is a prefix of its own', archive, secretArn('fleet/metrics')],
    ['a secret recreated under the name in a full ARN', orders, secretArn('fleet/orders')],
    ['the administrator’s secret of its database', orders, secretArn('fleet/orders/administrator')],
    [
      'a secret of the same name in another region',
      metrics,
      `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:fleet/metrics-Qw3rTy`,
    ],
    [
      'a secret of the same name in another account, even if that account allows it',
      metrics,
      `arn:aws:secretsmanager:${REGION}:${OTHER_ACCOUNT}:secret:fleet/metrics-Qw3rTy`,
    ],
  ])('%s', async (_, { role }, resource) => {
    expect(await isAllowed(role, { ...READ, resource })).toBe(false);
  });

  test.each(fleet.functions.filter(({ purpose }) => purpose === 'configure'))(
    'the secret for reporting, if it is $title',
    async ({ role, database }) => {
      const { variables } = fleet.of(database, 'send-report');
      const { secretId } = JSON.parse(variables['TARGET'] ?? '');
      const own = secretId.startsWith('arn:') ? secretId : secretArn(secretId);
      expect(await isAllowed(role, { ...READ, resource: own })).toBe(false);
    },
  );
});

test.each([
  ['list secrets', 'secretsmanager:ListSecrets', '*'],
  ['read several secrets at once', 'secretsmanager:BatchGetSecretValue', '*'],
  ['add a version to its secret', 'secretsmanager:PutSecretValue', secretArn('fleet/metrics')],
  ['update its secret', 'secretsmanager:UpdateSecret', secretArn('fleet/metrics')],
  ['delete its secret', 'secretsmanager:DeleteSecret', secretArn('fleet/metrics')],
  ['rotate its secret', 'secretsmanager:RotateSecret', secretArn('fleet/metrics')],
  [
    'move the stage of a version of its secret',
    'secretsmanager:UpdateSecretVersionStage',
    secretArn('fleet/metrics'),
  ],
  [
    'allow other roles to read its secret',
    'secretsmanager:PutResourcePolicy',
    secretArn('fleet/metrics'),
  ],
  ['describe its secret', 'secretsmanager:DescribeSecret', secretArn('fleet/metrics')],
])('a function may not %s', async (_, action, resource) => {
  expect(await isAllowed(metrics.role, { action, resource })).toBe(false);
});
