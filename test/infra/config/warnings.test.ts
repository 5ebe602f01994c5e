import { expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { settingWarnings } from '../../../infra/config/warnings.ts';
import { aDatabase, checked, loadEnvironment, synthesise } from '../../support/aws/synthesis.ts';

const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret';
const NETWORK = { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] };

test.each<[what: string, changes: Partial<EnvironmentSettings>, warning: RegExp]>([
  ['no databases', { databases: [] }, /has no databases/],
  [
    'one secret for two databases without further settings',
    { databases: [aDatabase('one', { secret: 'x' }), aDatabase('other', { secret: 'x' })] },
    /"one" and "other" may be one database, which would report more than once: they have the same/,
  ],
  [
    'two targets with the same host and database, and different secrets',
    {
      databases: [
        aDatabase('one', { host: 'DB.example.com.', database: 'metrics' }),
        aDatabase('other', { host: 'db.example.com', database: 'metrics' }),
      ],
    },
    /"one" and "other" may be one database/,
  ],
  [
    'two targets with the same host and database, one of them with a port',
    {
      databases: [
        aDatabase('one', { host: 'db.example.com', database: 'metrics' }),
        aDatabase('other', { host: 'db.example.com', database: 'metrics', port: 5_432 }),
      ],
    },
    /"one" and "other" may be one database/,
  ],
  [
    'one secret for two databases, one of them with its port',
    {
      databases: [
        aDatabase('one', { secret: 'x' }),
        aDatabase('other', { secret: 'x', port: 5_432 }),
      ],
    },
    /"one" and "other" may be one database/,
  ],
  [
    'a partial ARN that Secrets Manager would interpret as a full one',
    { databases: [aDatabase('x', { secret: `${ARN}:prod/x-reader` })] },
    /"x" has a secret whose ARN ends in a hyphen and six letters. .* use the name or the full ARN/,
  ],
  [
    'a name that ends like an ARN',
    { databases: [aDatabase('metrics', { secret: 'prod/metrics-AbCd3f' })] },
    /"metrics" has a secret whose name ends like an ARN. .* remove them, or use the whole ARN/,
  ],
  [
    'a server name that is ignored',
    { databases: [aDatabase('metrics', { tls: { mode: 'verify-ca', serverName: 'db' } })] },
    /"metrics" has a serverName, which verify-ca ignores\. Set mode to verify-full/,
  ],
  [
    'a network without databases',
    { networks: { main: NETWORK } },
    /network "main" has no database/,
  ],
])('warns of %s', (_what, changes, warning) => {
  const environment = checked(changes);
  expect(settingWarnings(environment)).toEqual([expect.stringMatching(warning)]);
  expect(synthesise(environment).warnings).toEqual([expect.stringMatching(warning)]);
});

test.each<[what: string, changes: Partial<EnvironmentSettings>]>([
  [
    'one secret for two databases of one server',
    {
      databases: [
        aDatabase('one', { secret: 'x', database: 'one' }),
        aDatabase('other', { secret: 'x', database: 'other' }),
      ],
    },
  ],
  [
    'one secret for two servers on two ports',
    {
      databases: [
        aDatabase('one', { secret: 'x', port: 5_432 }),
        aDatabase('other', { secret: 'x', port: 5_433 }),
      ],
    },
  ],
  [
    'a name that ends in six lower-case letters',
    { databases: [aDatabase('x', { secret: 'prod/x-master' })] },
  ],
  [
    'an ARN with its suffix',
    {
      databases: [
        aDatabase('x', {
          secret: `${ARN}:x-AbCd3f`,
        }),
      ],
    },
  ],
])('does not warn of %s', (_what, changes) => {
  expect(settingWarnings(checked(changes))).toEqual([]);
});

test.each(['dev', 'staging', 'prod'])(
  'does not warn of anything in the fixture %s',
  async (name) => {
    expect(settingWarnings(await loadEnvironment(name))).toEqual([]);
  },
);
