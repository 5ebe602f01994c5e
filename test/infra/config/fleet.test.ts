import { describe, expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { settingWarnings } from '../../../infra/config/warnings.ts';
import { fleetVariables } from '../../../infra/function-environment.ts';
import { parseFleetSettings } from '../../../lib/fleet-report/settings.ts';
import { ACCOUNT, checked, REGION, synthesise } from '../../support/aws/synthesis.ts';

const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:alarms`;
const MUTE = {
  database: 'metrics',
  advisory: 'GHSA-44jh-j22r-33wq',
  until: '2099-01-31',
  reason: 'Not exposed.',
};

describe('the keys of the fleet', () => {
  test('have defaults: a report without a digest and without mutes', () => {
    expect(checked().fleet).toEqual({ digest: 'off', mute: [] });
    expect(checked({ fleet: false })).not.toHaveProperty('fleet');
    expect(checked({ record: false })).not.toHaveProperty('fleet');
  });

  test('are passed to the function, which accepts them', () => {
    const record = { bucket: 'company', prefix: 'telemetry/test' };
    const environment = checked({ alarmTopic: TOPIC, digest: 'weekly', record, mute: [MUTE] });
    if (environment.record === undefined) throw new TypeError('There is no record.');
    expect(parseFleetSettings(fleetVariables(environment, environment.record))).toEqual({
      environment: 'test',
      account: ACCOUNT,
      bucket: 'company',
      prefix: 'telemetry/test',
      topic: TOPIC,
      digest: 'weekly',
      file: 'fleet.json',
    });
    expect(environment.fleet?.mute).toEqual([MUTE]);
  });

  test.each<[what: string, changes: Partial<EnvironmentSettings>, problem: RegExp]>([
    [
      'a digest without a topic',
      { digest: 'daily' },
      /digest: is published to alarmTopic, which is not set/,
    ],
    [
      'a mute of an unknown database',
      { mute: [{ ...MUTE, database: 'sales' }] },
      /mute\[0\]\.database: the environment has no database "sales"/,
    ],
    [
      'an invalid date',
      { mute: [{ ...MUTE, until: '2099-02-30' }] },
      /mute\[0\]\.until: must be a date/,
    ],
    [
      'a mute without a reason',
      { mute: [{ ...MUTE, reason: '' }] },
      /mute\[0\]\.reason: must not be empty/,
    ],
    [
      'an advisory with a space',
      { mute: [{ ...MUTE, advisory: 'CVE 1' }] },
      /mute\[0\]\.advisory: must be the identifier of an advisory/,
    ],
    [
      'alarms of the environment without a report',
      { alarms: 'environment', fleet: false },
      /alarms: 'environment' detects missing runs from the report on the fleet, which is turned off; remove fleet: false/,
    ],
  ])('reject %s', (_what, changes, problem) => {
    expect(() => checked(changes)).toThrow(problem);
  });

  test('warn of a mute that has ended', () => {
    const environment = checked({ mute: [{ ...MUTE, until: '2026-11-27' }] });
    const warning = 'The mute "Not exposed." has ended on 2026-11-27. Remove it.';
    expect(settingWarnings(environment, Date.parse('2026-11-28'))).toEqual([warning]);
    expect(settingWarnings(environment, Date.parse('2026-11-27T23:59:59Z'))).toEqual([]);
  });
});

describe('an environment without a report on the fleet', () => {
  const { resources } = synthesise(checked({ fleet: false }));

  test('has nothing of it but the rule that expires what earlier reports have written', () => {
    const text = JSON.stringify(resources());
    expect(text.match(/[^"]*fleet[^"]*/gi)).toEqual(['fleet', 'fleet/']);
  });

  test('has seven resources less: five of the function, its log group and its alarm', () => {
    expect(synthesise(checked()).resources().length - resources().length).toBe(7);
  });
});
