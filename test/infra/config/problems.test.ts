import { expect, test } from 'vitest';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { NOW, problemsOf } from '../../support/aws/problems.ts';
import { aDatabase, anEnvironment } from '../../support/aws/synthesis.ts';

test('skips cross-region checks when account and region are invalid', () => {
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

test('applies the defaults to settings that a database does not set', () => {
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

test('grants no consent by default', () => {
  const { databases } = checkEnvironment('test', anEnvironment(), NOW);
  expect(databases[0]?.choices).toStrictEqual({});
  expect(databases[0]).toMatchObject({ tlsMode: 'verify-full', tickHours: 24, doNotTrack: false });
});

test('reports the mistakes of all defaults', () => {
  const defaults = { colour: 'red', tickHours: 7, network: 'main', tls: { mode: 'disable' } };
  expect(problemsOf({ ...anEnvironment(), defaults })).toEqual([
    expect.stringMatching(/^defaults tickHours: must be one of 1/),
    expect.stringMatching(/^defaults: unknown key "colour"/),
    expect.stringMatching(/^defaults tls\.mode: disable sends/),
    expect.stringMatching(/^defaults network: "main" is not in networks/),
  ]);
  for (const nothing of [null, [], 'none', () => ({})]) {
    expect(problemsOf({ ...anEnvironment(), defaults: nothing })).toEqual([
      expect.stringMatching(/^defaults: must be an object/),
    ]);
  }
});

test('reports a mistake in the defaults once, whatever the number of databases', () => {
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
    expect.stringMatching(/^defaults TARGET: sizes 'estimated' excludes reportSource 'function'/),
  ]);
});

test('names the databases that use a wrong delivery, unless all of them use it', () => {
  const delivery = { endpoint: 'http://localhost:8080/', proxy: 'http://proxy:3128' };
  const [direct, one, other] = [
    aDatabase('direct', { proxy: null }),
    aDatabase('one', { network: 'main' }),
    aDatabase('other', { network: 'main' }),
  ];
  const networks = { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } };
  const reported = (databases: readonly (typeof one)[], defaults = {}) =>
    problemsOf(anEnvironment({ networks, delivery, defaults, databases })).map((problem) =>
      problem.replace(/ is http.*/, ''),
    );
  const defaults = { network: 'main' };
  expect(reported([one, other], defaults)).toEqual(['defaults DELIVERY endpoint:']);
  expect(reported([direct, one, other], defaults)).toEqual([
    'database "one" DELIVERY endpoint:',
    'database "other" DELIVERY endpoint:',
  ]);
});

test('accepts a wrong default that every database overrides', () => {
  const databases = [aDatabase('metrics', { network: null })];
  expect(problemsOf(anEnvironment({ defaults: { network: 'main' }, databases }))).toEqual([]);
});

test('reports all problems in one message', () => {
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
    'network "main": needs either',
    'database "orders": occurs 2 times',
  ];
  expect(problems.map((problem) => about.find((text) => problem.startsWith(text)))).toEqual(about);
});
