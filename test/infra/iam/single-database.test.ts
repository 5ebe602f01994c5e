import type { Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../../infra/archives/cloudformation/variants.ts';
import {
  ADMINISTRATOR,
  deployedWith,
  SECRET,
  TEMPLATE,
  withRequired,
} from '../../support/aws/cloudformation-example.ts';
import {
  type DeployedResource,
  resolveTemplate,
} from '../../support/aws/compare/resolve-template.ts';
import { databaseProblems, type Judged } from '../../support/aws/judge-database.ts';
import { createSingle, importedInputs, templateOf } from '../../support/aws/single-database.ts';
import { ACCOUNT, aDatabase, checked, REGION, synthesise } from '../../support/aws/synthesis.ts';

const DEPLOYED = { account: ACCOUNT, region: REGION };

function secretArn(name: string): string {
  return `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-Qw3rTy`;
}

const REPORTER = { secret: secretArn('test/metrics/telemetry') };
const EVERYTHING: Judged = {
  secret: secretArn('fleet/reporter'),
  administratorSecret: secretArn('fleet/administrator'),
  hasRecord: true,
  hasRecordKey: true,
};

function single(props?: Parameters<typeof createSingle>[0]): readonly DeployedResource[] {
  return resolveTemplate(templateOf(createSingle(props, {})), DEPLOYED);
}

function withoutKey(stack: Stack) {
  const { secretKey: _, ...inputs } = importedInputs(stack);
  return inputs;
}

const CASES: readonly (readonly [string, () => readonly DeployedResource[], Judged])[] = [
  ['a secret alone', () => single(), REPORTER],
  ['a VPC, a record and configure', () => single(withoutKey), EVERYTHING],
  [
    'a worker and configure',
    () => single((stack) => ({ ...withoutKey(stack), egress: 'none' })),
    EVERYTHING,
  ],
  [
    'a key',
    () => single((stack) => ({ secretKey: importedInputs(stack).secretKey })),
    { ...REPORTER, hasKey: true },
  ],
  [
    'the complete ARN of a secret',
    () =>
      single((stack) => ({
        secret: Secret.fromSecretCompleteArn(stack, 'Complete', REPORTER.secret),
      })),
    REPORTER,
  ],
  [
    'all parameters of the template for CloudFormation but the boundary',
    () => {
      // The boundary is that of a company, and is not known.
      const conditions = OPTIONS.map(({ condition }) => condition).filter(
        (condition) => condition !== 'HasBoundary',
      );
      return resolveTemplate(TEMPLATE, deployedWith(withRequired(conditions)));
    },
    {
      secret: SECRET,
      administratorSecret: ADMINISTRATOR,
      hasKey: true,
      hasAdministratorKey: true,
      hasRecord: true,
      hasRecordKey: true,
    },
  ],
];

describe('the roles of a single database have the permissions that they need, and no others,', () => {
  test.each(CASES)('with %s', async (_, resources, judged) => {
    expect(await databaseProblems(resources(), judged)).toEqual([]);
  });
});

test('the roles of a database in an environment have them, too', async () => {
  const databases = [aDatabase('metrics')];
  const { templates } = synthesise(checked({ databases }));
  const resources = Object.values(templates).flatMap((one) => resolveTemplate(one, DEPLOYED));
  expect(await databaseProblems(resources, { ...REPORTER, hasRecord: true })).toEqual([]);
});

describe('the judgement of a single database finds', () => {
  /** Returns the deployment with texts replaced in the policies of all roles. */
  const replaced = (text: string | RegExp, by: string) =>
    single((stack) => ({ ...withoutKey(stack), egress: 'none' })).map((one) =>
      /^AWS::IAM::(Role|Policy)$/.test(one.type)
        ? { ...one, properties: JSON.parse(JSON.stringify(one.properties).replaceAll(text, by)) }
        : one,
    );

  test.each<[what: string, text: string | RegExp, by: string, problem: RegExp]>([
    [
      'a role that reads every secret',
      /(?<=GetSecretValue","Resource":")[^"]+/g,
      '*',
      /^send-report may secretsmanager:GetSecretValue on .*us-east-1/,
    ],
    [
      'a role that may do more',
      '"secretsmanager:GetSecretValue"',
      '["secretsmanager:GetSecretValue","secretsmanager:PutSecretValue"]',
      /^send-report reaches .*PutSecretValue/,
    ],
    [
      'a role that lacks a permission',
      'scheduler:CreateSchedule',
      'scheduler:GetSchedule',
      /^send-report may scheduler:CreateSchedule on nothing/,
    ],
    [
      'a role that writes to all logs',
      /log-group:[^"]*/g,
      'log-group:*',
      /^get-report may logs:PutLogEvents on .*-2:log-stream/,
    ],
    [
      'a role that sends to all queues',
      /(?<=SendMessage","Resource":")[^"]+/g,
      '*',
      /^the scheduler may sqs:SendMessage on .*FailedRuns/,
    ],
    [
      'a role that invokes all functions',
      /(?<=InvokeFunction","Resource":\[?")[^"]+/g,
      '*',
      /^the scheduler may lambda:InvokeFunction on .*GetReport/,
    ],
    [
      'a role that others can assume',
      '"Service":"lambda.amazonaws.com"',
      '"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]',
      /^database-worker can be assumed by ec2\.amazonaws\.com, lambda\.amazonaws\.com, not lambda/,
    ],
    [
      'a role for schedules of other groups',
      /"aws:SourceArn":"[^"]+"/g,
      '"aws:SourceArn":"*"',
      /assumed/,
    ],
  ])('%s', async (_, text, by, problem) => {
    const problems = await databaseProblems(replaced(text, by), EVERYTHING);
    expect(problems).toContainEqual(expect.stringMatching(problem));
  });
});
