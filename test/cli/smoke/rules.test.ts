import { expect, test } from 'vitest';
import { trialProblems } from '../../../cli/smoke/environment/rules.ts';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { resolve, SETTINGS } from '../../support/smoke/trial.ts';

const { databases, ...REST } = SETTINGS;
const [outside = { name: 'x', secret: 'x' }, inside = { name: 'y', secret: 'y' }] = databases;

test('accepts two databases, one of them in a VPC, with an endpoint of the user', () => {
  expect(trialProblems(resolve(), false)).toEqual([]);
  expect(trialProblems(resolve({}, 'smoke'), false)).toEqual([]);
});

test.each<[string, Partial<EnvironmentSettings>, RegExp]>([
  ['a third database', { databases: [...databases, { name: 'z', secret: 'z' }] }, /two databases/],
  ['no database in a VPC', { databases: [outside], networks: {} }, /two databases/],
  [
    'two databases in a VPC',
    { databases: [inside, { ...inside, name: 'z', secret: 'z' }] },
    /two d/,
  ],
  [
    "TimescaleDB's endpoint by default",
    { delivery: {} },
    /^database sensors reports to TimescaleDB's endpoint: .* or add --real-endpoint$/,
  ],
  [
    "TimescaleDB's endpoint of one database",
    {
      databases: [
        outside,
        { ...inside, delivery: { endpoint: 'https://telemetry.timescale.com:443/other' } },
      ],
    },
    /^database billing reports to TimescaleDB's endpoint/,
  ],
  ['no reports', { delivery: { latestVersion: '2.30.0' } }, /^database sensors sends nothing/],
  ['hourly ticks', { defaults: { tickHours: 1 } }, /^database sensors has tickHours 1/],
  ['doNotTrack', { defaults: { doNotTrack: true } }, /^database sensors has doNotTrack/],
  ['no record', { record: false }, /^the trial needs the record, in a bucket of its own/],
  [
    'a bucket of the user',
    { record: { bucket: 'company-telemetry' } },
    /^the trial needs the record/,
  ],
])('refuses an environment with %s', (_what, changes, problem) => {
  const environment = resolve({ ...REST, databases, ...changes });
  expect(trialProblems(environment, false)).toEqual(
    expect.arrayContaining([expect.stringMatching(problem)]),
  );
});

test.each(['prod', 'smoky', 'my-smoke'])('refuses an environment named %s', (name) => {
  expect(trialProblems(resolve({}, name), false)).toEqual([
    `the environment is named ${name}: name it smoke, or smoke-… (the trial destroys it)`,
  ]);
});

test("accepts TimescaleDB's endpoint on request", () => {
  expect(trialProblems(resolve({ delivery: {} }), true)).toEqual([]);
});
