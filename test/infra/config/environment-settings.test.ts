import { describe, expect, test } from 'vitest';
import { problemsOf } from '../../support/aws/problems.ts';
import { aDatabase, anEnvironment } from '../../support/aws/synthesis.ts';

describe('the settings of an environment', () => {
  test.each<[what: string, changes: object, problem: RegExp]>([
    ['an invalid account', { account: '1234' }, /account: must be the 12 digits/],
    ['an unknown region', { region: 'eu-cental-1' }, /region: must be the code of an AWS region/],
    ['an invalid tick', { defaults: { tickHours: 7 } }, /defaults tickHours: must be one of/],
    [
      'an invalid topic',
      { alarmTopic: 'database-alarms' },
      /alarmTopic: must be the ARN of an SNS topic/,
    ],
    [
      'a topic of another region',
      { alarmTopic: 'arn:aws:sns:us-east-1:123456789012:database-alarms' },
      /alarmTopic: is in us-east-1, .* their own region only; use a topic in eu-central-1/,
    ],
    [
      'an invalid retention',
      { logRetentionDays: 42 },
      /logRetentionDays: must be a retention period of CloudWatch Logs, in days: 1,/,
    ],
    ['no stacks', { stacks: 0 }, /stacks: /],
    [
      'an http endpoint',
      { delivery: { endpoint: 'http://collector.example.com/' } },
      /delivery\.endpoint: must be an https:\/\/ URL/,
    ],
    [
      'an invalid version',
      { delivery: { latestVersion: 'newest' } },
      /delivery\.latestVersion: must be a version of TimescaleDB, such as 2\.30\.1/,
    ],
    [
      'a parameter that the deployment may not read',
      { delivery: { latestVersionParameter: '/payroll/password' } },
      /delivery\.latestVersionParameter: must be .* begins with \/timescaledb-telemetry\//,
    ],
    [
      'an endpoint with a fixed latest version',
      { delivery: { endpoint: 'https://collector.example.com/', latestVersion: '2.30.1' } },
      /delivery: endpoint and proxy .* exclude each other; keep one/,
    ],
    [
      'a version check without consent where reports are sent',
      { delivery: { versionCheckWhenOff: true } },
      /delivery: versionCheckWhenOff needs latestVersion/,
    ],
    [
      'a password for the proxy',
      { delivery: { proxy: 'http://user:hunter2@proxy:3128' } },
      /delivery\.proxy: must be an http:\/\/ or https:\/\/ URL without path and credentials/,
    ],
    [
      'a SOCKS proxy',
      { delivery: { proxy: 'socks5://proxy:1080/' } },
      /delivery\.proxy: must be an http:\/\/ or https:\/\/ URL without path and credentials/,
    ],
    [
      'a proxy for loopback',
      {
        delivery: { endpoint: 'http://localhost:8080/' },
        defaults: { proxy: 'http://proxy:3128' },
      },
      /DELIVERY endpoint: is http:, and a proxy/,
    ],
    [
      'a proxy that would be reached from the internet',
      { delivery: { proxy: 'http://proxy.example.com:3128' } },
      /^database "metrics" proxy: .* network is not set; set proxy: null to connect directly, or set proxy/,
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
      /network "main": needs either vpc .* or securityGroups/,
    ],
    [
      'a network without subnets',
      { networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: [] } } },
      /network "main" subnets: must contain at least one id/,
    ],
    [
      'an invalid port',
      {
        networks: {
          main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'], databasePorts: [65_536] },
        },
      },
      /network "main" databasePorts\[0\]: must be at most/,
    ],
    [
      'an invalid name of a network',
      { networks: { 'a b': { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } } },
      /network "a b": must have a name of/,
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
      /network "main": needs 61 outbound ports, .* at most 60 rules; set securityGroups/,
    ],
    [
      'a database twice',
      { databases: [aDatabase('metrics'), aDatabase('metrics')] },
      /database "metrics": occurs 2 times; give each database a name of its own/,
    ],
    [
      'a full stack',
      { databases: Array.from({ length: 57 }, (_, index) => aDatabase(`db-${index}`)) },
      /stacks: stack 1 of 1 would have 457 resources, .* set stacks to 2/,
    ],
  ])('reports %s, and nothing else', (_what, changes, problem) => {
    expect(problemsOf(anEnvironment(changes))).toEqual([expect.stringMatching(problem)]);
  });

  test.each(['Prod', 'my_env', '1st', 'x'.repeat(25)])(
    'rejects the name %s, which resources could not have',
    (name) => {
      expect(problemsOf(anEnvironment(), name)).toEqual([
        expect.stringMatching(/^name: must be 1 to 24 lower-case letters, .* rename the file/),
      ]);
    },
  );
});

test('accepts as many ports as a security group has rules, and any number with own security groups', () => {
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
  'rejects the name %s, whose stack would replace that of another environment',
  (name) => {
    expect(problemsOf(anEnvironment(), name)).toEqual([
      expect.stringMatching(/^name: must not end in a hyphen and a number, .* rename the file/),
    ]);
  },
);
