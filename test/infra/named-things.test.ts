import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../infra/archives/cloudformation/variants.ts';
import { deployedWith, TEMPLATE, withRequired } from '../support/aws/cloudformation-example.ts';
import { type DeployedResource, resolveTemplate } from '../support/aws/compare/resolve-template.ts';
import { missingThings } from '../support/aws/named-things.ts';
import {
  createSingle,
  importedInputs,
  type SingleDatabase,
  templateOf,
} from '../support/aws/single-database.ts';
import { ACCOUNT, checked, loadEnvironment, REGION, synthesise } from '../support/aws/synthesis.ts';
import { CASES } from '../support/terraform/cases.ts';
import { loadExample } from '../support/terraform/example.ts';
import { toTemplate } from '../support/terraform/to-cloudformation.ts';

const DEPLOYED = { account: ACCOUNT, region: REGION };

function ofEnvironment(environment: ReturnType<typeof checked>): readonly DeployedResource[] {
  return Object.values(synthesise(environment).templates).flatMap((template) =>
    resolveTemplate(template, DEPLOYED),
  );
}

function ofSingle(single: SingleDatabase): readonly DeployedResource[] {
  return resolveTemplate(templateOf(single), DEPLOYED);
}

const { plan } = await loadExample();

const DEPLOYMENTS: Readonly<Record<string, () => readonly DeployedResource[]>> = {
  'the smallest environment': () => ofEnvironment(checked({ record: false })),
  'a single database': () => ofSingle(createSingle()),
  'a single database with everything': () => ofSingle(createSingle(importedInputs)),
  'a single database with a worker': () =>
    ofSingle(
      createSingle((stack) => ({
        egress: 'none',
        vpc: Vpc.fromVpcAttributes(stack, 'Vpc', {
          vpcId: 'vpc-0a1b2c3d',
          availabilityZones: ['a'],
          isolatedSubnetIds: ['subnet-0a1b2c3d'],
        }),
      })),
    ),
  'the example for CloudFormation': () => resolveTemplate(TEMPLATE, deployedWith(new Set())),
  'the example for CloudFormation with all parameters': () =>
    resolveTemplate(TEMPLATE, deployedWith(withRequired(OPTIONS.map((one) => one.condition)))),
};

test.each(Object.entries(DEPLOYMENTS))('%s has everything that its texts name', (_, resources) => {
  expect(missingThings(resources())).toEqual([]);
});

test('an environment has everything that its texts name', async () => {
  expect(missingThings(ofEnvironment(await loadEnvironment('prod')))).toEqual([]);
});

test.each(CASES)('the example for Terraform has everything that its texts name: $title', (one) => {
  const { Resources } = toTemplate(plan(one.inputs).resources);
  const resources = Object.entries(Resources).map(([id, { Type, Properties }]) => ({
    id,
    type: Type,
    properties: Properties,
  }));
  expect(missingThings(resources)).toEqual([]);
});

describe('the search for missing things', () => {
  const alarm = (AlarmDescription: string) => ({
    id: 'It',
    type: 'AWS::CloudWatch::Alarm',
    properties: { AlarmDescription },
  });
  const having = [
    {
      id: 'Query',
      type: 'AWS::Logs::QueryDefinition',
      properties: { Name: 'timescaledb-telemetry-prod/failed runs' },
    },
    {
      id: 'Queue',
      type: 'AWS::SQS::Queue',
      properties: { QueueName: 'timescaledb-telemetry-prod-failed-runs' },
    },
    { id: 'SendReport', type: 'AWS::Lambda::Function', properties: {} },
  ];

  test.each([
    ['Run the saved query "failed runs".', []],
    ['Run the saved queries "failed runs" and "sent".', ['the saved query sent']],
    ['The message in the queue failed-runs, and in the queue of failed runs.', []],
    ['The message in the queue undelivered.', ['the queue undelivered']],
    ['The message in the queue of undelivered events.', ['the queue of undelivered']],
    ['The log of send-report, and that of get-report.', ['the function get-report']],
    ['Use npm run check.', ['the command npm run']],
  ])('judges %j', (text, missing) => {
    expect(missingThings([...having, alarm(text)])).toEqual(missing.map((one) => `It: ${one}`));
  });
});
