import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, expect, inject, test } from 'vitest';
import { TICK_HOURS } from '../../../lib/config/target.ts';
import type { Json } from '../../support/aws/intrinsics.ts';
import { resourcesOf } from '../../support/aws/resource-schema.ts';
import { LIMITS, valuesAt } from '../../support/aws/service-limits.ts';
import {
  aDatabase,
  checked,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';
import { templateProblems } from '../../support/aws/template-drafts.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
/** The longest names that an environment, a region, a database and a network can have. */
const LONGEST = {
  environment: 'e'.repeat(24),
  region: 'ap-southeast-1',
  database: `d.${'-_'.repeat(30)}z`,
  network: 'n'.repeat(64),
};

async function createAuthority(): Promise<string> {
  const file = join(inject('folder'), 'authority-of-the-schema-test.pem');
  const { cert } = await generate([{ name: 'commonName', value: 'an authority' }]);
  writeFileSync(file, cert);
  return relative(ROOT, file);
}

/** Synthesises an environment that sets every key, with the longest values. */
async function synthesiseEveryKey(): Promise<Synthesis> {
  const { environment, region, database, network } = LONGEST;
  const account = '123456789012';
  const networks = {
    [network]: {
      vpc: 'vpc-0a1b2c3d4e5f60718',
      subnets: Array.from({ length: 16 }, (_, index) => `subnet-0a1b2c3d4e5f607${10 + index}`),
      databasePorts: [5_432, 6_432],
    },
    own: {
      subnets: ['subnet-0a1b2c3d4e5f60718'],
      securityGroups: Array.from({ length: 5 }, (_, index) => `sg-0a1b2c3d4e5f607${10 + index}`),
    },
  };
  const secret = `arn:aws:secretsmanager:${region}:${account}:secret:${'s'.repeat(500)}-AbCdEf`;
  const kmsKey = `arn:aws:kms:${region}:${account}:key/${KEY_ID}`;
  return synthesise(
    checked(
      {
        account,
        region,
        networks,
        stacks: 2,
        delivery: { endpoint: 'https://example.com/v1' },
        defaults: { proxy: 'http://proxy.example.com:3128' },
        alarmTopic: `arn:aws:sns:${region}:${account}:${'t'.repeat(256)}`,
        record: { kmsKey },
        recordDays: 3_653,
        digest: 'daily',
        mute: [{ until: '2099-12-31', reason: 'r'.repeat(500) }],
        logRetentionDays: 3_653,
        logLevel: 'DEBUG',
        databases: [
          aDatabase(database, {
            secret,
            kmsKey,
            configure: { secret: 'test/administrator', kmsKey: KEY_ID },
            host: 'database.example.com',
            port: 6_543,
            database: 'metrics',
            tls: {
              mode: 'verify-ca',
              caFile: await createAuthority(),
              serverName: 'database.internal',
            },
            levelWhenUnset: 'no_functions',
            sizes: 'estimated',
            network,
            doNotTrack: true,
          }),
          aDatabase('own-network', { network: 'own', reportSource: 'function' }),
          aDatabase('plain-text', { tls: { mode: 'disable', acknowledgePlainText: true } }),
          ...TICK_HOURS.map((tickHours) => aDatabase(`every-${tickHours}`, { tickHours })),
        ],
      },
      environment,
    ),
  );
}

/** Synthesises one stack with the maximum number of databases. */
function synthesiseFullStack(): Synthesis {
  const { environment, region, database, network } = LONGEST;
  const databases = Array.from({ length: 56 }, (_, index) =>
    aDatabase(`${database.slice(0, 60)}-${10 + index}`, { network, kmsKey: KEY_ID }),
  );
  const networks = {
    [network]: { vpc: 'vpc-0a1b2c3d4e5f60718', subnets: ['subnet-0a1b2c3d4e5f60718'] },
  };
  return synthesise(checked({ region, networks, databases }, environment));
}

const FIXTURES: readonly (readonly [name: string, make: () => Synthesis | Promise<Synthesis>])[] = [
  ['dev', () => synthesiseFixture('dev')],
  ['staging', () => synthesiseFixture('staging')],
  ['prod', () => synthesiseFixture('prod')],
  ['an environment with every key', synthesiseEveryKey],
  ['an environment with a full stack', synthesiseFullStack],
];

let templates: ReadonlyMap<string, readonly Json[]>;

beforeAll(async () => {
  const entries = await Promise.all(
    FIXTURES.map(async ([name, make]): Promise<[string, readonly Json[]]> => {
      const synthesis = await make();
      return [name, Object.values(synthesis.templates).map((template) => ({ ...template }))];
    }),
  );
  templates = new Map(entries);
});

function templatesOf(name: string): readonly Json[] {
  return templates.get(name) ?? [];
}

test.each(FIXTURES.map(([name]) => name))(
  'the templates of %s match the schemas of CloudFormation and the limits of the services',
  (name) => {
    expect(templatesOf(name).length).toBeGreaterThan(1);
    expect(templatesOf(name).flatMap(templateProblems)).toEqual([]);
  },
);

test('a full stack has 449 resources, below the limit of 450', () => {
  const sizes = templatesOf('an environment with a full stack').map(
    (template) => Object.keys(resourcesOf(template)).length,
  );
  expect(Math.max(...sizes)).toBe(449);
});

test('the templates contain every property that has a limit', () => {
  const resources = [...templates.values()]
    .flat()
    .flatMap((one) => Object.values(resourcesOf(one)));
  const unused = LIMITS.filter(
    ({ type, property }) =>
      !resources.some(
        (resource) =>
          resource['Type'] === type &&
          valuesAt(resource['Properties'], property.split('.')).length > 0,
      ),
  );
  expect(unused).toEqual([]);
});

test.each([
  [
    'subnets',
    { vpc: 'vpc-0a1b2c3d', subnets: Array<string>(17).fill('subnet-0a1b2c3d') },
    'subnets: must contain at most 16 ids, the limit of Lambda',
  ],
  [
    'security groups',
    { subnets: ['subnet-0a1b2c3d'], securityGroups: Array<string>(6).fill('sg-0a1b2c3d') },
    'securityGroups: must contain at most 5 ids, the limit of Lambda',
  ],
])('an environment with more %s than Lambda accepts is rejected', (_, network, problem) => {
  expect(() => checked({ networks: { main: network } })).toThrow(problem);
});
