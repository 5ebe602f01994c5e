import { DATABASE_FUNCTIONS } from '../../../lib/naming.ts';
import { rolesOf } from './deployed-roles.ts';
import {
  ACCOUNT,
  aDatabase,
  checked,
  REGION,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from './synthesis.ts';

/** The roles of two environments as they would be deployed. A test process synthesises them once. */

export const OTHER_ACCOUNT = '210987654321';
export const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
const ADMINISTRATOR_KEY_ID = '1a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';

/** Returns an ARN in the account and region of the fleet. */
export function at(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

export const KEY = at('kms', `key/${KEY_ID}`);
export const ADMINISTRATOR_KEY = at('kms', `key/${ADMINISTRATOR_KEY_ID}`);
export const FOREIGN_KEY = `arn:aws:kms:${REGION}:${OTHER_ACCOUNT}:key/${KEY_ID}`;
export const FOREIGN_SECRET = `arn:aws:secretsmanager:${REGION}:${OTHER_ACCOUNT}:secret:fleet/abroad-Qw3rTy`;

/** Returns the ARN of a secret, with the six characters that Secrets Manager appends. */
export function secretArn(name: string): string {
  return at('secretsmanager', `secret:${name}-Qw3rTy`);
}

/**
 * Names of databases and secrets that are prefixes of others, and two databases that share a key. The databases of the network
 * `sealed` have workers.
 */
const FLEET = synthesise(
  checked({
    stacks: 2,
    networks: {
      main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] },
      sealed: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0b1b2c3d'], egress: 'none' },
    },
    databases: [
      aDatabase('metrics', { secret: 'fleet/metrics' }),
      aDatabase('metrics-archive', { secret: 'fleet/metrics-archive', network: 'main' }),
      aDatabase('orders', {
        secret: at('secretsmanager', 'secret:fleet/orders-AbCdEf'),
        kmsKey: KEY_ID,
        network: 'main',
        configure: { secret: 'fleet/orders/administrator', kmsKey: ADMINISTRATOR_KEY_ID },
      }),
      aDatabase('ledger', { secret: at('secretsmanager', 'secret:fleet/ledger') }),
      aDatabase('vault', { secret: 'fleet/vault', kmsKey: KEY, network: 'main' }),
      aDatabase('abroad', { secret: FOREIGN_SECRET, kmsKey: FOREIGN_KEY }),
      aDatabase('events', {
        secret: 'fleet/events',
        configure: { secret: 'fleet/events/administrator' },
      }),
      aDatabase('plant', {
        secret: 'fleet/plant',
        network: 'sealed',
        configure: { secret: 'fleet/plant/administrator' },
      }),
      aDatabase('plant-archive', { secret: 'fleet/plant-archive', network: 'sealed' }),
    ],
  }),
);
const PROD = await synthesiseFixture('prod');
export const ENVIRONMENTS: readonly Synthesis[] = [FLEET, PROD];

/** Databases of the fleet whose functions decrypt with a customer-managed key. */
export const DATABASES_WITH_KEY: readonly string[] = ['orders', 'vault', 'abroad'];

export const fleet = rolesOf(FLEET);
export const prod = rolesOf(PROD);
const deployments = [fleet, prod];
export const functions = deployments.flatMap((roles) => roles.functions);
export const workers = deployments.flatMap((roles) => roles.workers);
export const senders = functions.filter(({ purpose }) => purpose === 'send-report');
export const roles = deployments.flatMap(({ all }) => all);

/** The stacks of both environments, with the scheduler's role and the functions of each. */
export const STACKS = deployments.flatMap(({ schedulers, functions: deployed }) =>
  [...schedulers].map(([stack, role]) => ({
    stack,
    role,
    functions: deployed.filter((one) => one.stack === stack),
  })),
);

export const metrics = fleet.of('metrics', 'send-report');
export const archive = fleet.of('metrics-archive', 'send-report');
export const orders = fleet.of('orders', 'send-report');

/** Databases of the fleet whose functions invoke a worker. */
export const DATABASES_WITH_WORKER: readonly string[] = ['plant', 'plant-archive'];

/** Returns the ARN of a secret of the environment prod. */
export function inProd(name: string): string {
  return `arn:aws:secretsmanager:${REGION}:333333333333:secret:prod/${name}`;
}

/** The secrets of the fleet, and secrets with similar names. */
export const SECRETS = [
  ...[
    'fleet/metrics',
    'fleet/metrics-archive',
    'fleet/metrics-abcdef',
    'fleet/metrics/telemetry',
    'fleet/metrics2',
    'fleet/metric',
    'metrics',
    'fleet/orders',
    'fleet/orders/administrator',
    'fleet/ledger',
    'fleet/ledger-old',
    'fleet/ledger-master',
    'fleet/vault',
    'fleet/vault-of-others',
    'fleet/abroad',
    'fleet/events',
    'fleet/events/administrator',
    'fleet/plant',
    'fleet/plant/administrator',
    'fleet/plant-archive',
  ].map(secretArn),
  at('secretsmanager', 'secret:fleet/orders-AbCdEf'),
  FOREIGN_SECRET,
];

/** Log groups of several environments, and log groups with similar names. */
export const LOG_GROUPS = [
  ...['test', 'prod', 'test-2'].flatMap((environment) =>
    DATABASE_FUNCTIONS.map((purpose) => `/timescaledb-telemetry/${environment}/${purpose}`),
  ),
  '/timescaledb-telemetry/test/send-report-2',
  '/timescaledb-telemetry/test/send-report/more',
  '/timescaledb-telemetry/test/',
  '/aws/lambda/payroll',
];
