import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { DatabaseSettings, EnvironmentSettings } from '../../../infra/config/environment.ts';
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { aDatabase, anEnvironment } from '../../support/aws/synthesis.ts';

const NOW = Date.UTC(2026, 10, 25);
const DAY_MS = 24 * 3_600_000;

let folder: string;

async function certificate(fromDay: number, toDay: number): Promise<string> {
  const { cert } = await generate([{ name: 'commonName', value: 'an authority' }], {
    notBeforeDate: new Date(NOW + fromDay * DAY_MS),
    notAfterDate: new Date(NOW + toDay * DAY_MS),
  });
  return cert;
}

beforeAll(async () => {
  folder = mkdtempSync(join(inject('folder'), 'certificates-'));
  const [valid, expired, early] = await Promise.all([
    certificate(-10, 10),
    certificate(-20, -10),
    certificate(10, 20),
  ]);
  const key = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n';
  const files = {
    'valid.pem': valid,
    'expired.pem': expired,
    'early.pem': early,
    'rotated.pem': `${expired}\n${valid}`,
    'key.pem': key,
    'both.pem': `${valid}\n${key.replaceAll('PRIVATE', 'EC PRIVATE')}`,
    'empty.pem': '',
    'broken.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
});

function caFile(file: string): DatabaseSettings['tls'] {
  return { caFile: join(folder, file) };
}

/** As somebody may write it who does not listen to TypeScript. */
function problemsOf(settings: object, name = 'test'): readonly string[] {
  try {
    checkEnvironment(name, settings as EnvironmentSettings, NOW);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

function problemsOfDatabase(changes: object): readonly string[] {
  return problemsOf(anEnvironment({ databases: [{ ...aDatabase('metrics'), ...changes }] }));
}

test('an account and a region that are none say nothing of where secrets, keys and topics are', () => {
  const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf';
  const kmsKey = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
  const databases = [aDatabase('metrics', { secret, kmsKey })];
  const alarmTopic = 'arn:aws:sns:eu-central-1:123456789012:database-alarms';
  const written = anEnvironment({ databases, alarmTopic });
  const settings = { ...written, account: '1', region: 'eu-cental-1' };
  expect(problemsOf(settings)).toEqual([
    expect.stringMatching(/account: /),
    expect.stringMatching(/region: /),
  ]);
});

test('a database has its own settings, else the defaults, else ours', () => {
  const { databases } = checkEnvironment(
    'test',
    anEnvironment({
      networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
      defaults: { tickHours: 6, sizes: 'estimated', network: 'main', doNotTrack: true },
      databases: [
        aDatabase('plain'),
        aDatabase('own', { tickHours: 1, sizes: 'exact', network: null, doNotTrack: false }),
      ],
    }),
    NOW,
  );
  expect(databases).toMatchObject([
    { tickHours: 6, choices: { sizes: 'estimated' }, network: 'main', doNotTrack: true },
    { tickHours: 1, choices: { sizes: 'exact' }, doNotTrack: false },
  ]);
  expect(databases[1]).not.toHaveProperty('network');
});

test('nothing consents by itself: what an environment does not say is what withholds most', () => {
  const { databases } = checkEnvironment('test', anEnvironment(), NOW);
  expect(databases[0]?.choices).toStrictEqual({});
  expect(databases[0]).toMatchObject({ tlsMode: 'verify-full', tickHours: 24, doNotTrack: false });
});

describe('of a database', () => {
  test.each<[what: string, changes: object, problem: RegExp]>([
    ['a name with a space', { name: 'a b' }, /"a b" name: must be 1 to 63 letters/],
    ['a name that is too long', { name: 'x'.repeat(64) }, /name: must be 1 to 63 letters/],
    ['a tick that is none', { tickHours: 5 }, /tickHours: must be what divides a day: 1, 2, 3/],
    ['a misspelt key', { tickHour: 6 }, /unknown key "tickHour"/],
    ['no secret', { secret: undefined }, /secret: is required/],
    ['an alias for a key', { kmsKey: 'alias/telemetry' }, /kmsKey: must be a key's ARN/],
    [
      'a key elsewhere',
      { kmsKey: 'arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef' },
      /kmsKey: is in us-east-1, and Secrets Manager decrypts in eu-central-1; give the key there/,
    ],
    [
      'a secret in another region',
      { secret: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf' },
      /secret: is in us-east-1, and the functions read it in eu-central-1; replicate it/,
    ],
    [
      'a secret in another account without its key',
      { secret: 'arn:aws:secretsmanager:eu-central-1:999999999999:secret:x-AbCdEf' },
      /secret: is in another account, .* give the key's ARN as kmsKey/,
    ],
    [
      'a secret in another account with a key that may be anywhere',
      {
        secret: 'arn:aws:secretsmanager:eu-central-1:999999999999:secret:x-AbCdEf',
        kmsKey: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
      },
      /secret: is in another account, .* give the key's ARN as kmsKey/,
    ],
    [
      'plain text that nobody acknowledges',
      { tls: { mode: 'disable' } },
      /tls\.mode: is disable, .* acknowledgePlainText: true/,
    ],
    [
      'plain text acknowledged where there is TLS',
      { tls: { acknowledgePlainText: true } },
      /acknowledgePlainText: is beside mode verify-full, which is not plain text; remove it/,
    ],
    [
      'a certificate for plain text',
      { tls: { mode: 'disable', acknowledgePlainText: true, serverName: 'x' } },
      /TARGET tls: caFile and serverName say how to verify TLS/,
    ],
    ['a network that is not there', { network: 'main' }, /"main" is not in networks, .* add it/],
    [
      'the reporting secret for the administrator',
      { configure: { secret: 'test/metrics/telemetry' } },
      /configure\.secret: is the one that reports are read with/,
    ],
    [
      'the reporting secret for the administrator, by its ARN',
      {
        configure: {
          secret:
            'arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/metrics/telemetry-AbCdEf',
        },
      },
      /configure\.secret: is the one that reports are read with/,
    ],
    [
      'what the function itself would refuse',
      { sizes: 'estimated', reportSource: 'function' },
      /"metrics" TARGET: sizes 'estimated' promises/,
    ],
    [
      'more than Lambda has room for',
      { host: 'h'.repeat(4_000) },
      /variables: take 4\d\d\d bytes, and Lambda has room for 4096 .* into the secret/,
    ],
    [
      'more than Lambda has room for in configure alone',
      { host: 'h'.repeat(3_480), configure: { secret: 's'.repeat(512) } },
      /variables: take 41\d\d bytes, and Lambda has room for 4096 .* into the secret/,
    ],
    ['a URL for a host', { host: 'postgres://db' }, /host: must be one name or address: .* no URL/],
    [
      'a port in the host',
      { host: 'db.example.com:5432' },
      /host: must be one name or address: no port/,
    ],
    ['white space in the host', { host: 'db example' }, /host: must be .* no white space/],
    ['an empty host', { host: ' ' }, /host: must not be empty/],
    ['two hosts', { host: 'one,other' }, /host: must be .* no list/],
    ['the folder of a socket', { host: '/tmp' }, /host: must be .* and no path/],
    [
      'a port in the name of the certificate',
      { tls: { serverName: 'db.example.com:5432' } },
      /tls\.serverName: must be one name or address: no port/,
    ],
    ['no CA file', { tls: { caFile: 'nowhere.pem' } }, /tls\.caFile: nowhere\.pem cannot be read/],
  ])('%s is said, and alone', (_what, changes, problem) => {
    expect(problemsOfDatabase(changes)).toEqual([expect.stringMatching(problem)]);
  });

  test.each([
    ['expired.pem', /has expired on 2026-11-15; get the authority's new certificate/],
    ['early.pem', /is not valid before 2026-12-05; add the authority's present certificate/],
    ['key.pem', /has a private key in it, which would ship with the functions/],
    ['both.pem', /has a private key in it, which would ship with the functions/],
    ['empty.pem', /has no certificate in it; it must be PEM/],
    ['broken.pem', /has a certificate that cannot be read; export it again as PEM/],
  ])('the CA file %s is said, and alone', (file, problem) => {
    expect(problemsOfDatabase({ tls: caFile(file) })).toEqual([expect.stringMatching(problem)]);
  });

  test.each(['valid.pem', 'rotated.pem'])('the CA file %s is accepted', (file) => {
    expect(problemsOfDatabase({ tls: caFile(file) })).toEqual([]);
  });

  test.each([
    [' db.example.com\n', 'db.example.com'],
    ['[::1]', '::1'],
  ])('the host %j is deployed as %j', (host, meant) => {
    const { databases } = checkEnvironment(
      'test',
      anEnvironment({ databases: [aDatabase('metrics', { host })] }),
      NOW,
    );
    expect(databases[0]?.overrides.host).toBe(meant);
  });

  test('secrets whose names are alike are two', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/metrics';
    for (const [secret, other] of [
      ['test/metrics', 'test/metricss'],
      [`${arn}-AbCdEf`, `${arn}-AbCdEg`],
      ['test/metrics', `${arn}/administrator-AbCdEf`],
      ['test/metrics', 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:metrics-AbCdEf'],
    ]) {
      expect(problemsOfDatabase({ secret, configure: { secret: other } })).toEqual([]);
    }
  });

  test.each([
    'postgres://reporter:hunter2@db.example.com/metrics',
    '{"username": "reporter", "password": "hunter2"}',
    'hunter2 with spaces',
    'arn:aws:rds:eu-central-1:123456789012:db:hunter2',
  ])("a secret's value instead of its name is said, and never repeated", (secret) => {
    const [problem, ...others] = problemsOfDatabase({ secret });
    expect(others).toEqual([]);
    expect(problem).toMatch(/secret: is neither the name nor the ARN of a secret; .* change the/);
    expect(problem).not.toContain('hunter2');
  });
});

describe('of the environment', () => {
  test.each<[what: string, changes: object, problem: RegExp]>([
    ['an account', { account: '1234' }, /account: must be the twelve digits/],
    ['an unknown region', { region: 'eu-cental-1' }, /region: is no region that CDK knows/],
    ['a tick that is none', { defaults: { tickHours: 7 } }, /defaults tickHours: must be what/],
    ['a topic', { alarmTopic: 'database-alarms' }, /alarmTopic: must be the ARN of an SNS topic/],
    [
      'a topic of another region',
      { alarmTopic: 'arn:aws:sns:us-east-1:123456789012:database-alarms' },
      /alarmTopic: is in us-east-1, .* its own region, eu-central-1; give one that is there/,
    ],
    ['a retention', { logRetentionDays: 42 }, /logRetentionDays: must be one of CloudWatch's: 1,/],
    ['no stacks', { stacks: 0 }, /stacks: /],
    [
      'an http endpoint',
      { delivery: { endpoint: 'http://collector.example.com/' } },
      /delivery\.endpoint: must be an https:\/\/ URL/,
    ],
    [
      'no version',
      { delivery: { latestVersion: 'newest' } },
      /delivery\.latestVersion: must be a version of TimescaleDB, such as 2\.30\.1/,
    ],
    [
      'a parameter that the deployment may not read',
      { delivery: { latestVersionParameter: '/payroll/password' } },
      /delivery\.latestVersionParameter: must be .* begins with \/timescaledb-telemetry\//,
    ],
    [
      'an endpoint for nothing',
      { delivery: { endpoint: 'https://collector.example.com/', latestVersion: '2.30.1' } },
      /delivery: endpoint or proxy, latestVersion, .* exclude each other: .* keep one/,
    ],
    [
      'a version check without consent where something leaves',
      { delivery: { versionCheckWhenOff: true } },
      /delivery: versionCheckWhenOff needs latestVersion/,
    ],
    [
      'a password for the proxy',
      { delivery: { proxy: 'http://user:hunter2@proxy:3128' } },
      /delivery\.proxy: must be such as http:\/\/proxy\.example\.com:3128, without path/,
    ],
    [
      'a proxy that is none of HTTP',
      { delivery: { proxy: 'socks5://proxy:1080/' } },
      /delivery\.proxy: must be such as http:\/\/proxy\.example\.com:3128, without path/,
    ],
    [
      'a proxy for loopback',
      {
        delivery: { endpoint: 'http://localhost:8080/' },
        defaults: { proxy: 'http://proxy:3128' },
      },
      /DELIVERY endpoint: is http:, which a proxy/,
    ],
    [
      'a proxy that would be reached from the internet',
      { delivery: { proxy: 'http://proxy.example.com:3128' } },
      /^defaults proxy: has no network, .* write proxy: null for the direct way, or its URL here/,
    ],
    [
      'a network with both kinds of security groups',
      {
        networks: {
          main: {
            vpc: 'vpc-0a1b2c3d',
            securityGroups: ['sg-0a1b2c3d'],
            subnets: ['subnet-0a1b2c3d'],
          },
        },
      },
      /network "main": give either vpc, .* or securityGroups/,
    ],
    [
      'a network without subnets',
      { networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: [] } } },
      /network "main" subnets: must name at least one/,
    ],
    [
      'a port that is none',
      {
        networks: {
          main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'], databasePorts: [65_536] },
        },
      },
      /network "main" databasePorts\[0\]: must be at most/,
    ],
    [
      'a name of a network that no parameter can have',
      { networks: { 'a b': { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } } },
      /network "a b": its name must be/,
    ],
    [
      'more ports than a security group has rules',
      {
        networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
        defaults: { network: 'main' },
        stacks: 2,
        // With 443 and 5432 one too many.
        databases: Array.from({ length: 59 }, (_, index) =>
          aDatabase(`db-${index}`, { port: 30_000 + index }),
        ),
      },
      /network "main": lets out to 61 ports, .* room for 60 rules; give securityGroups/,
    ],
    [
      'a database twice',
      { databases: [aDatabase('metrics'), aDatabase('metrics')] },
      /database "metrics": is there 2 times; each needs a name of its own/,
    ],
    [
      'a full stack',
      { databases: Array.from({ length: 57 }, (_, index) => aDatabase(`db-${index}`)) },
      /stacks: number 1 of 1 would have 457 resources, .* set stacks to 2/,
    ],
  ])('%s is said, and alone', (_what, changes, problem) => {
    expect(problemsOf(anEnvironment(changes))).toEqual([expect.stringMatching(problem)]);
  });

  test.each(['Prod', 'my_env', '1st', 'x'.repeat(25)])(
    'the name %s would not do for what is named after it',
    (name) => {
      expect(problemsOf(anEnvironment(), name)).toEqual([
        expect.stringMatching(/its name: must be 1 to 24 lower-case letters, .* rename the file/),
      ]);
    },
  );
});

test('as many ports as a security group has rules are accepted, and any of your own groups', () => {
  const databasePorts = Array.from({ length: 59 }, (_, index) => 30_000 + index);
  const subnets = ['subnet-0a1b2c3d'];
  expect(
    problemsOf(
      anEnvironment({
        networks: {
          main: { vpc: 'vpc-0a1b2c3d', subnets, databasePorts },
          own: {
            securityGroups: ['sg-0a1b2c3d'],
            subnets,
            databasePorts: [1, 2, 3, ...databasePorts],
          },
        },
      }),
    ),
  ).toEqual([]);
});

test.each(['prod-1', 'prod-eu-02'])(
  'of an environment the name %s is refused: its stack would take the place of another’s',
  (name) => {
    expect(problemsOf(anEnvironment(), name)).toEqual([
      expect.stringMatching(/its name: must not end in a hyphen and a number, .* rename the file/),
    ]);
  },
);

test('a mistake in the defaults does not hide what the others of them do to a database', () => {
  const defaults = { colour: 'red', tickHours: 7, network: 'main', tls: { mode: 'disable' } };
  expect(problemsOf({ ...anEnvironment(), defaults })).toEqual([
    expect.stringMatching(/^defaults tickHours: must be what divides a day/),
    expect.stringMatching(/^defaults: unknown key "colour"/),
    expect.stringMatching(/^defaults tls\.mode: is disable/),
    expect.stringMatching(/^defaults network: "main" is not in networks/),
  ]);
  for (const nothing of [null, [], 'none', () => ({})]) {
    expect(problemsOf({ ...anEnvironment(), defaults: nothing })).toEqual([
      expect.stringMatching(/^defaults: must be an object/),
    ]);
  }
});

test('a mistake in the defaults is reported once, whatever the number of databases', () => {
  const databases = ['a', 'b', 'c'].map((name) => aDatabase(name));
  const own = aDatabase('own', { network: 'other', sizes: 'exact' });
  const defaults = {
    network: 'main',
    tls: { caFile: 'nowhere.pem' },
    sizes: 'estimated',
    reportSource: 'function',
  } as const;
  expect(problemsOf(anEnvironment({ defaults, databases: [...databases, own] }))).toEqual([
    expect.stringMatching(/^defaults tls\.caFile: nowhere\.pem cannot be read/),
    expect.stringMatching(/^defaults network: "main" is not in networks/),
    expect.stringMatching(/^database "own" network: "other" is not in networks/),
    expect.stringMatching(/^defaults TARGET: sizes 'estimated' promises/),
  ]);
});

test('a default that every database replaces is not reported', () => {
  const databases = [aDatabase('metrics', { network: null })];
  expect(problemsOf(anEnvironment({ defaults: { network: 'main' }, databases }))).toEqual([]);
});

test('everything that is wrong anywhere is in one message, and nothing hides another', () => {
  const problems = problemsOf({
    account: '1234',
    region: 'eu-cental-1',
    colour: 'red',
    networks: { main: { subnets: [] } },
    databases: [
      { name: 'a b', secret: 'postgres://u:p@h/db' },
      { name: 'metrics', secret: 'x', tickHours: 5, tls: { mode: 'disable' }, network: 'other' },
      { name: 'orders', secret: 'x', tls: { caFile: 'nowhere.pem' } },
      { name: 'orders', secret: 'x', configure: { secret: 'x' } },
      'metrics',
    ],
  });
  const about = [
    'environment account',
    'environment region',
    'environment: unknown key "colour"',
    'database "a b" name',
    'database "a b" secret',
    'database "metrics" tickHours',
    'database "metrics" tls.mode',
    'database "metrics" network',
    'database "orders" tls.caFile',
    'database "orders" configure.secret',
    'databases[4]',
    'network "main" subnets',
    'network "main": give either',
    'database "orders": is there 2 times',
  ];
  expect(problems.map((problem) => about.find((text) => problem.startsWith(text)))).toEqual(about);
});
