import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { policyFiles } from '../../../infra/archives/policies.ts';
import { settingFiles } from '../../../infra/archives/settings.ts';
import { FLEET_REPORT, fleetFunctionName } from '../../../lib/naming.ts';
import {
  checked,
  type PolicyStatement,
  statementsOf,
  synthesise,
} from '../../support/aws/synthesis.ts';

const PLACE = { account: '123456789012', region: 'eu-central-1' };
const TOPIC = `arn:aws:sns:${PLACE.region}:${PLACE.account}:alarms`;
const KEY = `arn:aws:kms:${PLACE.region}:${PLACE.account}:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9`;
const RECORD = { bucket: 'company-telemetry', prefix: 'telemetry/prod' };

const VALUES: Readonly<Record<string, string>> = {
  ...PLACE,
  partition: 'aws',
  dns_suffix: 'amazonaws.com',
  environment: 'prod',
  record_bucket: RECORD.bucket,
  record_prefix: `${RECORD.prefix}/`,
  record_key_arn: KEY,
  alarm_topic_arn: TOPIC,
};

/** Fills the placeholders that the report on the fleet has. */
function filled(text: string | undefined): unknown {
  const complete = (text ?? '').replaceAll(
    /\$\{(\w+)\}/g,
    (all, name: string) => VALUES[name] ?? all,
  );
  return JSON.parse(complete);
}

const synthesis = synthesise(
  checked({ ...PLACE, alarmTopic: TOPIC, record: { ...RECORD, kmsKey: KEY } }, 'prod'),
);

function roleWith(description: RegExp): readonly PolicyStatement[] {
  const [found] = synthesis
    .resources('AWS::IAM::Role')
    .filter(([, { Properties }]) => description.test(String(Properties['Description'])));
  if (found === undefined) throw new Error(`No role has a description like ${description}.`);
  return statementsOf(found[1]);
}

function sorted(statements: readonly unknown[]): readonly string[] {
  return statements.map((one) => JSON.stringify(one)).toSorted();
}

// The example for Terraform compares the policies and settings of the other functions.
test.each([
  [FLEET_REPORT, ['', '-alarm-topic', '-record-key'], /^fleet-report of prod/],
  [`${FLEET_REPORT}-scheduler`, [''], /: invokes fleet-report$/],
])(
  'the policies of %s are those of the role that CDK creates',
  async (name, conditions, description) => {
    const files = await policyFiles();
    const statements = conditions.flatMap(
      (condition) =>
        (filled(files.get(`policy-${name}${condition}.json`)) as { Statement: readonly unknown[] })
          .Statement,
    );
    expect(sorted(statements)).toStrictEqual(sorted(roleWith(description)));
  },
);

test('the settings and the schedule of fleet-report are those that CDK creates', async () => {
  const files = await settingFiles(join(inject('bundles')['send-report'].file, '..', '..'));
  const { [FLEET_REPORT]: settings } = Object(filled(files.get('functions.json')));
  const { [FLEET_REPORT]: schedules } = Object(filled(files.get('schedules.json')));
  const [, lambda] =
    synthesis
      .resources('AWS::Lambda::Function')
      .find(([, { Properties }]) => Properties['FunctionName'] === fleetFunctionName('prod')) ?? [];
  const { Environment, ...rest } = settings.Function;
  expect(lambda?.Properties).toMatchObject(rest);
  expect(JSON.parse(Environment.Variables.FLEET)).toEqual({
    environment: 'prod',
    account: PLACE.account,
    bucket: RECORD.bucket,
    digest: 'off',
  });
  const [, schedule] =
    synthesis
      .resources('AWS::Scheduler::Schedule')
      .find(([, { Properties }]) => Properties['Name'] === schedules.Schedule.Name) ?? [];
  expect(schedules.Schedule).toEqual(schedule?.Properties);
});
